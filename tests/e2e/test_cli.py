"""The command line: what each verb prints, its exit status, and what it leaves alone."""

from __future__ import annotations

import importlib.metadata
import json
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.answering import answers_at_once
from tests.e2e.conftest import SCRIPTS
from tests.ports import free_port

from mephisto_metrics.cli import VERBS
from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 60
NOTHING_RUNS: dict[str, Any] = {"store": None, "viewers": [], "operators": []}


def store_pid(installation: Any) -> int | None:
    store = installation.status()["store"]
    return store and store["pid"]


def start_view(installation: Any) -> tuple[subprocess.Popen[str], str]:
    view = installation.start_verb("view")
    return view, installation.address_of(view)


def start_first_view(installation: Any) -> tuple[subprocess.Popen[str], str]:
    """Start a view at a port that nobody gets by chance before the next one takes it over."""
    installation.environment["GRAFANA_PORT"] = str(free_port())
    started = start_view(installation)
    installation.environment["GRAFANA_PORT"] = "0"
    return started


def start_operator(installation: Any) -> subprocess.Popen[str]:
    """Start an Operator, and the store by it; return once it is scraped."""
    operator: subprocess.Popen[str] = installation.start_operator("--kind", "gold")
    installation.wait_for('up{job="mephisto"} == 1')
    return operator


def has_ended(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("verb", ["status", "doctor", "cleanup", "remove"])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_verbs_do_their_work_with_closed_streams(installation: Any, verb: str, closed: str) -> None:
    command = ["sh", "-c", f'"$0" {verb} {closed}', str(SCRIPTS / "mephisto-metrics")]

    result = subprocess.run(
        command, env=installation.environment, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_view_prints_its_address_alone_and_a_signal_ends_it_with_the_store(
    installation: Any, number: signal.Signals
) -> None:
    view, address = start_view(installation)
    assert answers_at_once(address)
    store = store_pid(installation)

    view.send_signal(number)

    assert view.wait(TIMEOUT_SECONDS) == 0, installation.log_of(view)
    assert view.stdout is not None
    assert view.stdout.read() == ""
    assert "Traceback" not in installation.log_of(view)
    assert store is not None
    assert has_ended(store)
    assert list((installation.home / "state").glob("**/*.json")) == []


def test_a_second_view_gives_the_address_of_the_first_and_takes_over_when_that_ends(
    installation: Any,
) -> None:
    first, address = start_first_view(installation)

    second, second_address = start_view(installation)
    assert second_address == address
    assert f"already shown by PID {first.pid}" in installation.log_of(second)

    first.send_signal(signal.SIGTERM)
    assert first.wait(TIMEOUT_SECONDS) == 0, installation.log_of(first)
    assert second.stdout is not None
    assert second.stdout.readline().strip() == address
    assert answers_at_once(address)
    (viewer,) = installation.status()["viewers"]
    assert viewer["pid"] == second.pid


@pytest.mark.parametrize("detach", [(), ("--detach",)], ids=["", "in the background"])
def test_of_two_views_at_the_same_moment_one_shows_the_page(
    installation: Any, detach: tuple[str, ...]
) -> None:
    installation.environment["GRAFANA_PORT"] = str(free_port())
    views = [installation.start_verb("view", *detach) for _ in range(2)]

    addresses = {installation.address_of(view) for view in views}

    assert len(addresses) == 1
    assert len(installation.status()["viewers"]) == 1
    if detach:
        assert [view.wait(TIMEOUT_SECONDS) for view in views] == [0, 0]
    else:
        assert [view.poll() for view in views] == [None, None]


def test_of_several_views_that_wait_one_takes_over_and_the_others_wait_on(
    installation: Any,
) -> None:
    first, address = start_first_view(installation)
    waiting = [start_view(installation)[0] for _ in range(2)]

    first.send_signal(signal.SIGTERM)
    assert first.wait(TIMEOUT_SECONDS) == 0, installation.log_of(first)

    def follows(view: subprocess.Popen[str], other: subprocess.Popen[str]) -> bool:
        return f"already shown by PID {other.pid}" in installation.log_of(view)

    one, other = waiting
    assert wait_until(lambda: follows(one, other) or follows(other, one), TIMEOUT_SECONDS)
    assert answers_at_once(address)
    assert [view.poll() for view in waiting] == [None, None]


def test_a_view_with_a_port_of_its_own_is_shown_beside_another(installation: Any) -> None:
    first, address = start_view(installation)
    second = installation.start_verb("view", "--port", "0")
    second_address = installation.address_of(second)

    assert second_address != address
    first.send_signal(signal.SIGINT)
    assert first.wait(TIMEOUT_SECONDS) == 0, installation.log_of(first)
    assert "the store goes on" in installation.log_of(first)
    assert answers_at_once(second_address)


def test_a_view_that_waits_takes_over_the_address_that_it_gave_beside_another_with_its_own(
    installation: Any,
) -> None:
    first, address = start_first_view(installation)
    second, _ = start_view(installation)
    other_address = installation.address_of(installation.start_verb("view", "--port", "0"))

    first.send_signal(signal.SIGTERM)

    assert second.stdout is not None
    assert second.stdout.readline().strip() == address, installation.log_of(second)
    assert answers_at_once(address)
    assert answers_at_once(other_address)


def test_a_detached_view_goes_on_until_cleanup(installation: Any) -> None:
    started = installation.run("view", "--detach")

    assert started.returncode == 0, started.stderr
    address = started.stdout.strip()
    assert answers_at_once(address)
    (viewer,) = installation.status()["viewers"]
    assert viewer["url"] == address
    again = installation.run("view", "--detach")
    assert (again.returncode, again.stdout.strip()) == (0, address)

    cleaned = installation.run("cleanup")
    assert f"stopped the page at {address} (PID {viewer['pid']})" in cleaned.stderr
    assert has_ended(viewer["pid"])
    assert installation.status() == NOTHING_RUNS


def test_a_detached_view_that_can_not_start_says_why(installation: Any) -> None:
    result = installation.run("view", "--detach", "--viewer", "grafana")

    assert (result.returncode, result.stdout) == (1, "")
    assert "none is installed" in result.stderr
    assert "hint: run `mephisto metrics install --only grafana`" in result.stderr
    assert installation.status() == NOTHING_RUNS


def test_what_a_view_did_not_start_goes_on_when_it_ends(installation: Any) -> None:
    operator = start_operator(installation)
    store = store_pid(installation)
    view, _ = start_view(installation)

    view.send_signal(signal.SIGINT)

    assert view.wait(TIMEOUT_SECONDS) == 0, installation.log_of(view)
    assert store_pid(installation) == store
    assert operator.poll() is None
    installation.wait_for("up == 1")
    newest = installation.query("max(timestamp(up))")[0]["value"][1]
    installation.wait_for(f"max(timestamp(up == 1)) > {newest}")


def test_cleanup_stops_store_and_page_says_so_and_leaves_operators(installation: Any) -> None:
    operator = start_operator(installation)
    view, address = start_view(installation)
    status = installation.status()

    result = installation.run("cleanup")

    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert f"stopped the page at {address} (PID {view.pid})" in result.stderr
    assert f"stopped the built-in store at {status['store']['url']}" in result.stderr
    assert view.wait(TIMEOUT_SECONDS) == 0
    assert operator.poll() is None
    (left_alone,) = installation.status()["operators"]
    assert left_alone["pid"] == operator.pid


def test_cleanup_names_the_store_that_goes_with_its_view(installation: Any) -> None:
    start_view(installation)
    store = installation.status()["store"]

    result = installation.run("cleanup")

    stopped = f"stopped the built-in store at {store['url']} (PID {store['pid']})"
    assert stopped in result.stderr
    assert installation.run("cleanup").stderr.strip() == "nothing to clean up"


def test_status_says_that_nothing_runs(installation: Any) -> None:
    assert installation.status() == NOTHING_RUNS
    lines = installation.run("status").stdout.splitlines()
    assert lines[0] == "store     does not run"
    assert lines[1].startswith("viewer    none runs; `mephisto metrics view`")
    assert lines[2].startswith("operator  none runs; start a Mephisto task")


def test_status_names_all_that_runs(installation: Any) -> None:
    operator = start_operator(installation)
    view, address = start_view(installation)
    installation.wait_for('up{task_name!=""} == 1')

    status = installation.status()
    (shown,) = status["operators"]
    text = installation.run("status").stdout

    assert status["viewers"] == [{"kind": "builtin", "url": address, "pid": view.pid}]
    assert answers_at_once(status["store"]["url"])
    assert shown["pid"] == operator.pid
    assert shown["task_name"]
    for part in (status["store"], *status["viewers"]):
        assert f"{part['url']} (PID {part['pid']})" in text
    assert f"http://{shown['address']}/metrics (PID {operator.pid}, task" in text


CALL_AND_TELL = """
import atexit, json, runpy, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_mephisto_metrics_status_imports_neither_mephisto_nor_what_is_slow(
    installation: Any, mephisto_python: str
) -> None:
    script = str(Path(mephisto_python).parent / "mephisto")
    result = subprocess.run(
        [mephisto_python, "-c", CALL_AND_TELL, script, "metrics", "status", "--json"],
        env=installation.environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )

    assert json.loads(result.stdout)["operators"] == []
    imported = set(json.loads(result.stderr))
    assert "mephisto_metrics.cli.status" in imported
    assert imported & {"mephisto", "rich", "filelock", "asyncio"} == set()


def test_metrics_can_be_switched_off(installation: Any, mephisto_python: str) -> None:
    installation.home.mkdir()

    def has_our_metrics(off: str) -> str:
        code = "import mephisto.operations.operator, sys; print('mephisto_metrics' in sys.modules)"
        changes = {"MEPHISTO_METRICS_OFF": off, "HOME": str(installation.home)}
        return subprocess.run(
            [mephisto_python, "-c", code],
            env={**installation.environment, **changes},
            check=True,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        ).stdout.splitlines()[-1]

    assert [has_our_metrics(off) for off in ("1", "0")] == ["False", "True"]


def test_demo_ends_by_itself_and_leaves_nothing(installation: Any, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    installation.environment["TMPDIR"] = str(scratch)

    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        # What is set for real Operators is none of the demo's business.
        url = f"http://127.0.0.1:{elsewhere.getsockname()[1]}"
        installation.environment["MEPHISTO_METRICS_REMOTE_WRITE"] = f"{url}/write"
        installation.environment["MEPHISTO_METRICS_TARGETS"] = f"{url}/list.json"
        installation.environment["MEPHISTO_METRICS_ADVERTISE"] = "127.0.0.1"
        installation.environment["MEPHISTO_METRICS_RETENTION"] = "of no use"
        result = installation.run("demo", "--exit-after", "5")
        elsewhere.setblocking(False)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("http://127.0.0.1:")
    assert len(result.stdout.splitlines()) == 1
    assert "running " in result.stderr
    assert list(scratch.iterdir()) == []
    assert wait_until(lambda: processes_that_use(scratch) == [], TIMEOUT_SECONDS)


def test_demo_leaves_nothing_however_often_it_is_told_to_end(
    installation: Any, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    installation.environment["TMPDIR"] = str(scratch)
    demo = installation.start_verb("demo")
    installation.address_of(demo)
    assert wait_until(lambda: "operator: " in installation.log_of(demo), TIMEOUT_SECONDS)

    def has_ended_when_told_again() -> bool:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            demo.send_signal(number)
        return demo.poll() is not None

    assert wait_until(has_ended_when_told_again, TIMEOUT_SECONDS)
    assert demo.returncode == 0, installation.log_of(demo)
    assert "Traceback" not in installation.log_of(demo)
    assert list(scratch.iterdir()) == []
    assert processes_that_use(scratch) == []


def test_demo_that_is_killed_leaves_no_operator(installation: Any, tmp_path: Path) -> None:
    installation.environment["TMPDIR"] = str(tmp_path)
    demo = installation.start_verb("demo")
    installation.address_of(demo)
    assert wait_until(lambda: "operator: " in installation.log_of(demo), TIMEOUT_SECONDS)
    (operator,) = [
        process
        for process in psutil.Process(demo.pid).children()
        if "--until-input-ends" in process.cmdline()
    ]

    demo.kill()

    assert wait_until(lambda: has_ended(operator.pid), TIMEOUT_SECONDS)
    (scratch,) = tmp_path.glob("mephisto-metrics-demo-*")
    installation.environment["MEPHISTO_METRICS_HOME"] = str(scratch)
    assert "stopped the built-in store" in installation.run("cleanup").stderr


def test_demo_refuses_a_port_that_is_taken_where_it_was_asked_for(
    installation: Any, tmp_path: Path
) -> None:
    installation.environment["TMPDIR"] = str(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as another:
        port = another.getsockname()[1]
        result = installation.run("demo", "--port", str(port))

    assert (result.returncode, result.stdout) == (1, "")
    assert f"port {port} on 127.0.0.1 is already in use" in result.stderr
    assert "choose another port with `--port`" in result.stderr
    assert processes_that_use(tmp_path) == []


def processes_that_use(folder: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(folder):
                found.append(f"{process.pid}: {process.cmdline()}")
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("vew",), "there is no verb `vew`"),
        (("view", "--port", "70000"), "70000"),
        (("view", "--prot", "1"), "--prot"),
        (("view", "--sotre", "auto"), "--sotre"),
        (("demo", "--exit-after", "soon"), "soon"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_is_wrong(
    installation: Any, arguments: tuple[str, ...], said: str
) -> None:
    result = installation.run(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr


def test_an_unknown_verb_is_answered_with_the_verbs(installation: Any) -> None:
    message = installation.run("vew").stderr
    for verb in VERBS:
        assert f"`{verb}`" in message


@pytest.mark.parametrize("variable", ["PROMETHEUS_PORT", "GRAFANA_PORT"])
def test_a_setting_that_is_no_port_is_named(installation: Any, variable: str) -> None:
    installation.environment[variable] = "many"
    result = installation.run("view")
    assert result.returncode == 1
    assert f"error: {variable} is 'many', which is not a port" in result.stderr
    assert "hint: set it to a number from 0 to 65535" in result.stderr


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--store", "promethius", "set it to: auto, prometheus, builtin or the URL of a store"),
        ("--viewer", "grafanna", "set it to: auto, grafana, builtin"),
        ("--retention", "forever", "'forever' is neither a time nor a size"),
        ("--scrape-interval", "0", "0.001"),
    ],
)
def test_an_option_that_can_not_be_used_is_named_with_what_was_expected(
    installation: Any, option: str, value: str, said: str
) -> None:
    result = installation.run("view", option, value)
    assert (result.returncode, result.stdout) == (1, "")
    assert said in result.stderr
    assert repr(value) in result.stderr


def test_the_version_is_that_of_the_package(installation: Any) -> None:
    result = installation.run("--version")
    version = importlib.metadata.version("mephisto-metrics-rs")
    assert (result.returncode, result.stdout) == (0, f"mephisto-metrics {version}\n")


def test_help_lists_the_verbs(installation: Any) -> None:
    result = installation.run("--help")
    assert result.returncode == 0
    for verb in VERBS:
        assert f"  {verb} " in result.stdout
