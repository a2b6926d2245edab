"""Incidents are found by the beginning of their id, in what a watch or a build last saw."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from logmart.errors import CommandError
from logmart.operations.acknowledge import acknowledge
from logmart.operations.acknowledge import main as acknowledge_main
from logmart.operations.incident_list import Incident, find_incident, read_incidents, table
from logmart.operations.incident_list import main as list_main
from logmart.settings import Settings

OPENED = datetime(2026, 3, 1, 20, 5)
ROOT = Incident(
    *("8a2f6100", "open", "critical", "payments", "model", "fct_transfers"),
    *("Binder Error: no column a", 31, OPENED, None),
)
KNOWN = Incident(
    *("8a2f77", "acknowledged", "warning", "growth", "exposure", "growth_scorecard"),
    *("late", 1, OPENED, "Kim"),
)
OVER = Incident(
    *("c0ffee", "resolved", "warning", "crm", "source", "crm", None, 1, OPENED, None),
)


def write(relation: str, *incidents: Incident) -> str:
    """Return the SQL that makes a table of incidents."""
    rows = ", ".join(
        f"('{one.incident_id}', '{one.incident_state}', '{one.severity}', '{one.owner}',"
        f" '{one.subject_kind}', '{one.subject}', {_text(one.observed)}, {one.affected_count},"
        f" timestamp '{one.opened_at}', {_text(one.acknowledged_by)})"
        for one in incidents
    )
    names = (
        "incident_id, incident_state, severity, owner, subject_kind, subject, observed,"
        " affected_count, opened_at, acknowledged_by"
    )
    return f"create table {relation} as select * from (values {rows}) as t({names})"


def _text(value: str | None) -> str:
    return "null::varchar" if value is None else f"'{value}'"


def publish(path: Path, *incidents: Incident) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(write("marts.incidents", *incidents))


def keep(paths: Settings, *incidents: Incident) -> None:
    """Write what a watch keeps of the incidents."""
    folder = paths.database.parent / "watch"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(write("incidents", *incidents))
        connection.table("incidents").write_parquet(str(folder / "incidents.parquet"))


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    paths = Settings(
        tmp_path / "landing", tmp_path / "build/logmart.duckdb", tmp_path / "logmart.duckdb"
    )
    for name in ("landing", "database", "published"):
        monkeypatch.setenv(f"LOGMART_{name.upper()}", str(getattr(paths, name)))
    return paths


def actions(paths: Settings) -> list[dict[str, str]]:
    files = sorted(paths.landing.glob("operations/dt=*/actions-*.jsonl"))
    return [json.loads(file.read_text("utf-8")) for file in files]


def test_a_beginning_that_one_incident_has_is_enough() -> None:
    assert find_incident([[ROOT, KNOWN, OVER]], "8a2f6") == ROOT
    with pytest.raises(CommandError, match="^2 incidents begin with '8a2f': give more of the id$"):
        find_incident([[ROOT, KNOWN, OVER]], "8a2f")


@pytest.mark.parametrize("prefix", ["", "9", "8A2F61", "8a2f6100f"])
def test_an_unknown_incident_is_one_clear_line(prefix: str) -> None:
    with pytest.raises(CommandError, match="^no incident '.*': `logmart operations incidents`"):
        find_incident([[ROOT], [KNOWN]], prefix)


def test_the_newer_of_the_two_lists_says_how_an_incident_stands(paths: Settings) -> None:
    keep(paths, ROOT, KNOWN)
    publish(paths.published, OVER)
    kept = paths.database.parent / "watch/incidents.parquet"
    for watch_time, expected in (
        (2_000_000_000, [[ROOT, KNOWN], [OVER]]),
        (1, [[OVER], [ROOT, KNOWN]]),
    ):
        os.utime(kept, (watch_time, watch_time))
        assert read_incidents(paths) == expected
    assert find_incident(read_incidents(paths), "8a2f61") == ROOT


def test_a_mart_without_incidents_is_left_out(paths: Settings) -> None:
    with duckdb.connect(str(paths.published)) as connection:
        connection.execute("create schema marts")
    assert read_incidents(paths) == []


def test_the_table_shows_the_worst_first_and_ids_that_differ() -> None:
    assert table([KNOWN, ROOT]).splitlines() == [
        "incident  severity  owner     subject                    observed"
        "                   affected  since                 state",
        "8a2f6100  critical  payments  model fct_transfers        Binder Error: no column a"
        "  31        2026-03-01 20:05 UTC  open",
        "8a2f77    warning   growth    exposure growth_scorecard  late"
        "                       1         2026-03-01 20:05 UTC  acknowledged by Kim",
    ]


def test_only_what_is_not_resolved_is_listed(
    paths: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="no watch and no build yet"):
        list_main.main([], standalone_mode=False)
    publish(paths.published, OVER)
    list_main.main([], standalone_mode=False)
    assert capsys.readouterr().out == "no incident is open\n"
    keep(paths, ROOT, OVER)
    list_main.main([], standalone_mode=False)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "incident",
        "8a2f6100",
    ]


def test_acknowledging_lands_a_record(paths: Settings) -> None:
    publish(paths.published, ROOT)
    arguments = ["8a2f", "--by", "Kim\nLee", "--note", "reverting the column"]
    done = CliRunner().invoke(acknowledge_main, arguments)
    assert done.output == "Kim Lee acknowledged model fct_transfers; the next watch knows\n"
    (record,) = actions(paths)
    assert len(record.pop("actionId")) == 32
    occurred = datetime.fromisoformat(record.pop("occurredAt"))
    assert abs((datetime.now(UTC) - occurred).total_seconds()) < 60
    assert record == {
        "action": "acknowledge",
        "incidentId": "8a2f6100",
        "subjectKind": "model",
        "subject": "fct_transfers",
        "outcome": "succeeded",
        "actor": "Kim Lee",
        "reason": "reverting the column",
    }


def test_without_a_name_the_user_of_the_machine_acknowledges(
    paths: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "operator")
    publish(paths.published, ROOT)
    assert CliRunner().invoke(acknowledge_main, ["8a2f61"]).exit_code == 0
    (record,) = actions(paths)
    assert record["actor"] == "operator"
    assert "reason" not in record


def test_a_resolved_incident_is_not_acknowledged(paths: Settings) -> None:
    with pytest.raises(CommandError, match="incident c0ffee is resolved"):
        acknowledge(paths.landing, OVER, "Kim", "", datetime.now(UTC))
    assert not paths.landing.exists()
