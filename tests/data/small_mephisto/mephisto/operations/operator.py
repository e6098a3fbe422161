from mephisto.utils.metrics import (
    launch_prometheus_server, shutdown_prometheus_server, start_metrics_server,
)
class Operator:
    def __init__(self):
        start_metrics_server()
    def launch_task_run(self, run_config, shared_state=None):
        return self.launch_task_run_or_die(run_config=run_config)
    def launch_task_run_or_die(self, run_config, shared_state=None):
        "Launch it."
        return "run 1"
