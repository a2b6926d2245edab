"""Writes values into SQL."""

from __future__ import annotations


def sql_text(value: object) -> str:
    """Return a text as an SQL literal."""
    return "'" + str(value).replace("'", "''") + "'"
