"""Parses the timestamps that dbt writes. Pure functions."""

from __future__ import annotations

from datetime import UTC, datetime


def moment_of(text: str) -> datetime | None:
    """Return the moment of an ISO 8601 text, in UTC when it names no zone; None for other texts."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def milliseconds_of(text: str) -> int | None:
    """Return the milliseconds since 1970, UTC, of an ISO 8601 text; None for other texts."""
    moment = moment_of(text)
    return None if moment is None else int(moment.timestamp() * 1000)
