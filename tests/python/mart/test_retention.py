"""Text as it landed is emptied in time, and nothing else changes by it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.landed.duckdb_plugin import give_key
from logmart.landed.identifiers import IdKey
from logmart.mart.replay import count_outdated
from mart_runs import KEY, Mart, app_event, copy_project

RETENTION = (("raw_text_retention_days", 30), ("horizon_days", 30))
RUN = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
pytestmark = pytest.mark.deep
STATE = {
    "userId": "u1",
    "createdAt": "2026-01-01T00:00:00Z",
    "status": "active",
    "marketingConsent": True,
    "updatedAt": "2026-01-01T00:00:00Z",
    "segment": "mass",
    "note": "old secret",
}


def event(day: str, properties: Any, **fields: Any) -> dict[str, Any]:
    return app_event(
        fields.pop("event_name", "app_opened"),
        properties,
        occurredAt=f"{day}T10:00:00Z",
        receivedAt=f"{day}T10:00:01Z",
        **fields,
    )


def land_old(mart: Mart) -> None:
    day = "2026-01-05"
    icon = {"launchSource": "icon"}
    mart.land(
        f"app/dt={day}/a.jsonl",
        [
            event(day, icon, eventId="a"),
            event(day, {**icon, "theme": "old secret"}, eventId="b"),
            event(day, {"launchSource": "old secret"}, eventId="c"),
            event(day, {"launchSource": 7, "campaignId": "c1"}, eventId="d"),
            event(day, {"note": "old secret"}, eventId="e", event_name="invented"),
            '{"eventName": "old secret',
        ],
    )
    odd = {**STATE, "userId": "u2", "status": "old secret"}
    mart.land(f"bank/dt={day}/users.jsonl", [STATE, odd, "old secret"])


def land_new(mart: Mart) -> None:
    """Land text that is kept, and copies of events whose text is gone, received before them."""
    day = "2026-03-31"
    mart.land(f"app/dt={day}/a.jsonl", [event(day, {"launchSource": "new secret"}, eventId="z")])
    early = event("2026-01-04", {"launchSource": "icon"}, eventId="b")
    mart.land("app/dt=2026-01-05/late.jsonl", [early])
    mart.land(f"bank/dt={day}/users.jsonl", [{**STATE, "userId": "u3", "note": "new secret"}])


def outside(mart: Mart) -> dict[str, list[Any]]:
    """Return the rows of all tables and views outside of restricted, sorted, but for those that
    remember runs."""
    nodes = json.loads((mart.target_path / "manifest.json").read_bytes())["nodes"].values()
    remembering = {
        (node["schema"], node["alias"])
        for node in nodes
        if node["config"].get("meta", {}).get("remembers_runs")
    }
    with duckdb.connect(str(mart.database), read_only=True) as connection:
        give_key(connection, IdKey(KEY.encode()))
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema <> 'restricted' order by all"
        ).fetchall()
        return {
            f"{schema}.{name}": connection.execute(
                f"select columns(lambda c: c not in ('load_number', 'size_bytes', 'dbt_scd_id'))"
                f' from "{schema}"."{name}" order by all'
            ).fetchall()
            for schema, name in names
            if (schema, name) not in remembering
        }


def restricted(mart: Mart) -> str:
    tables = mart.query(
        "select table_name from information_schema.tables where table_schema = 'restricted'"
    )
    return str([mart.query(f"from restricted.{name}") for (name,) in tables])


@pytest.fixture(scope="module")
def kept_for_ever(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    mart = Mart(
        tmp_path_factory.mktemp("kept"),
        record_sources=("bank",),
        variables=(("raw_text_retention_days", None), ("horizon_days", 30)),
    )
    land_old(mart)
    land_new(mart)
    mart.build(*RUN)
    return mart


@pytest.fixture(scope="module")
def in_runs(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    mart = Mart(tmp_path_factory.mktemp("runs"), record_sources=("bank",), variables=RETENTION)
    land_old(mart)
    mart.build(*RUN)
    assert "old secret" in restricted(mart)
    land_new(mart)
    mart.build(*RUN)
    return mart


def test_old_text_is_gone_and_new_text_is_not(kept_for_ever: Mart, in_runs: Mart) -> None:
    assert "old secret" in restricted(kept_for_ever)
    text = restricted(in_runs)
    assert "old secret" not in text
    assert "new secret" in text


def test_what_a_source_lands_ends_the_text_of_no_other(tmp_path: Path) -> None:
    mart = Mart(tmp_path, record_sources=("bank",), variables=RETENTION)
    land_old(mart)
    day = "2026-03-31"
    mart.land(f"app/dt={day}/a.jsonl", [event(day, {"launchSource": "icon"}, eventId="z")])
    mart.build(*RUN)
    rows = "select count(*) from restricted.{} where concat(properties, raw_line) like '%secret%'"
    assert mart.query(rows.format("base_app__events")) == [(0,)]
    assert mart.query(rows.format("base_bank__users")) == [(3,)]


def test_verdicts_and_typed_columns_stay_what_they_are(kept_for_ever: Mart, in_runs: Mart) -> None:
    due, found = outside(kept_for_ever), outside(in_runs)
    assert {name for name in due if due[name] != found[name]} == set()
    assert due["intermediate.int_judged_events"]


def test_a_full_refresh_is_the_same_and_runs_again_as_well(in_runs: Mart) -> None:
    before, text = outside(in_runs), restricted(in_runs)
    in_runs.build(*RUN)
    assert outside(in_runs) == before
    in_runs.build("--full-refresh", *RUN)
    assert {name for name, rows in outside(in_runs).items() if rows != before[name]} == set()
    assert "old secret" not in restricted(in_runs)
    assert len(restricted(in_runs)) == pytest.approx(len(text), rel=0.1)


def test_a_replay_counts_what_it_cannot_judge_again(in_runs: Mart, tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    events = project / "models/staging/app/_app__events.yml"
    text = events.read_text(encoding="utf-8")
    events.write_text(text.replace("allowed: [icon, push", "allowed: [tile, push"), "utf-8")
    changed = replace(in_runs, project=project)
    changed.build("--select", "+int_judged_events", *RUN)
    assert count_outdated(changed.database) == 5
    rows = changed.query(
        "select violations from intermediate.int_judged_events where event_id = 'a'"
    )
    assert rows == [([],)]
    assert json.dumps(rows)
