"""Decides whether a call is retried, and waits with exponential back-off."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import sleep

import requests

ATTEMPTS = 5
# An overloaded server, or a gateway whose server is briefly unavailable: retry.
_TRANSIENT = frozenset({429, 502, 503})
# A server answers 500 when two of its own writes conflict, and when it is broken: fewer retries.
_SERVER_ERROR = 500
_ATTEMPTS_AFTER_SERVER_ERROR = 3
_FIRST_SECONDS = 0.5
_MAX_SECONDS = 60.0


def is_transient(answer: requests.Response, attempt: int, *, repeatable: bool) -> bool:
    """Whether an answer is transient: the same call may succeed in a moment.

    In: the number of attempts so far, including this one; `repeatable`, whether the call is
    idempotent.
    """
    if answer.status_code == _SERVER_ERROR:
        return repeatable and attempt < _ATTEMPTS_AFTER_SERVER_ERROR
    return answer.status_code in _TRANSIENT and attempt < ATTEMPTS


def is_broken_connection(error: BaseException) -> bool:
    """Whether the connection was refused, reset or cut off. A timeout does not count."""
    broken = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, broken) and not isinstance(error, requests.Timeout)


def back_off(attempt: int, answer: requests.Response | None = None) -> None:
    """Wait before a call is retried.

    In: the number of attempts so far, and the last answer, whose Retry-After (seconds or a date)
    is obeyed. Without one the wait doubles from half a second, and is shortened at random by up to
    half, so that several callers do not retry together.
    """
    asked = None if answer is None else _retry_after(answer.headers.get("Retry-After", ""))
    doubled = _FIRST_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)
    sleep(min(doubled if asked is None else asked, _MAX_SECONDS))


def _retry_after(text: str) -> float | None:
    """Return the seconds that a Retry-After asks for, None when it is absent or unreadable."""
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (zoned - datetime.now(UTC)).total_seconds())
