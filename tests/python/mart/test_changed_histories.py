"""Builds that leave unchanged nodes out hold what builds of all nodes hold, at every step."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from comparison import COLUMNS_OF_LOADS
from logmart.__main__ import run
from logmart.environment import changed_environment
from mart_runs import KEY

pytestmark = pytest.mark.deep
STEPS = 4
VARIABLES = (
    {"late_after_hours": 30},
    {"session_timeout_minutes": 45},
    {"rejected_share_alert": 0.2},
    {"conversion_window_hours": 48},
    {"ledger_until": "2026-02-12 09:00:00"},
)


@dataclass(frozen=True)
class Desk:
    """A landing zone and the database that is built from it."""

    folder: Path
    runs_all: bool

    def build(self, variables: dict[str, object]) -> None:
        places = {
            "LOGMART_ID_KEY": KEY,
            "LOGMART_LANDING": str(self.folder / "landing"),
            "LOGMART_DATABASE": str(self.folder / "build/logmart.duckdb"),
            "LOGMART_PUBLISHED": str(self.folder / "logmart.duckdb"),
        }
        words = ["--vars", json.dumps(variables), "--target-path", str(self.folder / "target")]
        with changed_environment(places):
            run(["mart", "build", *words, *(["--run-all"] if self.runs_all else [])])

    def contents(self) -> dict[str, str]:
        """Return a hash of the rows of each table."""
        with duckdb.connect(str(self.folder / "build/logmart.duckdb"), read_only=True) as reader:
            tables = reader.execute(
                "select schema_name || '.' || table_name from duckdb_tables()"
                " where schema_name <> 'dbt_test__audit' order by 1"
            ).fetchall()
            return {table: _content(reader, table) for (table,) in tables}


def _content(reader: duckdb.DuckDBPyConnection, table: str) -> str:
    columns = [column[0] for column in reader.execute(f"from {table} limit 0").description or []]
    kept = ", ".join(f'"{name}"' for name in columns if name not in COLUMNS_OF_LOADS)
    rows = reader.execute(f"select count(*), sum(hash(t)) from (select {kept} from {table}) as t")
    return str(rows.fetchall()[0])


@pytest.mark.parametrize("seed", [1, 2])
def test_every_step_of_a_history_holds_the_rows_of_a_build_of_all_nodes(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    run(
        ["sample", "write", "--users", "60", "--days", "40", "--seed", str(seed)]
        + ["--out", str(tmp_path)]
    )
    days = sorted(
        {(path.parent.name, path.parent.parent.name) for path in tmp_path.glob("landing/*/dt=*/*")}
    )
    desks = [Desk(tmp_path / name, name == "all") for name in ("changed", "all")]
    first = [day for day in days if day[0] < "dt=2026-02-05"]
    later = [day for day in days if day not in first]
    chance.shuffle(later)
    variables: dict[str, object] = {}
    for step in range(STEPS):
        landed = first if step == 0 else [later.pop() for _ in range(chance.randint(0, 3))]
        if step and chance.random() < 0.5:
            variables |= chance.choice(VARIABLES)
        for day, source in landed:
            for desk in desks:
                origin, target = (
                    place / "landing" / source / day for place in (tmp_path, desk.folder)
                )
                shutil.copytree(origin, target)
        for desk in desks:
            desk.build(variables)
        changed, whole = (desk.contents() for desk in desks)
        different = sorted(name for name in whole if whole[name] != changed.get(name))
        assert different == [], (step, landed, variables)
