"""The last dates of a published mart, by its events: operations have a clock of their own."""

from __future__ import annotations

from datetime import date

import duckdb

# Queries of one value, to be used in others too.
LAST_DATE = "(select max(business_date) from marts.dim_dates)"
COMPLETE_DATE = (
    "(select max(metric_date) from marts.metrics_daily"
    " where metric = 'daily_active_users' and date_state <> 'open')"
)


def last_date(connection: duckdb.DuckDBPyConnection) -> date | None:
    """Return the last business date of a mart, which may be open; None where it has none."""
    return _date(connection, LAST_DATE)


def complete_date(connection: duckdb.DuckDBPyConnection) -> date | None:
    """Return the last business date of a mart that is not open; None where it has none."""
    return _date(connection, COMPLETE_DATE)


def _date(connection: duckdb.DuckDBPyConnection, query: str) -> date | None:
    (found,) = connection.execute(f"select {query}").fetchall()[0]
    return found if isinstance(found, date) else None
