"""dbt's own commands as people type them: each does what it says, or stops and says why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from mart_runs import KEY, PROJECT, copy_project

pytestmark = pytest.mark.deep
BUILD = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")


@dataclass(frozen=True)
class Desk:
    """A copy of the project with a sample, its database and its artifacts."""

    project: Path
    database: Path

    @property
    def target(self) -> Path:
        return self.project / "target"

    def dbt(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Return the exit code and what was printed."""
        done = subprocess.run(
            [Path(sys.executable).with_name("dbt"), "--no-use-colors", *arguments],
            cwd=self.project,
            env={
                **os.environ,
                "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
                "LOGMART_PROJECT": str(PROJECT),
                "LOGMART_ID_KEY": KEY,
                "LOGMART_LANDING": str(self.project / "data/landing"),
                "LOGMART_DATABASE": str(self.database),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def works(self, *arguments: str) -> str:
        code, printed = self.dbt(*arguments)
        assert code == 0, printed
        return printed

    def tables(self) -> dict[str, int]:
        """Return the row count of every table."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            names = connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables()"
            ).fetchall()
            return {
                name: connection.execute(f"select count(*) from {name}").fetchall()[0][0]
                for (name,) in names
            }


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    project = copy_project(tmp_path_factory.mktemp("project"))
    subprocess.run(
        [sys.executable, "-m", "logmart", "sample", "write", "--out", str(project / "data")]
        + ["--users", "30", "--days", "10", "--seed", "5"],
        cwd=PROJECT,
        check=True,
    )
    desk = Desk(project, project / "data/build/logmart.duckdb")
    desk.works(*BUILD)
    return desk


def test_ls_lists(desk: Desk) -> None:
    assert "logmart.marts.payments.dim_users\n" in desk.works("ls", "--resource-type", "model")


def test_parse_and_compile_write_artifacts(desk: Desk) -> None:
    desk.works("parse")
    assert "select * from " in desk.works("compile", "--select", "dim_users")


@pytest.mark.parametrize(
    ("key", "arguments"),
    [
        ("user_id", ("--select", "dim_users")),
        # An incremental model is shown as the next run would load it, which is nothing: whole is
        # asked for by name.
        ("session_id", ("--select", "fct_sessions", "--full-refresh")),
        ("session_id", ("--inline", "select * from {{ ref('fct_sessions') }}")),
    ],
)
def test_show_shows_rows(desk: Desk, key: str, arguments: tuple[str, ...]) -> None:
    printed = desk.works(
        "show", *arguments, "--limit", "2", "--output", "json", "--log-format", "text"
    )
    rows = json.loads(printed[printed.index("{") :])["show"]
    assert len(rows) == 2
    assert all(row[key] for row in rows)


@pytest.mark.parametrize(
    "arguments",
    [
        ("snapshot",),
        ("seed",),
        ("run", "--select", "dim_users"),
        ("test", "--select", "dim_users"),
        ("run-operation", "expire_raw_text"),
        ("docs", "generate"),
        ("source", "freshness"),
        ("clone", "--state", "{target}"),
        ("retry",),
    ],
    ids=" ".join,
)
def test_a_command_typed_after_a_build_changes_no_count_of_rows(
    desk: Desk, arguments: tuple[str, ...]
) -> None:
    before = desk.tables()
    desk.works(*(each.replace("{target}", str(desk.target)) for each in arguments))
    assert desk.tables() == before


def test_docs_generate_describes_what_was_built(desk: Desk) -> None:
    desk.works("docs", "generate")
    catalog = json.loads((desk.target / "catalog.json").read_bytes())
    assert "model.logmart.dim_users" in catalog["nodes"]


def test_a_later_now_makes_sources_stale(desk: Desk) -> None:
    """The sample is fresh as of its own last day, on whatever day that is asked."""
    desk.works("source", "freshness")
    code, printed = desk.dbt("source", "freshness", "--vars", "{now: '2026-03-01 00:00:00'}")
    assert code == 1
    assert printed.count("ERROR STALE freshness of ") == 3


@pytest.mark.parametrize("command", ["build", "run"])
@pytest.mark.parametrize("option", ["--empty", "--sample=3 days"])
def test_a_part_of_the_data_is_refused_and_nothing_is_touched(
    desk: Desk, command: str, option: str
) -> None:
    before = desk.tables()
    code, printed = desk.dbt(command, option)
    assert code != 0
    assert f"{option.partition('=')[0]} is not for this project: " in printed
    assert desk.tables() == before


def test_clone_into_a_database_of_its_own_fails_and_makes_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    """A copy of a DuckDB file is a clone; dbt's only reaches what is in the same file."""
    database = tmp_path / "logmart.duckdb"
    code, printed = desk.dbt("clone", "--state", str(desk.target), LOGMART_DATABASE=str(database))
    assert code == 1
    assert "Table with name dim_users does not exist" in printed
    assert Desk(desk.project, database).tables().keys() <= {"restricted.id_key_check"}


def test_retry_goes_on_where_a_build_failed(desk: Desk) -> None:
    stray = desk.project / "data/landing/app/dt=2026-13-45/events.jsonl"
    stray.parent.mkdir()
    stray.write_text("{}\n")
    code, printed = desk.dbt(*BUILD)
    assert code == 1
    assert "dt=2026-13-45/events.jsonl is not in a folder dt=YYYY-MM-DD" in printed
    stray.unlink()
    stray.parent.rmdir()
    assert "Completed successfully" in desk.works("retry")
    assert "Nothing to do" in desk.works("retry")


def test_clean_removes_artifacts_and_no_data(desk: Desk) -> None:
    """Last of all."""
    before = desk.tables()
    desk.works("clean")
    assert not desk.target.exists()
    assert desk.tables() == before
    assert list((desk.project / "data/landing").rglob("*.jsonl.gz"))
