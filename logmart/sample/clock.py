"""Times as whole milliseconds since the Unix epoch (UTC), and their text.

Texts are built from tables, because formatting the two times of an event with `datetime` would take
longer than the rest of its line.
"""

from datetime import date
from functools import cache

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_MINUTES = tuple(f"{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))
_SECONDS = tuple(f"{second:02d}.{ms:03d}" for second in range(60) for ms in range(1_000))


def epoch_ms(day: date) -> int:
    """Return the moment of UTC midnight at which `day` begins."""
    return (day.toordinal() - _EPOCH_ORDINAL) * DAY_MS


@cache
def day_text(epoch_day: int) -> str:
    """Return the ISO date of a day counted from 1970-01-01."""
    return date.fromordinal(epoch_day + _EPOCH_ORDINAL).isoformat()


def utc_date_text(moment_ms: int) -> str:
    """Return the ISO date, in UTC, on which a moment falls."""
    return day_text(moment_ms // DAY_MS)


@cache
def weekday(epoch_day: int) -> int:
    """Return the day of the week, Monday 0 to Sunday 6, of a day counted from 1970-01-01."""
    return (epoch_day + 3) % 7


@cache
def day_of_month(epoch_day: int) -> int:
    """Return the day of the month, from 1, of a day counted from 1970-01-01."""
    return date.fromordinal(epoch_day + _EPOCH_ORDINAL).day


@cache
def offset_text(offset_minutes: int) -> str:
    """Return an offset from UTC as ISO 8601 writes it; zero is `Z`."""
    if offset_minutes == 0:
        return "Z"
    hours, minutes = divmod(abs(offset_minutes), 60)
    return f"{'-' if offset_minutes < 0 else '+'}{hours:02d}:{minutes:02d}"


def iso(moment_ms: int, offset_minutes: int = 0) -> str:
    """Return a moment as ISO 8601 with milliseconds, on the clock `offset_minutes` from UTC."""
    day, rest = divmod(moment_ms + offset_minutes * MINUTE_MS, DAY_MS)
    minute, rest = divmod(rest, MINUTE_MS)
    return f"{day_text(day)}T{_MINUTES[minute]}{_SECONDS[rest]}{offset_text(offset_minutes)}"
