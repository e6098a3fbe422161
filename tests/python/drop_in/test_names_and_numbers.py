"""Which names are valid, and how numbers and names are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.text(max_size=6) | st.from_regex('[a-zA-Z_:.0-9é\\n"\\\\]{0,6}', fullmatch=True)
# The reference takes the wrong error for names that are not UTF-8, and so says nothing of its own.
UTF8_NAMES = NAMES.filter(lambda name: not any("\ud800" <= c <= "\udfff" for c in name))
ESCAPINGS = ["allow-utf-8", "underscores", "dots", "values", "no such escaping"]
CHECKS = [
    "_validate_metric_name",
    "_validate_metric_label_name_token",
    "_validate_labelname",
    "_is_valid_legacy_metric_name",
    "_is_valid_legacy_labelname",
]


@pytest.fixture(params=[False, True], ids=["UTF-8", "legacy"])
def legacy(both, request):
    """Either rule for names, in both libraries."""
    libraries = (both.ours, both.reference)
    for library in libraries:
        switch = "enable" if request.param else "disable"
        getattr(library.validation, f"{switch}_legacy_validation")()
    yield request.param
    for library in libraries:
        library.validation.disable_legacy_validation()


def test_the_rule_for_names_is_told(both, legacy):
    assert both.agree(lambda library: library.validation.get_legacy_validation()) is legacy


@pytest.mark.parametrize("check", CHECKS)
@given(name=UTF8_NAMES)
def test_the_same_names_are_valid(both, check, name):
    both.agree(lambda library: getattr(library.validation, check)(name))


@pytest.mark.usefixtures("legacy")
@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "name", ["", "a", "a:b", "a.b", "é", "__a", "_a", "1a", "a\n", '"a b"', "a b", ":", "a-b"]
)
def test_the_same_names_are_valid_under_either_rule(both, check, name):
    both.agree(lambda library: getattr(library.validation, check)(name))


@pytest.mark.parametrize("check", CHECKS[:3])
def test_a_name_that_is_not_utf8_is_refused_by_a_value_error_that_shows_it(ours, check):
    with pytest.raises(ValueError, match=r"\\ud800"):
        getattr(ours.validation, check)('"\ud800"')


@pytest.mark.parametrize("names", [["a", "b"], ["le"], ["__a"], [], iter(["a"])])
def test_label_names_are_checked_alike(both, names):
    given_names = list(names)

    def check(library):
        class Metric:
            _type = "histogram"
            _reserved_labelnames = ("le",)

        return library.validation._validate_labelnames(Metric, iter(given_names))

    received = both.ours.validation, both.reference.validation
    assert all(hasattr(module, "_validate_labelnames") for module in received)
    if given_names == ["le"]:
        # The reference's words have a slip of the pen: "label methe fric name".
        with pytest.raises(ValueError, match="Reserved label metric name: le: a histogram gives"):
            check(both.ours)
    else:
        both.agree(check)


@pytest.mark.parametrize(
    "exemplar", [{}, {"a": "b"}, {"a": "b" * 127}, {"__a": "b"}, {"é": "é" * 127}, {"a": 1}]
)
def test_exemplars_are_checked_alike(both, exemplar):
    both.agree(lambda library: library.validation._validate_exemplar(exemplar))


def test_too_long_an_exemplar_is_refused_with_its_length(ours):
    # The reference leaves the `%d` of its message as it is.
    with pytest.raises(ValueError, match="Exemplar labels have 129 UTF-8 characters, exceeding"):
        ours.validation._validate_exemplar({"a": "b" * 128})


@given(st.floats() | st.integers(-(10**20), 10**20))
def test_numbers_are_written_alike(both, number):
    both.agree(lambda library: library.utils.floatToGoString(number))


@pytest.mark.parametrize(
    "number", ["1.5", "+Inf", "nan", True, 1e6, 1e15, 1e16, 123456.0, 1234567.0, 1e-5, "x", None]
)
def test_chosen_numbers_are_written_alike(both, number):
    both.agree(lambda library: library.utils.floatToGoString(number))


@pytest.mark.parametrize("name", ["INF", "MINUS_INF", "NaN"])
def test_special_numbers_are_the_same(both, name):
    both.agree(lambda library: getattr(library.utils, name))


@pytest.mark.parametrize("version", ["1.0.0", "0.0.4", "", "2", "1.0rc1.x", "01.2"])
def test_versions_are_parsed_alike(both, version):
    both.agree(lambda library: library.utils.parse_version(version))


@pytest.mark.parametrize("function", ["escape_metric_name", "escape_label_name"])
@pytest.mark.parametrize("escaping", ESCAPINGS)
@given(name=st.text(max_size=6) | NAMES)
def test_names_are_escaped_alike(both, function, escaping, name):
    def escape(library):
        return getattr(library.module("openmetrics.exposition"), function)(name, escaping)

    both.agree(escape)


@pytest.mark.parametrize("name", ["a", "_", "1", ":", "é", "²", "", "ab", "\ud800"])
@pytest.mark.parametrize("place", [0, 1])
def test_characters_of_names_are_judged_alike(both, name, place):
    def judge(library):
        module = library.module("openmetrics.exposition")
        return (
            module._is_legacy_metric_rune(name, place),
            module._is_legacy_labelname_rune(name, place),
            module._is_valid_utf8(name),
        )

    both.agree(judge)
