"""Customers of an old bank are landed, built into the mart, proved there by value, caught up."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.operations_script import PYTHON, REMEDY
from mart_runs import KEY, PROJECT, Mart

pytestmark = [
    # It builds a part of the mart three times.
    pytest.mark.deep,
    pytest.mark.skipif(not PYTHON.exists(), reason=f"the proof of a migration: {REMEDY}"),
]

CUSTOMERS = """\
user_id,birth_year,region,segment,user_status,has_marketing_consent,created_at,updated_at
u_0001,1990,KR-11,mass,active,true,2026-01-01T00:00:00.000001Z,2026-02-01T00:00:00Z
u_0002,,KR-26,,dormant,false,2026-01-02T09:00:00+09:00,2026-02-02T00:00:00Z
u_0003,1985,KR-11,premium,closed,true,2026-01-03T00:00:00Z,2026-02-03T00:00:00Z
"""
TYPES = {
    "birth_year": "smallint",
    "has_marketing_consent": "boolean",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
}


class Migration:
    """A folder of the old bank's files, and the mart that they are landed for."""

    def __init__(self, mart: Mart) -> None:
        self.mart = mart
        self.files = mart.folder / "old"
        self.files.mkdir(parents=True)
        self.mapping = mart.folder / "mapping.yml"

    def write(self, text: str) -> None:
        (self.files / "users.csv").write_text(text, encoding="utf-8")

    def migrate(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PYTHON, "-m", "operations.migration", *words, "--mapping", self.mapping],
            cwd=PROJECT,
            env={
                **os.environ,
                "OLD_BANK": str(self.files),
                "LOGMART_ID_KEY": KEY,
                "LOGMART_LANDING": str(self.mart.landing),
                "LOGMART_DATABASE": str(self.mart.database),
                "LOGMART_MIGRATION": str(self.mart.folder / "migration"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self) -> None:
        self.mart.build("--select", "+stg_bank__users", "base_bank__files", "+migrated_tables")

    def report(self) -> dict[str, Any]:
        self.migrate("report")
        path = self.mart.folder / "migration" / "report.json"
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return report


def _review(mapping: Path) -> None:
    """Give the columns their types, and the table its key, as a person does."""
    text = mapping.read_text(encoding="utf-8").replace("key: []", "key: [user_id]")
    for column, type_name in TYPES.items():
        text = text.replace(
            f"source: {column}, type: varchar", f"source: {column}, type: {type_name}"
        )
    mapping.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Migration:
    mart = Mart(tmp_path_factory.mktemp("bank"), record_sources=("bank",), has_operations=True)
    migration = Migration(mart)
    migration.write(CUSTOMERS)
    written = migration.migrate("map", "--from", "files:OLD_BANK", "--to", "landing:bank")
    assert written.returncode == 0, written.stderr
    _review(migration.mapping)
    done = migration.migrate("run")
    assert done.returncode == 0, done.stderr
    migration.build()
    return migration


def test_what_landed_is_proved_in_the_staging_model(migrated: Migration) -> None:
    verified = migrated.migrate("verify", "--final")
    assert verified.returncode == 0, verified.stderr
    report = migrated.report()
    assert report["isReady"], report["verdict"]
    assert report["verification"]["tables"][0]["stagedRows"] == 3
    for name in ("u_0001", "1990"):
        assert name not in json.dumps(report)


def test_a_record_that_is_not_built_yet_is_no_proof(migrated: Migration) -> None:
    migrated.write(
        CUSTOMERS.replace("u_0002,,KR-26,,dormant", "u_0002,1970,KR-26,,active").replace(
            "u_0003,1985,KR-11,premium,closed", "u_0004,1985,KR-11,gold,closed"
        )
    )
    assert migrated.migrate("run").returncode == 0
    refused = migrated.migrate("verify", "--final")
    assert refused.returncode == 1
    assert "1 landed files are not loaded: run `make build`" in refused.stderr
    assert "u_000" not in refused.stderr
    migrated.build()
    refused = migrated.migrate("verify", "--final")
    # The plan does not know the segment; the deleted customer is none of the three.
    assert "1 records violate the plan: not_allowed:segment" in refused.stderr
    assert not migrated.report()["isReady"]
    migrated.write(
        (migrated.files / "users.csv").read_text(encoding="utf-8").replace("gold", "mass")
    )
    assert migrated.migrate("run").returncode == 0
    migrated.build()
    verified = migrated.migrate("verify", "--final")
    assert verified.returncode == 0, verified.stderr
    table = migrated.report()["verification"]["tables"][0]
    assert (table["stagedRows"], table["stagedFaults"]) == (3, [])
    assert migrated.mart.query(
        "select migration_status, source_row_count, verified_at is not null from"
        " marts.migrated_tables"
    ) == [("copied", 3, True)]


def test_a_value_that_is_another_one_in_the_staging_model_is_named(migrated: Migration) -> None:
    with duckdb.connect(str(migrated.mart.database)) as connection:
        connection.execute(
            "update restricted.base_bank__users set properties ="
            " replace(properties, '\"birthYear\":1990', '\"birthYear\":1991')"
        )
    refused = migrated.migrate("verify", "--final")
    assert "1 values of birth_year differ in the staging model" in refused.stderr
