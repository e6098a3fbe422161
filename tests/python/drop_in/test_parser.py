"""The text format, read by both libraries: what is of the format, and what is nearly."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

TEXTS = {
    "a counter": "# HELP a Help\n# TYPE a counter\na 1\n",
    "a counter with its suffix": "# TYPE a_total counter\na_total 1\n",
    "a summary": '# TYPE a summary\na{quantile="0.5"} 1\na_count{b="c"} 2 123\na_sum -Inf\n',
    "a histogram": '# TYPE a histogram\na_bucket{le="+Inf"} 3\na_count 3\na_sum 2e3\n',
    "a series of no family": "# TYPE a gauge\na 1\nb 2\na 3\n",
    "help behind the type": "# TYPE a gauge\n# HELP a What \\n \\\\ \\x it is\na NaN\n",
    "names in quotes": '# TYPE "a.b" gauge\n{"a.b","l é"="v",} 1\n',
    "escapes": 'a{b="\\"c\\\\\\n,}"} 1\n',
    "much space": '#  TYPE \t a  gauge\n a { b = "c" , } \t 5 \n\n',
    "other comments": "# EOF\n#\n# HELP\n#TYPE a gauge\na 1 # x\n",
    "no type": "# TYPE a\n",
    "no name": '{b="c"} 1\n',
    "two names": 'a{"b"} 1\n',
    "a name that needs quotes": "a.b 1\n",
    "a label twice": 'a{b="c",b="d"} 1\n',
    "a label without quotes": "a{b=c} 1\n",
    "text behind a value": 'a{b="c"d} 1\n',
    "two commas": 'a{b="c",,d="e"} 1\n',
    "a quote that is open": 'a{b="c} 1\n',
    "a number with underscores": "a 1_0\n",
    "no number": "a x\n",
    "neither number nor time": "a x y\n",
    "nothing behind the name": "a\n",
}


def families(library, text):
    try:
        return list(library.parser.text_string_to_metric_families(text))
    except IndexError:
        # Of a label without a name; ours says ValueError, as for all that is not of the format.
        raise ValueError from None


@pytest.mark.parametrize("case", TEXTS)
def test_texts_are_read_alike(both, case):
    both.agree(lambda library: families(library, TEXTS[case]))


@pytest.mark.parametrize("labels", ['a="b"', 'a="b",', ',a="b"', "a=", "", '"x",a="b"', "a"])
@pytest.mark.parametrize("options", [{}, {"openmetrics": True}])
def test_labels_are_read_alike(both, labels, options):
    both.agree(lambda library: library.parser.parse_labels(labels, **options))


def test_a_file_is_read_as_a_text(both):
    def read(library):
        file = io.StringIO(TEXTS["a summary"])
        (family,) = library.parser.text_fd_to_metric_families(file)
        assert isinstance(family, library.Metric)
        return family

    both.agree(read)


PIECES = [*'ab_{}="\\, \t\n#1.é', "# HELP ", "# TYPE ", "_total", " counter", '\\"', "__name__="]
edits = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 3), st.sampled_from(PIECES)))


@given(st.sampled_from(sorted(TEXTS.values())), edits)
def test_texts_that_were_tampered_with_are_read_alike(both, text, edits):
    for place, removed, piece in edits:
        text = text[:place] + piece + text[place + removed :]
    both.agree(lambda library: families(library, text))


def test_nothing_but_ours_is_needed():
    code = """if True:
        import sys
        sys.modules["prometheus_client"] = None
        from mephisto_metrics.prometheus_client.parser import text_string_to_metric_families
        (family,) = text_string_to_metric_families("a 1")
        sys.exit(family.name != "a")
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)
