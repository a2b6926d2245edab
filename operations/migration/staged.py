"""Compares what a migration has landed with the staging models that the mart is built from.

The records of a table are `stg_<source>__<entity>` of the build database. A direct identifier is a
keyed hash there, so its hash is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logmart.errors import CommandError
from logmart.landed.identifiers import IdKeyError, load_id_key
from operations.migration.canonical import text_in_duckdb
from operations.migration.chunks import TablePlan
from operations.migration.landed_plan import PlannedEntity, PlannedProperty
from operations.migration.mapping import Column
from operations.migration.targets.duckdb_dialect import quoted, text_literal
from operations.migration.targets.duckdb_errors import clear_errors
from operations.migration.targets.landed_lines import DELETED

_HASH = (
    "left(sha256(getvariable('logmart_outer_block')"
    " || unhex(sha256(getvariable('logmart_inner_block') || encode({text})))), 32)"
)


@dataclass(frozen=True)
class StagedResult:
    """What the staging model of a table has: its rows, and why it is not what landed."""

    source_table: str
    entity: str
    rows: int
    faults: tuple[str, ...]


class StagedRecords:
    """The staging models of a source, beside a connection that has the landed rows."""

    def __init__(self, connection: Any, database: Path, source: str) -> None:
        """Attach the build database. Raises CommandError when it is not there, TransientError when
        it is in use.
        """
        self._connection = connection
        self._source = source
        if not database.is_file():
            raise CommandError(f"{database} is not there: build the mart with `make build` first")
        self._database = database
        # Its views name it so.
        self._name = quoted(database.stem)
        try:
            inner, outer = load_id_key(database).blocks()
        except IdKeyError as error:
            raise CommandError(str(error)) from error
        connection.execute("set variable logmart_inner_block = $block", {"block": inner})
        connection.execute("set variable logmart_outer_block = $block", {"block": outer})
        with clear_errors(database):
            connection.execute(f"attach {text_literal(str(database))} as {self._name} (read_only)")

    def compare(
        self, plan: TablePlan, entity: PlannedEntity | None, files: list[Path]
    ) -> StagedResult:
        """Compare the landed rows of a table, those of `plan`, with its staging model.

        In: `entity`, as the tracking plan has it; `files`, in the order of their landing.
        """
        table = plan.table
        if entity is None:
            fault = f"the tracking plan has no entity {self._source}.{table.target}"
            return StagedResult(table.source, table.target, 0, (fault,))
        planned = {each.name: each for each in entity.properties}
        faults = [
            f"{column.source} is not in the tracking plan, as property {column.target}"
            for column in table.columns
            if column.target not in planned
        ]
        if any(column.target not in planned for column in table.key_columns):
            return StagedResult(table.source, table.target, 0, tuple(faults))
        with clear_errors(self._database):
            faults += self._not_loaded(files)
            self._select(plan, entity, files)
            rows = self._one("select count(*) from staged_rows")
            faults += self._invalid()
            faults += self._differing(plan, planned)
        return StagedResult(table.source, table.target, rows, tuple(faults))

    def _not_loaded(self, files: list[Path]) -> list[str]:
        names = ", ".join(text_literal(path.name) for path in files)
        loaded = self._one(
            f"select count(*) from {self._name}.staging.base_{self._source}__files"
            f" where parse_filename(landing_file) in ({names or 'null'})"
        )
        missing = len(files) - loaded
        return [f"{missing} landed files are not loaded: run `make build`"] if missing else []

    def _select(self, plan: TablePlan, entity: PlannedEntity, files: list[Path]) -> None:
        """Make the table of the last record of each key, without tombstones."""
        names = ", ".join(text_literal(path.name) for path in files)
        planned = {each.name: each for each in entity.properties}
        keys = ", ".join(quoted(planned[each.target].column) for each in plan.table.key_columns)
        is_deleted = (
            f"coalesce(json_extract_string(base.properties, '$.{DELETED}') = 'true', false)"
        )
        if DELETED in planned:
            is_deleted = f"coalesce({quoted(planned[DELETED].column)}, false)"
        model = f"{self._source}__{entity.name}"
        self._connection.execute(
            "create or replace temp table staged_rows as select * from (select staged.*,"
            f" {is_deleted} as is_tombstone, row_number() over (partition by {keys}"
            " order by parse_filename(staged.landing_file) desc, staged.line_number desc) as place"
            f" from {self._name}.staging.stg_{model} as staged"
            f" inner join {self._name}.restricted.base_{model} as base"
            " using (landing_file, line_number)"
            f" where parse_filename(staged.landing_file) in ({names or 'null'})"
            " and not list_contains(staged.violations, 'erased'))"
            " where place = 1 and not is_tombstone"
        )

    def _invalid(self) -> list[str]:
        rows = self._connection.execute(
            "select violation, count(*) from (select unnest(violations) as violation"
            " from staged_rows) group by violation order by violation"
        ).fetchall()
        return [f"{count} records violate the plan: {violation}" for violation, count in rows]

    def _differing(self, plan: TablePlan, planned: dict[str, PlannedProperty]) -> list[str]:
        compared = [column for column in plan.table.columns if column.target in planned]
        expected = ", ".join(
            f"{_expected(plan, column, planned[column.target])} as e{number}"
            for number, column in enumerate(compared)
        )
        staged = ", ".join(
            f"{quoted(planned[column.target].column)} as s{number}"
            for number, column in enumerate(compared)
        )
        same = " and ".join(
            f"e{number} is not distinct from s{number}"
            for number, column in enumerate(compared)
            if column in plan.table.key_columns
        )
        tests = ", ".join(
            f"count(*) filter (where is_landed and is_staged and {test}) as d{number}"
            for number, test in enumerate(
                _test(plan, column, planned[column.target], number)
                for number, column in enumerate(compared)
            )
        )
        row = self._connection.execute(
            "select count(*) filter (where is_staged is null),"
            f" count(*) filter (where is_landed is null), {tests}"
            f" from (select {expected}, true as is_landed from {quoted(plan.table.target)})"
            f" full join (select {staged}, true as is_staged from staged_rows) on {same}"
        ).fetchall()[0]
        missing, extra, *counts = (int(count) for count in row)
        faults = [f"{missing} landed rows are not in the staging model"] if missing else []
        faults += [f"{extra} rows of the staging model have not landed"] if extra else []
        faults += [
            f"{count} values of {column.source} differ in the staging model"
            for column, count in zip(compared, counts, strict=True)
            if count
        ]
        return faults

    def _one(self, query: str) -> int:
        return int(self._connection.execute(query).fetchall()[0][0])


def _expected(plan: TablePlan, column: Column, planned: PlannedProperty) -> str:
    kind, value = plan.kind(column), quoted(column.target)
    if planned.is_hashed:
        return _HASH.format(text=text_in_duckdb(kind, value))
    if kind.name == "timestamptz":
        # Staging models have UTC, without a zone.
        return f"make_timestamp(epoch_us({value}))"
    return value


def _test(plan: TablePlan, column: Column, planned: PlannedProperty, number: int) -> str:
    """Return the test of a value that differs, after a cast of either one to the other's type."""
    if planned.is_hashed:
        return f"e{number} is distinct from s{number}"
    kind = plan.kind(column)
    mapped = "timestamp" if kind.name == "timestamptz" else kind.type
    return (
        f"(try_cast(e{number} as {planned.data_type}) is distinct from s{number}"
        f" or try_cast(s{number} as {mapped}) is distinct from e{number})"
    )
