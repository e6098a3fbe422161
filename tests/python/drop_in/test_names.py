"""Every public name of prometheus_client exists in ours, and is called the same way."""

from __future__ import annotations

import ast
import inspect
import pydoc
import sys
import typing
from pathlib import Path

import pytest

FOLDER = Path(sys.prefix, "reference", "prometheus_client")
HANDED_ON = {"mmap_dict", "multiprocess", "openmetrics.parser"}
MODULES = sorted(
    {
        ".".join(path.relative_to(FOLDER).with_suffix("").parts).replace(".__init__", "")
        for path in FOLDER.rglob("*.py")
        if path.name == "__init__.py" or not path.name.startswith("_")
    }
    - HANDED_ON
)

VENDORED = "another project's library inside prometheus_client: ours has what metrics use of it"
LOOPBACK = "listens on 127.0.0.1 unless told otherwise"
EXCEPTIONS = {
    "decorator": {
        "ContextManager": VENDORED,
        "DEF": VENDORED,
        "FunctionMaker": VENDORED,
        "append": VENDORED,
        "contextmanager": VENDORED,
        "decorator": VENDORED,
        "dispatch_on": VENDORED,
        "init": VENDORED,
        "n_args": VENDORED,
    },
    "metrics": {
        "values": "values of counters, gauges, histograms and summaries are native",
    },
    "values": {
        "MmapedDict": "in mmap_dict, which is handed on",
        "mmap_key": "in mmap_dict, which is handed on",
    },
    "__init__": {"start_http_server": LOOPBACK},
    "exposition": {"start_http_server": LOOPBACK},
}
"""What ours does not have or is called otherwise, and why."""


def public_names(module: str) -> set[str]:
    """Return what a module defines or takes from its siblings, but for type variables."""
    path = FOLDER.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    names = set()
    for node in ast.parse(source.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.ImportFrom) and node.level:
            names |= {alias.asname or alias.name for alias in node.names}
    return {name for name in names if not name.startswith("_")} - {"T", "F"}


def load(library, module):
    return library.package if module == "__init__" else library.module(module)


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_exists(both, module):
    ours = load(both.ours, module)
    missing = {name for name in public_names(module) if not hasattr(ours, name)}
    assert missing <= set(EXCEPTIONS.get(module, {}))


@pytest.mark.parametrize("module", ["__init__", "core"])
def test_a_star_import_brings_the_same_names(both, module):
    assert {*load(both.ours, module).__all__} == {*load(both.reference, module).__all__}


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_called_the_same_way(both, module):
    ours, reference = load(both.ours, module), load(both.reference, module)
    for name in sorted(public_names(module) - set(EXCEPTIONS.get(module, {}))):
        signatures_of_ours = signatures(getattr(ours, name))
        for method, expected in signatures(getattr(reference, name)).items():
            # Ours may take more behind.
            received = signatures_of_ours[method]
            assert expected is None or received[: len(expected)] == expected, f"{name}.{method}"


@pytest.mark.skipif(sys.version_info < (3, 10), reason="our hints are written `int | None`")
@pytest.mark.parametrize("module", MODULES)
def test_type_hints_can_be_read(ours, module):
    loaded = load(ours, module)
    for name in public_names(module) - set(EXCEPTIONS.get(module, {})):
        value = getattr(loaded, name)
        methods = inspect.getmembers(value, inspect.isfunction) if inspect.isclass(value) else []
        for hinted in [value, *(method for _, method in methods)]:
            if inspect.isroutine(hinted) or inspect.isclass(hinted):
                typing.get_type_hints(hinted)


@pytest.mark.parametrize("method", ["Counter.inc", "Gauge.set", "Histogram.observe", "Info.labels"])
def test_methods_have_help(ours, method):
    kind, _, name = method.partition(".")
    text = pydoc.render_doc(getattr(getattr(ours, kind), name), renderer=pydoc.plaintext)
    assert f"{name}(self" in text
    assert len(text.strip().splitlines()) > 3


def test_the_exceptions_are_names_of_the_reference():
    for module, names in EXCEPTIONS.items():
        assert set(names) <= public_names(module)


def signatures(value):
    """Return how a value, or each public method of a class, is called."""
    if not inspect.isclass(value):
        return {"": parameters(value)}
    methods = {name for name in dir(value) if not name.startswith("_")}
    return {"": parameters(value), **{name: parameters(getattr(value, name)) for name in methods}}


def parameters(value):
    """Return names, kinds and defaults of the parameters, None for what is not called."""
    if not callable(value):
        return None
    try:
        signature = inspect.signature(value)
    except ValueError:
        return None
    return [
        (parameter.name, parameter.kind, default_of(parameter))
        for parameter in signature.parameters.values()
        if parameter.name != "self"
    ]


def default_of(parameter):
    """Return a default that can be compared: objects of a library count as their type's name."""
    default = parameter.default
    is_simple = default is None or isinstance(default, (str, int, float, tuple))
    return default if is_simple else getattr(default, "__name__", type(default).__name__)
