"""Reads landed lines of events as the base model of their source does, without dbt."""

from __future__ import annotations

from pathlib import Path

import duckdb

from logmart.dbt.project_macros import ProjectMacros


def read_events(
    connection: duckdb.DuckDBPyConnection, macros: ProjectMacros, project: Path, source: str
) -> None:
    """Make the table read_rows of landed_lines, with the fields that the source's base model reads.

    The part of base_<source>__events.sql that reads a line is rendered, so that there is no second
    definition of where a line names its event. Raises CommandError.
    """
    query = macros.render(
        project / f"models/staging/{source}/base_{source}__events.sql",
        config=lambda **_: "",
        base_events_config=lambda _: {},
        new_landing_lines=lambda _: "select * from landed_lines",
        canonical_events=lambda _, events: f"select * from {events}",
    )
    connection.execute(
        f"""
        create or replace table read_rows as
        select
            row_number() over () - 1 as "row", landing_file, line_number, is_readable,
            case when is_readable then event_name end as entity, platform, app_version,
            user_id, device_id, occurred_at,
            case when is_readable then properties end as properties
        from ({query})
        """
    )
