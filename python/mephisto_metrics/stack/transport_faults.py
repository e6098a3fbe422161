"""What the system said of a request that failed, below what each library has made of it."""

from __future__ import annotations

NO_ADDRESS = (
    "the address, or that of the proxy in the environment, is none; in a password, `#`, `/` and "
    "`@` are written %23, %2F and %40"
)


def innermost_reason(error: BaseException) -> str:
    """Return in a few words why a request of `requests` failed, which says itself a page of it."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        inner = [value for value in current.args if isinstance(value, BaseException)]
        reason = getattr(current, "reason", None)
        inner += [reason] if isinstance(reason, BaseException) else []
        current = next(iter(inner), current.__cause__ or current.__context__)
    if any(_is_about_an_address(one) for one in seen):
        return NO_ADDRESS
    last = next((one for one in reversed(seen) if isinstance(one, OSError)), seen[-1])
    return last.strerror if isinstance(last, OSError) and last.strerror else _words(str(last))


def _is_about_an_address(error: BaseException) -> bool:
    """Whether an error tells an address, or a header, whole: with any secret in it."""
    # Slow to import, and here already, as it has failed.
    from requests import exceptions
    from urllib3.exceptions import LocationValueError  # of what `requests` is built on

    telling = (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema)
    is_telling = isinstance(error, (*telling, exceptions.InvalidHeader, LocationValueError))
    return is_telling and "SOCKS" not in str(error)


def _words(text: str) -> str:
    # urllib3 begins its messages with an object's address in memory.
    return text.rpartition(">: ")[2] or text
