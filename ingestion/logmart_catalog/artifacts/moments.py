"""Moments as dbt writes them. Pure functions."""

from __future__ import annotations

from datetime import UTC, datetime


def moment_of(text: str) -> datetime | None:
    """Return the moment of an ISO 8601 text, UTC where it names no zone; None of any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def milliseconds_of(text: str) -> int | None:
    """Return the milliseconds since 1970, UTC, of an ISO 8601 text; None of any other text."""
    moment = moment_of(text)
    return None if moment is None else int(moment.timestamp() * 1000)
