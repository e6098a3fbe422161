"""The wheel in `dist/`, as who installs it finds it: away from the checkout."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mephisto_metrics.stack.readiness import wait_until

ROOT = Path(__file__).parents[2]
COMMAND_SECONDS = 120
DATA_SECONDS = 8
PACKETS = "sum(client_io_handler_latency_seconds_count) > 0"

# A user's own script: nothing in it knows of us.
USER_SCRIPT = """
import sys
from mephisto.abstractions.databases.local_database import LocalMephistoDB
from mephisto.operations.operator import Operator
operator = Operator(LocalMephistoDB(sys.argv[1]))
print("running", flush=True)
sys.stdin.read()
operator.shutdown()
"""


class Environment:
    """A virtual environment, and a home and a working folder away from the checkout."""

    def __init__(self, folder: Path, missing: Callable[[str, str], None]) -> None:
        self.folder = folder
        self._missing = missing
        self.binaries = folder / "venv" / "bin"
        venv.create(folder / "venv")
        self.variables = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "MEPHISTO", "XDG_", "VIRTUAL_ENV"))
        }
        self.variables |= {
            "HOME": str(folder),
            "MEPHISTO_METRICS_PORT": "0",
            "MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS": "1",
            "PROMETHEUS_PORT": "0",
            "GRAFANA_PORT": "0",
        }
        self.site_packages = Path(
            self.python(
                "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"
            ).stdout.strip()
        )

    def python(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run("python", *arguments, **variables)

    def run(
        self, program: str, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.binaries / program), *arguments],
            cwd=self.folder,
            env={**self.variables, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    def start(self, program: str, *arguments: str) -> subprocess.Popen[str]:
        with (self.folder / "started.log").open("w") as log:
            return subprocess.Popen(
                [str(self.binaries / program), *arguments],
                cwd=self.folder,
                env=self.variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def log(self) -> str:
        """Return what the last started program wrote to stderr so far."""
        return (self.folder / "started.log").read_text()

    def pip(self, *arguments: str) -> str:
        """Run the pip of these tests on this environment; skip where its index is out of reach."""
        command = [sys.executable, "-m", "pip", "--python", str(self.binaries / "python")]
        done = subprocess.run(
            [*command, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        if re.search("name resolution|Network is unreachable", done.stderr):
            self._missing("the package index", "connect to the network")
        assert arguments[0] == "check" or done.returncode == 0, done.stderr
        return done.stdout

    def install(self, *arguments: str) -> None:
        self.pip("install", "--quiet", "--no-compile", *arguments)


@pytest.fixture(scope="session")
def wheel() -> Path:
    wheels = list((ROOT / "dist").glob("*.whl"))
    assert len(wheels) == 1, f"expected one wheel in dist/, found {len(wheels)}: run `make wheel`"
    return wheels[0]


@pytest.fixture(scope="session")
def environment(
    wheel: Path,
    tmp_path_factory: pytest.TempPathFactory,
    missing: Callable[[str, str], None],
) -> Environment:
    """An environment with the wheel and what it requires, for the tests that only look."""
    environment = Environment(tmp_path_factory.mktemp("wheel"), missing)
    environment.install(str(wheel))
    return environment


@pytest.fixture
def spoilt_environment(
    wheel: Path, tmp_path: Path, missing: Callable[[str, str], None]
) -> Environment:
    """An environment with the wheel alone, for the tests that change it."""
    environment = Environment(tmp_path, missing)
    environment.install("--no-deps", str(wheel))
    return environment


def installed_names(wheel: Path) -> set[str]:
    """Return the paths of the wheel's files, as they will be in site-packages."""
    with zipfile.ZipFile(wheel) as archive:
        return {re.sub(r"^[^/]+\.data/purelib/", "", name) for name in archive.namelist()}


def test_wheel_carries_all_parts(wheel: Path) -> None:
    names = installed_names(wheel)
    dashboards = {path.name for path in (ROOT / "dashboards").glob("*.json")}

    assert dashboards
    assert {f"mephisto_metrics/dashboards/{name}" for name in dashboards} <= names
    rules = {path.name for path in (ROOT / "dashboards" / "rules").glob("*.yml")}
    assert rules
    assert {f"mephisto_metrics/rules/{name}" for name in rules} <= names
    assert "mephisto_metrics/alerts/mephisto.json" in names
    assert {
        "mephisto_metrics.pth",
        "_mephisto_metrics_autoload.py",
        "mephisto_metrics/web/index.html",
        "mephisto_metrics/py.typed",
        "mephisto_metrics/_core.pyi",
    } <= names
    for pattern in (
        r"mephisto_metrics/_core\..*(so|pyd)",
        r"mephisto_metrics/web/assets/.+\.js",
        r"mephisto_metrics/web/assets/.+\.css",
        r".+\.dist-info/licenses/LICENSE",
    ):
        assert [name for name in names if re.fullmatch(pattern, name)], pattern


def test_wheel_puts_nothing_else_at_the_top_level(wheel: Path) -> None:
    top_level = {name.partition("/")[0] for name in installed_names(wheel)}
    assert {name for name in top_level if not name.endswith(".dist-info")} == {
        "mephisto_metrics",
        "mephisto_metrics.pth",
        "_mephisto_metrics_autoload.py",
    }


def test_help_names_the_verbs(environment: Environment) -> None:
    helped = environment.run("mephisto-metrics", "--help")
    assert helped.returncode == 0, helped.stderr
    assert {"view", "status", "cleanup", "demo"} <= set(re.findall(r"\w+", helped.stdout))


def test_demo_shows_live_data_and_ends_by_itself(environment: Environment) -> None:
    demo = environment.start("mephisto-metrics", "demo", "--exit-after", "8")
    try:
        assert demo.stdout is not None
        url = demo.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), environment.log()
        assert '<script type="module"' in fetch(url)
        (dashboard, *_) = json.loads(fetch(f"{url}/dashboards"))
        assert json.loads(fetch(f"{url}/dashboards/{dashboard['file']}"))["panels"]
        assert wait_until(lambda: has_result(url, PACKETS), DATA_SECONDS), f"none: {PACKETS}"
        assert demo.wait(COMMAND_SECONDS) == 0, environment.log()
        assert "running the packaged simulation" in environment.log()
    finally:
        demo.kill()
        demo.communicate()


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
    return text


def has_result(url: str, expression: str) -> bool:
    answer = fetch(f"{url}/api/v1/query?{urllib.parse.urlencode({'query': expression})}")
    return bool(json.loads(answer)["data"]["result"])


@pytest.mark.parametrize("switch", [{}, {"MEPHISTO_METRICS_OFF": "1"}])
def test_interpreter_starts_without_a_word(
    environment: Environment, switch: dict[str, str]
) -> None:
    started = environment.python("-c", "pass", **switch)
    assert (started.returncode, started.stdout, started.stderr) == (0, "", "")


def test_autoload_is_there_unless_switched_off(environment: Environment) -> None:
    watches = "import sys; print(any('_MephistoWatch' in repr(finder) for finder in sys.meta_path))"
    on = environment.python("-c", watches).stdout
    off = environment.python("-c", watches, MEPHISTO_METRICS_OFF="1").stdout
    assert (on, off) == ("True\n", "False\n")


def test_broken_package_disturbs_no_interpreter(spoilt_environment: Environment) -> None:
    (core,) = (spoilt_environment.site_packages / "mephisto_metrics").glob("_core.*[!i]")
    core.unlink()
    assert spoilt_environment.python("-c", "import mephisto_metrics").returncode != 0

    started = spoilt_environment.python("-c", "import json; print(json.dumps(1))")

    assert (started.returncode, started.stdout, started.stderr) == (0, "1\n", "")


def test_uninstalling_leaves_nothing_behind(spoilt_environment: Environment) -> None:
    def ours() -> list[str]:
        folders = (spoilt_environment.site_packages, spoilt_environment.binaries)
        names = [path.name for folder in folders for path in folder.rglob("*")]
        return [name for name in names if re.match(r"_?mephisto[_-]metrics", name)]

    # Compiled by imports, and so not in pip's own list.
    assert spoilt_environment.python("-c", "import _mephisto_metrics_autoload").returncode == 0
    assert "mephisto-metrics" in ours()

    spoilt_environment.pip("uninstall", "--yes", "mephisto-metrics-rs")

    assert ours() == []


def test_unmodified_mephisto_beside_the_wheel_is_seen_by_status_and_doctor(
    wheel: Path, tmp_path: Path, missing: Callable[[str, str], None]
) -> None:
    if importlib.util.find_spec("mephisto") is None:
        missing("Mephisto", "run the tests with a Python 3.9 or 3.10 that it is installed for")
    environment = Environment(tmp_path, missing)
    environment.install("--no-deps", "-r", str(ROOT / "requirements" / "mephisto.txt"))
    environment.install(str(wheel))
    use_mephisto_home(tmp_path)
    # The light Mephisto goes without detoxify, and this environment without setuptools.
    complaints = environment.pip("check").splitlines()
    assert [line for line in complaints if not re.search("detoxify|setuptools", line)] == []
    assert any("detoxify" in line for line in complaints)

    script = tmp_path / "my_task.py"
    script.write_text(USER_SCRIPT)
    operator = environment.start("python", str(script), str(tmp_path / "database.db"))
    try:
        assert operator.stdout is not None
        assert "running\n" in iter(operator.stdout.readline, ""), environment.log()
        status = environment.run("mephisto", "metrics", "status", "--json")
        assert status.returncode == 0, status.stderr
        assert [seen["pid"] for seen in json.loads(status.stdout)["operators"]] == [operator.pid]
        doctor = environment.run("mephisto", "metrics", "doctor", "--json")
        found = [finding["found"] for finding in json.loads(doctor.stdout)["findings"]]
        assert any(f"(PID {operator.pid})" in text for text in found), doctor.stdout
        operator.communicate("", timeout=COMMAND_SECONDS)
        assert operator.returncode == 0, environment.log()
    finally:
        operator.kill()
        operator.communicate()
        environment.run("mephisto-metrics", "cleanup")


def use_mephisto_home(home: Path) -> None:
    """Answer ahead what Mephisto asks at its first import: where its data shall be."""
    (home / "data").mkdir()
    (home / ".mephisto").mkdir()
    (home / ".mephisto" / "config.yml").write_text(
        f"core: {{main_data_directory: '{home / 'data'}'}}\n"
    )
