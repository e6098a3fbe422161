"""What the environment sets, and how what can not be used is named."""

from __future__ import annotations

import pytest

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import settings
from mephisto_metrics.stack.addresses import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://host:9090/path", "https://host:9090/path"),
        ("https://me:secret@host/path?token=secret#secret", "https://host/path"),
        ("https://me:secret@host:99999/path?token=secret", "host:99999/path"),
        ("https://me:se@cret@host/@scope/x", "https://host/@scope/x"),
        ("me:secret@host", "host"),
        ("host/path?token=secret", "host/path"),
        ("promotheus", "promotheus"),
    ],
)
def test_what_is_shown_of_an_address_has_no_secret_in_it(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "me:secret@host:9090",
        "https://me:secret@host",
        "https://host/?token=secret",
        "ftp://host/?token=secret",
    ],
)
@pytest.mark.parametrize("variable", [settings.STORE_VARIABLE, settings.VIEWER_VARIABLE])
def test_a_store_or_viewer_that_is_not_known_is_named_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    monkeypatch.setenv(variable, text)
    read = settings.store if variable == settings.STORE_VARIABLE else settings.viewer
    with pytest.raises(StackError, match=variable) as raised:
        read()
    assert "secret" not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize("text", ["0", "-1", "0.0004", "3601", "nan", "often"])
def test_an_interval_that_no_store_can_keep_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(settings.SCRAPE_INTERVAL_VARIABLE, text)
    with pytest.raises(StackError, match="no interval") as raised:
        settings.scrape_interval_seconds()
    assert "0.001" in raised.value.hint
