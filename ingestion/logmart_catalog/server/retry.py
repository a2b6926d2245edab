"""When a call is made again, and after how long. Nothing here knows what a call is for."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import sleep

import requests

ATTEMPTS = 5
# Overloaded, or a gateway whose server is away for a moment: worth another try.
_PASSING = frozenset({429, 502, 503})
# A server answers 500 when two of its own writes cross, and when it is broken: so fewer tries.
_CROSSED = 500
_ATTEMPTS_WHERE_CROSSED = 3
_FIRST_SECONDS = 0.5
_LONGEST_SECONDS = 60.0


def is_passing(answer: requests.Response, attempt: int, *, repeatable: bool) -> bool:
    """Whether an answer says that the same call may succeed in a moment.

    In: how many attempts there were, this one too; `repeatable`, whether the call changes nothing
    when it is carried out twice.
    """
    if answer.status_code == _CROSSED:
        return repeatable and attempt < _ATTEMPTS_WHERE_CROSSED
    return answer.status_code in _PASSING and attempt < ATTEMPTS


def is_broken_connection(error: BaseException) -> bool:
    """Whether a call failed on its way: refused, reset or cut off, but not for want of time."""
    broken = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, broken) and not isinstance(error, requests.Timeout)


def pause(attempt: int, answer: requests.Response | None = None) -> None:
    """Wait before a call is made again.

    In: how many attempts there were, and the answer to the last one, whose Retry-After counts (in
    seconds or as a date). Without one the wait doubles from half a second, and is shortened at
    random by up to half, so that several callers do not come back together.
    """
    asked = None if answer is None else _retry_after(answer.headers.get("Retry-After", ""))
    doubled = _FIRST_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)
    sleep(min(doubled if asked is None else asked, _LONGEST_SECONDS))


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
