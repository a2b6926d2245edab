"""Traces the columns that dbt adds to a snapshot."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from logmart_catalog.lineage.model import ColumnLineage, Kind, TableLineage
from logmart_catalog.records import Record

_SNAPSHOT_COLUMNS = (
    "dbt_scd_id",
    "dbt_updated_at",
    "dbt_valid_from",
    "dbt_valid_to",
    "dbt_is_deleted",
)
_STRATEGIES = frozenset({"timestamp", "check"})


def snapshot_sql(sql: str, node: Record, dialect: str) -> str:
    """Return the query with which dbt fills a new snapshot, as in its macro `build_snapshot_table`.

    Source: dbt-adapters, materializations/snapshots. Without `updated_at`, which is optional for
    the strategy `check`, the time of a row is the time of the run.
    """
    config = node.record("config")
    names = _snapshot_column_names(node)
    time = config.text("updated_at") or "current_timestamp"
    key = config.values.get("unique_key")
    hashed = [str(column) for column in (key if isinstance(key, list) else [key])]
    parts = [f"coalesce(cast({expression} as varchar), '')" for expression in (*hashed, time)]
    current = config.values.get("dbt_valid_to_current") or "null"
    values = {
        "dbt_scd_id": f"md5({' || '.join(parts)})",
        "dbt_updated_at": time,
        "dbt_valid_from": time,
        "dbt_valid_to": f"coalesce(nullif({time}, {time}), {current})",
        "dbt_is_deleted": "'False'",
    }
    added = ", ".join(
        f"{value} as {exp.to_identifier(names[name], quoted=True).sql(dialect)}"
        for name, value in values.items()
    )
    return f"select *, {added} from (\n{sql}\n) as snapshot_query"


def without_guesses(table: TableLineage, node: Record) -> TableLineage:
    """Return a snapshot's lineage; dbt's added columns are untraced if the project has its own
    strategy.
    """
    strategy = node.record("config").text("strategy")
    if strategy in _STRATEGIES:
        return table
    names = {name.lower() for name in _snapshot_column_names(node).values()}
    reason = f"the snapshot strategy {strategy} is none of dbt's own"
    columns = tuple(
        ColumnLineage(column.column, Kind.UNTRACED, (), (reason,))
        if column.column.lower() in names
        else column
        for column in table.columns
    )
    return replace(table, columns=columns)


def _snapshot_column_names(node: Record) -> dict[str, str]:
    """Return the names of the columns that dbt adds, by their default names."""
    renamed = node.record("config").record("snapshot_meta_column_names").values
    return {name: str(renamed.get(name) or name) for name in _SNAPSHOT_COLUMNS}
