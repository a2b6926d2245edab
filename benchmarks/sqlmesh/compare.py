"""Compares the rows of two databases, model by model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

# SQLMesh does not number its loads and restatements, so these columns are not compared.
NOT_SHARED = {"load_number", "restatement_number"}
MODELS = [
    "restricted.base_app__events",
    "intermediate.int_judged_events",
    "intermediate.int_business_dates",
    "intermediate.int_sessionized_events",
    "intermediate.int_user_days",
    "marts.active_users_daily",
]


@dataclass(frozen=True)
class Difference:
    """How many rows a model has here and there, and how many of each the other has not."""

    model: str
    column_count: int
    here: int
    there: int
    here_only: int
    there_only: int

    @property
    def is_equal(self) -> bool:
        """Return whether both have the same rows."""
        return self.here == self.there and not self.here_only and not self.there_only


def compare(here: Path, there: Path) -> list[Difference]:
    """Compare the models of two databases, on all columns but NOT_SHARED.

    Rows are compared by a hash of 64 bits. Each file is attached by its stem, under which the views
    of SQLMesh look for their tables; two files of the same stem need no views.
    """
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '8GB'")
        names = {here: here.stem, there: there.stem if there.stem != here.stem else "rebuilt"}
        for path, name in names.items():
            connection.execute(f"attach '{path}' as {name} (read_only)")
        return [_difference(connection, model, names[here], names[there]) for model in MODELS]


def _difference(
    connection: duckdb.DuckDBPyConnection, model: str, here: str, there: str
) -> Difference:
    columns = [
        str(row[0])
        for row in connection.execute(f"describe {here}.{model}").fetchall()
        if row[0] not in NOT_SHARED
    ]
    listed = ", ".join(columns)

    def count(sql: str) -> int:
        [(number,)] = connection.execute(f"select count(*) from {sql}").fetchall()
        return int(number)

    def only(one: str, other: str) -> int:
        return count(
            f"(select hash({listed}) from {one}.{model}"
            f" except all select hash({listed}) from {other}.{model})"
        )

    return Difference(
        model,
        len(columns),
        count(f"{here}.{model}"),
        count(f"{there}.{model}"),
        only(here, there),
        only(there, here),
    )


def late_lines(rebuilt: Path, peer: Path) -> tuple[int, int]:
    """Return the number of landed lines that the peer lacks, and the number of their files."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{rebuilt}' as rebuilt (read_only)")
        connection.execute(f"attach '{peer}' as {peer.stem} (read_only)")
        [(lines, files)] = connection.execute(
            "select count(*), count(distinct landing_file)"
            " from rebuilt.restricted.base_app__events as landed"
            f" anti join {peer.stem}.restricted.base_app__events as loaded"
            " using (landing_file, line_number)"
        ).fetchall()
    return int(lines), int(files)
