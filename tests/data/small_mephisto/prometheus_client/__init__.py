class Metric:
    def __init__(self, *arguments, **options): pass
Counter = Gauge = Histogram = Summary = Metric
class Registry:
    def collect(self):
        from mephisto_metrics.prometheus_client.core import GaugeMetricFamily
        return [GaugeMetricFamily("the_users_own", "Of the user", 1)]
REGISTRY = Registry()
