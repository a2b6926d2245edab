"""What may happen to a landing zone, and what the build makes of it."""

from __future__ import annotations

import codecs
import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from mart_runs import EVENTS, NO_ARTIFACTS, Mart, app_event, copied

BUILD = (*EVENTS, NO_ARTIFACTS)
OPENED = ("app_opened", {"launchSource": "icon"})


@pytest.fixture
def mart(tmp_path: Path) -> Mart:
    mart = Mart(tmp_path)
    mart.land("app/dt=2026-03-31/a.jsonl", [app_event(*OPENED)])
    return mart


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    mart = Mart(tmp_path_factory.mktemp("built") / "mart")
    mart.land("app/dt=2026-03-31/a.jsonl", [app_event(*OPENED)])
    mart.build(*BUILD)
    return mart


@pytest.fixture
def built(built_once: Mart, tmp_path: Path) -> Mart:
    """The landing zone of `mart`, built once."""
    return copied(built_once, tmp_path / "mart")


def test_a_file_that_changed_after_it_was_loaded_stops_the_build(built: Mart) -> None:
    built.land("app/dt=2026-03-31/a.jsonl", [app_event(*OPENED), app_event(*OPENED, eventId="e2")])
    message = built.failures("build", *BUILD)
    assert "app/dt=2026-03-31/a.jsonl had" in message
    assert "--full-refresh" in message
    built.build("--full-refresh", *BUILD)
    assert built.query("select count(*) from marts.fct_events") == [(2,)]


def test_a_file_that_is_cut_short_stops_the_build_and_is_named(mart: Mart) -> None:
    mart.land("app/dt=2026-03-31/cut.jsonl.gz", [app_event(*OPENED)])
    cut = mart.landing / "app/dt=2026-03-31/cut.jsonl.gz"
    cut.write_bytes(cut.read_bytes()[:-10])
    message = mart.failures("build", *BUILD)
    assert "cut.jsonl.gz cannot be read to its end" in message
    assert "land it again" in message


@pytest.mark.parametrize("names", [["b.jsonl", "c.jsonl.gz"], ["b.jsonl.gz", "c.jsonl"]])
def test_lines_that_are_not_utf8_keep_their_place_among_the_others(
    mart: Mart, names: list[str]
) -> None:
    broken = {1, 2, 700, 1023, 1024, 1025, 1026, 2500}
    lines = [
        b"\xff%d" % number if number in broken else app_event(*OPENED, eventId=f"e{number}")
        for number in range(1, 2501)
    ]
    for name in names:
        mart.land(f"{DAY}/{name}", [*lines])
    mart.land(f"{DAY}/d.jsonl", [b"\xff"])
    mart.build(*BUILD)
    numbers = mart.query(
        "select landing_file, line_number, event_id, raw_line from restricted.base_app__events"
        " where landing_file not like '%/a.jsonl' order by all"
    )
    assert numbers == [
        (
            f"{DAY}/{name}",
            number,
            f"{DAY}/{name}:{number}" if number in broken else f"e{number}",
            f"\ufffd{number}" if number in broken else None,
        )
        for name in names
        for number in range(1, 2501)
    ] + [(f"{DAY}/d.jsonl", 1, f"{DAY}/d.jsonl:1", "\ufffd")]


def test_an_earlier_copy_that_lands_later_takes_the_place_of_the_kept_one(built: Mart) -> None:
    early = app_event(*OPENED, receivedAt="2026-03-31T11:59:30Z")
    built.land("app/dt=2026-03-31/b.jsonl", [early])
    built.build(*BUILD)
    assert built.query(
        "select landing_file, is_duplicate from restricted.base_app__events order by landing_file"
    ) == [("app/dt=2026-03-31/a.jsonl", True), ("app/dt=2026-03-31/b.jsonl", False)]
    assert built.query("select landing_file from marts.fct_events") == [
        ("app/dt=2026-03-31/b.jsonl",)
    ]


def test_a_changed_rule_judges_the_events_again_that_it_was_for(mart: Mart) -> None:
    ahead = app_event(*OPENED, eventId="e2", occurredAt="2026-03-31T12:10:30Z")
    mart.land("app/dt=2026-03-31/ahead.jsonl", [ahead])
    mart.build(*BUILD)
    rejected = "select event_id from intermediate.int_rejected_events"
    assert mart.query(rejected) == [("e2",)]
    replace(mart, variables=(("future_tolerance_minutes", 11),)).build(*BUILD)
    assert mart.query(rejected) == []
    assert mart.query("select count(*) from marts.fct_events") == [(2,)]
    mart.build(*BUILD)
    assert mart.query(rejected) == [("e2",)]


DAY = "app/dt=2026-03-31"
# When a copy of an event that was received at 12:00 on 2026-03-31 is received -> is it a duplicate.
COPIES = {"2026-05-01T12:10:00Z": True, "2026-05-01T12:10:01Z": False}
# Of an event whose clock is ahead as far as it may be: when a copy is received, where it lands.
LATE_COPIES = [
    (received, landed)
    for received in ("2026-04-30T12:00:01Z", "2026-04-30T23:59:59Z", "2026-05-01T12:10:01Z")
    for landed in (received[:10], "2026-04-29")
]


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    """Files of every form, built twice: the second time with nothing new but one file."""
    mart = Mart(tmp_path_factory.mktemp("landed"))
    for number, ending in enumerate((b"", b"\r")):
        line = json.dumps(app_event(*OPENED, eventId=f"marked {number}")).encode()
        mart.land(f"{DAY}/marked{number}.jsonl.gz", [codecs.BOM_UTF8 + line + ending])
    mart.land(f"{DAY}/empty.jsonl", [])
    mart.land(f"{DAY}/empty.jsonl.gz", [])
    mart.land(f"{DAY}/open.jsonl", [app_event(*OPENED, eventId="open")])
    path = mart.landing / DAY / "open.jsonl"
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    without_id = app_event(*OPENED, eventId=None)
    mart.land(f"{DAY}/twice.jsonl", [without_id, without_id])
    for received in COPIES:
        event = app_event(*OPENED, eventId=f"copied {received}")
        name = f"copied-{received[-4:-1]}.jsonl"
        mart.land(f"{DAY}/{name}", [event])
        mart.land(f"app/dt={received[:10]}/{name}", [{**event, "receivedAt": received}])
    for number, (received, day) in enumerate(LATE_COPIES):
        event = app_event(
            *OPENED,
            eventId=f"late {number}",
            occurredAt="2026-03-31T12:10:00Z",
            receivedAt="2026-03-31T12:00:00Z",
        )
        mart.land(f"{DAY}/late{number}.jsonl", [event])
        mart.land(f"app/dt={day}/late{number}.jsonl", [{**event, "receivedAt": received}])
    mart.build(*BUILD)
    mart.land(f"{DAY}/b_part.jsonl", [app_event(*OPENED, eventId="part")])
    mart.build(*BUILD)
    return mart


def test_a_byte_order_mark_is_no_part_of_the_first_line(landed: Mart) -> None:
    assert landed.query(
        "select file_kind from staging.base_app__files where landing_file like '%marked%'"
        " order by landing_file"
    ) == [("plain_text",), ("other_text",)]
    assert landed.query(
        "select event_id from marts.fct_events where event_id like 'marked%' order by event_id"
    ) == [("marked 0",), ("marked 1",)]


def test_an_empty_file_is_a_file_without_events(landed: Mart) -> None:
    assert landed.query(
        "select line_count, valid_count from marts.fct_landed_files"
        " where landing_file like '%/empty%'"
    ) == [(0, 0), (0, 0)]


def test_a_last_line_without_a_line_feed_counts(landed: Mart) -> None:
    assert landed.query("select count(*) from marts.fct_events where event_id = 'open'") == [(1,)]


def test_repeated_rows_without_an_id_are_each_kept(landed: Mart) -> None:
    assert landed.query(
        "select event_id from marts.fct_events where landing_file like '%twice%' order by 1"
    ) == [(f"{DAY}/twice.jsonl:1",), (f"{DAY}/twice.jsonl:2",)]


def test_a_copy_is_a_duplicate_within_the_horizon_alone(landed: Mart) -> None:
    found = landed.query(
        "select event_id, is_duplicate from restricted.base_app__events"
        " where event_id like 'copied%' and landing_file not like '%2026-03-31%'"
    )
    assert dict(found) == {f"copied {received}": it for received, it in COPIES.items()}


def test_no_copy_is_valid_beside_the_kept_one_however_late_and_wherever_it_lands(
    landed: Mart,
) -> None:
    assert landed.query(
        "select event_id, count(*) from marts.fct_events where event_id like 'late%'"
        " group by event_id order by event_id"
    ) == [(f"late {number}", 1) for number in range(len(LATE_COPIES))]


def test_a_file_of_no_bytes_has_no_lines_and_loads_when_it_has_some(mart: Mart) -> None:
    for name in ("0.jsonl.gz", "z.jsonl.gz", "z.jsonl"):
        (mart.landing / DAY / name).touch()
    mart.build(*BUILD)
    assert mart.query(
        "select line_count, valid_count from marts.fct_landed_files order by landing_file"
    ) == [(0, 0), (1, 1), (0, 0), (0, 0)]
    for name in ("0.jsonl.gz", "z.jsonl.gz", "z.jsonl"):
        mart.land(f"{DAY}/{name}", [app_event(*OPENED, eventId=name)])
    mart.build(*BUILD)
    assert (
        mart.query(
            "select line_count, valid_count from marts.fct_landed_files order by landing_file"
        )
        == [(1, 1)] * 4
    )


def test_a_parquet_file_that_cannot_be_read_is_named_and_heals_when_it_is_replaced(
    mart: Mart,
) -> None:
    # What is passed over is not looked into either.
    (mart.landing / DAY / "_temporary").mkdir()
    for name in (".0.parquet", "_temporary/0.parquet"):
        (mart.landing / DAY / name).touch()
    file = mart.landing / DAY / "0.parquet"
    file.touch()
    assert "0.parquet cannot be read to its end" in mart.failures("build", *BUILD)
    for columns in ("1 as other", "1 as line"):
        duckdb.sql(f"copy (select {columns}) to '{file}' (format parquet)")
        message = mart.failures("build", *BUILD)
        assert "0.parquet cannot be read to its end" in message
        assert "line" in message
    lines = [json.dumps(app_event(*OPENED, eventId=name)) for name in ("p1", "p2")]
    duckdb.sql(f"copy (select unnest({lines}) as line) to '{file}' (format parquet)")
    mart.build(*BUILD)
    mart.build(*BUILD)
    assert mart.query("select count(*) from marts.fct_events") == [(3,)]


def test_a_file_that_a_failed_run_has_listed_may_be_put_right_or_removed(built: Mart) -> None:
    built.land(f"{DAY}/b.jsonl", [app_event(*OPENED, eventId="b")])
    built.land(f"{DAY}/c.jsonl", [app_event(*OPENED, eventId="c")])
    # The ledger alone: a run that fails before the lines are read leaves as much.
    assert built.failures("run", "--select", "base_app__files") == ""
    built.land(f"{DAY}/b.jsonl", [app_event(*OPENED, eventId=name) for name in ("b1", "b2")])
    (built.landing / DAY / "c.jsonl").unlink()
    built.build(*BUILD)
    assert built.query(
        "select landing_file, line_count, valid_count from marts.fct_landed_files order by all"
    ) == [(f"{DAY}/a.jsonl", 1, 1), (f"{DAY}/b.jsonl", 2, 2)]


def test_a_partition_of_a_day_to_come_is_refused_by_name_and_not_in_the_ledger(
    tmp_path: Path,
) -> None:
    mart = Mart(tmp_path, variables=(("loader_date", "2026-03-31"),))
    ledger = ("run", "--select", "base_app__files")
    for day in ("2026-03-31", "2026-04-01"):
        mart.land(f"app/dt={day}/a.jsonl", [app_event(*OPENED)])
    assert mart.failures(*ledger) == ""
    mart.land("app/dt=2026-04-02/b.jsonl", [app_event(*OPENED)])
    message = mart.failures(*ledger)
    assert "app/dt=2026-04-02/b.jsonl is in a partition of more than a day after today" in message
    assert "2026-03-31 in UTC" in message
    assert mart.query("select count(*) from staging.base_app__files") == [(2,)]
    # By the clock of the machine.
    (mart.landing / "app/dt=2026-04-02/b.jsonl").unlink()
    mart.land("app/dt=2222-02-22/c.jsonl", [app_event(*OPENED)])
    by_clock = replace(mart, variables=(("loader_date", None),))
    assert "app/dt=2222-02-22/c.jsonl is in a partition" in by_clock.failures(*ledger)
