from prometheus_client import Counter, Gauge, Histogram, Summary
from prometheus_client.utils import INF
from prometheus_client.of_a_later_release import ORIGIN
import prometheus_client.utils
TOP = prometheus_client
COUNTER = Counter("things", "Things", ["kind"])
WORKERS = Gauge("active_workers", "Workers", ["worker_id", "agent_type"])
THREADS = Gauge("task_runner_thread_count", "Threads", ["thread_type"])
LATENCY = Histogram("database_latency_seconds", "Latency", ["method"])
def imports_later():
    from prometheus_client import Counter
    return Counter
