"""The benchmark's script by hand makes the core as the models do, and its comparison sees it."""

from pathlib import Path

import duckdb
import pytest

from benchmarks.mart.by_hand import build
from benchmarks.mart.compare import CORE, compare
from benchmarks.mart.make_landing import Landing, land_next_day, make_landing, planned_project
from mart_runs import KEY, NO_ARTIFACTS, NO_UNIT_TESTS, Mart, app_event

MODELS = (
    *("build", "--exclude-resource-type", "test", *NO_UNIT_TESTS, NO_ARTIFACTS),
    *("--select", *(f"+{table}" for table in CORE)),
)
AT = {"occurredAt": "2026-02-10T01:00:00.000Z", "receivedAt": "2026-02-10T01:00:05.000Z"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    """Return the landing zone of a world of 45 days and 18 events, and the project for it."""
    folder = tmp_path_factory.mktemp("by_hand")
    landing = Landing(6_000, days=44, planned=18)
    make_landing(folder, landing, workers=1)
    land_next_day(folder)
    planned_project(folder / "project", landing)
    mart = Mart(folder, record_sources=("bank", "crm"), project=folder / "project")
    mart.land("app/dt=2026-02-10/events-odd.jsonl.gz", _odd_lines())
    return mart


@pytest.fixture(scope="module")
def by_hand(world: Mart) -> Path:
    """Return the database of the script."""
    database = world.folder / "by_hand" / "logmart.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOGMART_ID_KEY", KEY)
        build(world.landing, database)
    return database


def _odd_lines() -> list[str | bytes | dict[str, object]]:
    """Return lines of kinds that the generator does not make."""
    screen = {"screenName": "home", "theme": "dark", "zoom": 1.5, "user@x": ["y"]}
    return [
        app_event("screen_viewed", screen, **AT),
        app_event("screen_viewed", screen | {"durationMs": -1}, eventId="e2", **AT),
        app_event("signup_started", {}, eventId="e3", **AT),
        app_event("signup_started", None, eventId="e4", **AT),
        app_event("opened_by_u_00000001", {"a": "b"}, eventId="e5", userId="u_00000001", **AT),
        app_event("screen_viewed", {"screenName": "x"}, eventId="e6", platform="Mozilla/5.0", **AT),
        app_event("screen_viewed", {"screenName": "x"}, eventId="e7", appVersion="123456", **AT),
        app_event(
            "screen_viewed", {"screenName": "x"}, eventId="e8", **AT | {"occurredAt": "yesterday"}
        ),
        app_event("screen_viewed", {"screenName": "x"}, eventId="", **AT),
        b'{"eventId":"e9","properties":{"screenName":"\xec\x86',
        "[1, 2]",
        "",
        app_event("app_opened", {"launchSource": "icon"}, eventId="e10", deviceId=None, **AT),
        app_event("bench_001", {"screenName": 7}, eventId="e11", **AT),
        app_event("unplanned", {}, eventId="e12", userId="Undefined", **AT),
        app_event("unplanned", {}, eventId="e13", deviceId="0", **AT),
    ]


# The models of 18 events are parsed and built for the benchmark's script alone. Every run of the
# tests builds the script's tables and compares them, below.
@pytest.mark.deep
def test_the_script_makes_the_rows_of_the_models(world: Mart, by_hand: Path) -> None:
    results = world.dbt(*MODELS)
    assert {str(result.status) for result in results} <= {"success", "no-op"}
    tables = compare(world.database, by_hand)
    assert [table.sentence() for table in tables if table.is_different] == []
    counts = {table.table: table.counts[0] for table in tables}
    assert set(counts) == set(CORE)
    assert all(counts.values())


@pytest.mark.parametrize(
    "change",
    [
        "delete from marts.fct_sessions where started_at = (select max(started_at) from"
        " marts.fct_sessions)",
        "insert into marts.fct_sessions from marts.fct_sessions limit 1",
        "update marts.fct_sessions set platform = 'none'",
        "alter table marts.fct_sessions drop column platform",
        "drop table marts.fct_sessions",
    ],
)
def test_a_table_that_differs_is_told(change: str, by_hand: Path, tmp_path: Path) -> None:
    changed = tmp_path / "logmart.duckdb"
    changed.write_bytes(by_hand.read_bytes())
    with duckdb.connect(str(changed)) as connection:
        connection.execute(change)
    told = [table for table in compare(by_hand, changed) if table.is_different]
    assert [table.table for table in told] == ["fct_sessions"]
    assert told[0].sentence().startswith("fct_sessions: ")
