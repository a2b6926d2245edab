"""A landing zone that holds every hostile file at once, beside the same zone without them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.landed.text_files import LONGEST_LINE_BYTES
from logmart.mart.publish import publish
from mart_runs import Mart, Row, app_event

pytestmark = pytest.mark.deep
DAYS = ("2026-03-29", "2026-03-30", "2026-03-31")
LAST = f"app/dt={DAYS[-1]}"
ICON = {"launchSource": "icon"}
# What tells of landing itself: a hostile file is there, counted and found.
TOLD_OF_LANDING = {
    "fct_landed_files",
    "fct_rejected_events",
    "fct_rejected_records",
    "ingestion_findings",
    "ingestion_health_daily",
    "rejected_events_daily",
    "unplanned_registry",
}
METRICS_OF_LANDING = (
    "received_events",
    "rejected_events",
    "rejected_share",
    "late_events",
    "late_share",
)


def event(name: str, properties: Any, event_id: str, day: str, **fields: Any) -> dict[str, Any]:
    moment = f"{day}T10:00:00Z"
    given = {"occurredAt": moment, "receivedAt": moment, **fields}
    return app_event(name, properties, eventId=event_id, **given)


def transfer(transfer_id: str, amount: int, event_id: str, day: str) -> dict[str, Any]:
    properties = {"transferId": transfer_id, "amount": amount, "bankCode": "004", "fee": 0}
    return event("transfer_completed", properties, event_id, day, platform="server", deviceId=None)


def entry(transfer_id: str, day: str, **fields: Any) -> dict[str, Any]:
    moment = f"{day}T10:00:00Z"
    told = {"bankCode": "004", "fee": 0, "status": "settled", "amount": 1000}
    times = {"createdAt": moment, "settledAt": moment}
    return {"transferId": transfer_id, "userId": "u1", **told, **times, **fields}


def land_sound(mart: Mart) -> None:
    for day in DAYS:
        opened = [event("app_opened", ICON, f"{day} {n}", day, userId=f"u{n}") for n in range(3)]
        mart.land(f"app/dt={day}/sound.jsonl.gz", [*opened, transfer(day, 1000, f"t {day}", day)])
        mart.land(f"bank/dt={day}/transfers.jsonl.gz", [entry(day, day)])
    state = {
        "userId": "u1",
        "createdAt": "2026-03-01T00:00:00Z",
        "updatedAt": "2026-03-01T00:00:00Z",
        "segment": "mass",
        "status": "active",
        "marketingConsent": True,
    }
    mart.land(f"bank/dt={DAYS[0]}/users.jsonl", [state])


def land_hostile(mart: Mart) -> int:
    """Land what tries to stop, wedge or poison a build; return how many lines that is."""
    day = DAYS[-1]
    lines: list[str | bytes | dict[str, Any]] = [
        "not json",
        '{"cut": ',
        b'{"eventId": "\xff',
        '{"logmart":"erased"}',
        event("screen_viewed", {"screenName": "x" * LONGEST_LINE_BYTES}, "long", day),
        event("screen_viewed", {"screenName": "h\ufffdme"}, "bytes", day),
        event("app_opened", ICON, "ahead", day, receivedAt="2036-03-31T10:00:00Z"),
        event("app_opened", {}, "rejected and ahead", day, receivedAt="2036-03-31T10:00:00Z"),
        event("app_opened", ICON, "both ahead", "2026-07-31"),
        event("app_opened", ICON, "no clock", day, occurredAt=f"{day}T10:00:00+24:00"),
        transfer("most 1", 2**63 - 1, "most 1", day),
        transfer("most 2", 2**63 - 1, "most 2", day),
        "\r",
        "\x01",
        "",
    ]
    mart.land(f"{LAST}/hostile.jsonl.gz", lines)
    # A line that the engine's reader does not take, between two that it does.
    mart.land(f"{LAST}/long.jsonl", ["short", "x" * 2_040_000, "short"])
    records: list[str | bytes | dict[str, Any]] = [
        {
            "amountKrw" if name == "amount" else name: value
            for name, value in entry("x", day).items()
        },
        entry("x", day, amount=0),
        entry("x", day, amount=2**63 - 1),
        entry("x", day, userId="u\ufffd"),
        "no record",
    ]
    mart.land(f"bank/dt={day}/transfers-hostile.jsonl", records)
    for name in ("0.jsonl.gz", "0.jsonl", ".0.parquet", "sound.jsonl.gz.part"):
        (mart.landing / LAST / name).touch()
    (mart.landing / LAST / "_temporary").mkdir()
    (mart.landing / LAST / "_temporary" / "0.parquet").write_bytes(b"no parquet")
    (mart.landing / LAST / "cut.jsonl.gz.tmp").write_bytes(gzip.compress(b"{}")[:-4])
    return len(lines) + 3 + len(records)


def figures(published: Path) -> dict[str, list[Row]]:
    """Return the published rows of every table that tells of more than landing."""
    with duckdb.connect(str(published), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        ).fetchall()
        return {
            name: connection.execute(
                f"select * from marts.{name}"
                + (
                    f" where metric not in {METRICS_OF_LANDING}"
                    if name in ("metrics_daily", "metric_restatements")
                    else ""
                )
                + " order by all"
            ).fetchall()
            for (name,) in tables
            if name not in TOLD_OF_LANDING
        }


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Mart]:
    zones = {}
    for name in ("sound", "hostile"):
        mart = Mart(tmp_path_factory.mktemp(name), record_sources=("bank",))
        land_sound(mart)
        if name == "hostile":
            land_hostile(mart)
        mart.build()
        publish(mart.database, mart.folder / "published" / "logmart.duckdb", mart.target_path)
        zones[name] = mart
    return zones


def test_a_zone_of_hostile_files_has_the_figures_of_the_same_zone_without_them(
    zones: dict[str, Mart],
) -> None:
    sound, hostile = (
        figures(zones[name].folder / "published" / "logmart.duckdb")
        for name in ("sound", "hostile")
    )
    assert sound.keys() == hostile.keys()
    assert {name for name, rows in sound.items() if rows != hostile[name]} == set()
    assert len(sound["fct_events"]) == len(DAYS) * 4


def test_every_hostile_line_is_counted_with_its_reason(
    zones: dict[str, Mart], tmp_path: Path
) -> None:
    count = land_hostile(Mart(tmp_path))
    query = "select sum(line_count), sum(valid_count), sum(rejected_count) from {}"
    ((sound_lines, sound_valid, _),) = zones["sound"].query(query.format("marts.fct_landed_files"))
    assert zones["hostile"].query(query.format("marts.fct_landed_files")) == [
        (sound_lines + count, sound_valid, count)
    ]
    rows = zones["hostile"].query(
        "select count(*) from (select violations from marts.fct_rejected_events union all"
        " select violations from marts.fct_rejected_records) where len(violations) = 0"
    )
    assert rows == [(0,)]


def test_a_build_of_the_same_zone_again_changes_nothing(zones: dict[str, Mart]) -> None:
    before = zones["hostile"].tables()
    zones["hostile"].build("--exclude-resource-type", "unit_test")
    after = zones["hostile"].tables()
    assert {name for name, rows in before.items() if rows != after[name]} == set()
