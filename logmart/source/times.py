"""Finds the form in which a log writes its times."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?")
_OFFSET = re.compile(r"(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)$")
_EPOCHS = {"epoch_seconds": 1.0, "epoch_milliseconds": 1e3, "epoch_microseconds": 1e6}
_NUMBER = re.compile(r"-?\d{1,16}(\.\d*)?")
# A number is taken for a time only between these moments.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
PATTERNS = (
    "%d/%b/%Y:%H:%M:%S %z",
    "%Y-%m-%dT%H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y.%m.%d %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d %b %Y %H:%M:%S",
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
)
FORMS = ("iso", "iso_utc", *_EPOCHS, *PATTERNS)
_ENOUGH = 0.95


@dataclass(frozen=True)
class TimeForm:
    """The form of the times of a field: whether every text has an offset, and other forms that fit
    all texts as well.
    """

    form: str
    has_offset: bool
    share: float
    rivals: tuple[str, ...] = ()


def form_of(texts: Iterable[str]) -> TimeForm | None:
    """Return the form that nearly all texts have; None where no form has so many."""
    listed = [text for text in texts if text]
    if not listed:
        return None
    counts = Counter({form: _count(listed, form) for form in FORMS if moment(listed[0], form)})
    counts.update({form: _count(listed, form) for form in FORMS if not counts.total()})
    fitting = [form for form, count in counts.items() if count >= _ENOUGH * len(listed)]
    if not fitting:
        return None
    first = fitting[0]
    has_offset = first in ("iso_utc", *_EPOCHS) or "%z" in first
    if first == "iso":
        has_offset = all(_OFFSET.search(text) for text in listed if _ISO.match(text))
    return TimeForm(first, has_offset, counts[first] / len(listed), tuple(fitting[1:]))


def form_counts(texts: Iterable[str]) -> Counter[str]:
    """Return how many texts each form fits, without forms that fit none, in the order of FORMS."""
    listed = list(texts)
    counts = {form: _count(listed, form) for form in FORMS}
    return Counter({form: count for form, count in counts.items() if count})


def _count(texts: list[str], form: str) -> int:
    return sum(1 for text in texts if moment(text, form))


def moment(text: str, form: str, time_zone: str = "UTC") -> datetime | None:
    """Return the moment of a text in UTC; None for a text of another form."""
    try:
        if form == "iso_utc":
            return _iso(text[:-4] + "Z", time_zone) if text.endswith(" UTC") else None
        if form == "iso":
            return _iso(text, time_zone)
        if form in _EPOCHS:
            seconds = float(text) / _EPOCHS[form] if _NUMBER.fullmatch(text) else 0.0
            return datetime.fromtimestamp(seconds, UTC) if _EARLIEST < seconds < _LATEST else None
        found = datetime.strptime(text, form)
    except (ValueError, OverflowError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(time_zone))).astimezone(UTC)


def _iso(text: str, time_zone: str) -> datetime | None:
    whole = _ISO.match(text)
    if whole is None:
        return None
    clock = re.sub(r"(\.\d{6})\d+", r"\1", whole[0].replace(" ", "T"))
    found = datetime.fromisoformat(re.sub(r"\.(\d{1,5})$", lambda m: f".{m[1]:0<6}", clock))
    rest = text[whole.end() :]
    if not rest:
        return found.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
    if not _OFFSET.fullmatch(rest):
        return None
    if rest == "Z":
        return found.replace(tzinfo=UTC)
    digits = rest[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return found.replace(tzinfo=timezone(-offset if rest[0] == "-" else offset)).astimezone(UTC)
