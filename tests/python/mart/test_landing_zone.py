"""What may happen to a landing zone, and what the build makes of it."""

from __future__ import annotations

import codecs
import json
from dataclasses import replace
from pathlib import Path

import pytest

from mart_runs import EVENTS, Mart, app_event

OPENED = ("app_opened", {"launchSource": "icon"})


@pytest.fixture
def mart(tmp_path: Path) -> Mart:
    mart = Mart(tmp_path)
    mart.land("app/dt=2026-03-31/a.jsonl", [app_event(*OPENED)])
    return mart


def test_a_file_that_changed_after_it_was_loaded_stops_the_build(mart: Mart) -> None:
    mart.build(*EVENTS)
    mart.land("app/dt=2026-03-31/a.jsonl", [app_event(*OPENED), app_event(*OPENED, eventId="e2")])
    message = mart.failures("build", *EVENTS)
    assert "app/dt=2026-03-31/a.jsonl had" in message
    assert "--full-refresh" in message
    mart.build("--full-refresh", *EVENTS)
    assert mart.query("select count(*) from marts.fct_events") == [(2,)]


@pytest.mark.parametrize("file", ["app/stray.jsonl", "app/dt=2026-02-30/stray.jsonl"])
def test_a_file_outside_a_partition_stops_the_build(mart: Mart, file: str) -> None:
    mart.land(file, [app_event(*OPENED)])
    assert f"{file} is not in a folder dt=YYYY-MM-DD" in mart.failures("build", *EVENTS)


def test_what_is_no_log_or_still_being_written_is_passed_over(mart: Mart) -> None:
    day = "app/dt=2026-03-31"
    for file in (
        "app/.DS_Store",
        f"{day}/.b.jsonl.X7f",
        f"{day}/_SUCCESS",
        f"{day}/.rsync-partial/b.jsonl",
        f"{day}/b.jsonl.part",
        f"{day}/b.jsonl.gz.tmp",
        f"{day}/b.jsonl._COPYING_",
    ):
        mart.land(file, ["no event"])
    mart.build(*EVENTS)
    assert mart.query("select landing_file from marts.fct_landed_files") == [(f"{day}/a.jsonl",)]
    mart.land(f"{day}/b_part.jsonl", [app_event(*OPENED, eventId="e2")])
    mart.build(*EVENTS)
    assert mart.query("select count(*) from marts.fct_events") == [(2,)]


def test_a_byte_order_mark_is_no_part_of_the_first_line(mart: Mart) -> None:
    mark = codecs.BOM_UTF8
    for number, ending in enumerate((b"", b"\r")):
        line = json.dumps(app_event(*OPENED, eventId=f"marked {number}")).encode()
        mart.land(f"app/dt=2026-03-31/marked{number}.jsonl.gz", [mark + line + ending])
    mart.build(*EVENTS)
    assert mart.query(
        "select file_kind from staging.base_app__files where landing_file like '%marked%'"
        " order by landing_file"
    ) == [("plain_text",), ("other_text",)]
    assert mart.query(
        "select event_id from marts.fct_events where event_id like 'marked%' order by event_id"
    ) == [("marked 0",), ("marked 1",)]


def test_a_file_that_is_cut_short_stops_the_build_and_is_named(mart: Mart) -> None:
    mart.land("app/dt=2026-03-31/cut.jsonl.gz", [app_event(*OPENED)])
    cut = mart.landing / "app/dt=2026-03-31/cut.jsonl.gz"
    cut.write_bytes(cut.read_bytes()[:-10])
    message = mart.failures("build", *EVENTS)
    assert "cut.jsonl.gz cannot be read to its end" in message
    assert "land it again" in message


def test_an_empty_file_is_a_file_without_events(mart: Mart) -> None:
    mart.land("app/dt=2026-03-31/empty.jsonl", [])
    mart.land("app/dt=2026-03-31/empty.jsonl.gz", [])
    mart.build(*EVENTS)
    mart.build(*EVENTS)
    assert mart.query(
        "select line_count, valid_count from marts.fct_landed_files order by landing_file"
    ) == [(1, 1), (0, 0), (0, 0)]


def test_a_last_line_without_a_line_feed_counts(mart: Mart) -> None:
    path = mart.landing / "app/dt=2026-03-31/open.jsonl"
    mart.land("app/dt=2026-03-31/open.jsonl", [app_event(*OPENED, eventId="e2")])
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    mart.build(*EVENTS)
    assert mart.query("select count(*) from marts.fct_events") == [(2,)]


@pytest.mark.parametrize(
    ("received", "is_duplicate"),
    [
        ("2026-05-01T12:10:00Z", True),
        ("2026-05-01T12:10:01Z", False),
    ],
)
def test_a_copy_is_a_duplicate_within_the_horizon_alone(
    mart: Mart, received: str, *, is_duplicate: bool
) -> None:
    copy = app_event(*OPENED, receivedAt=received)
    mart.land(f"app/dt={received[:10]}/b.jsonl", [copy])
    mart.build(*EVENTS)
    assert mart.query(
        "select is_duplicate from restricted.base_app__events where landing_file like '%/b.jsonl'"
    ) == [(is_duplicate,)]


def test_no_copy_is_valid_beside_the_kept_one_however_late_and_wherever_it_lands(
    mart: Mart,
) -> None:
    """The first one's clock is ahead as far as it may be; its copies are late as far as they may."""
    for number, received in enumerate(
        ["2026-04-30T12:00:01Z", "2026-04-30T23:59:59Z", "2026-05-01T12:10:01Z"]
    ):
        for landed in {received[:10], "2026-04-29"}:
            event = app_event(
                *OPENED,
                eventId=f"{number} {landed}",
                occurredAt="2026-03-31T12:10:00Z",
                receivedAt="2026-03-31T12:00:00Z",
            )
            name = f"{number}-{landed}.jsonl"
            mart.land(f"app/dt=2026-03-31/{name}", [event])
            mart.land(f"app/dt={landed}/copy-{name}", [{**event, "receivedAt": received}])
    mart.build(*EVENTS)
    assert (
        mart.query("select event_id, count(*) from marts.fct_events group by 1 having count(*) > 1")
        == []
    )
    assert mart.query("select count(*) from marts.fct_events") == [(1 + 6,)]


def test_an_earlier_copy_that_lands_later_takes_the_place_of_the_kept_one(mart: Mart) -> None:
    mart.build(*EVENTS)
    early = app_event(*OPENED, receivedAt="2026-03-31T11:59:30Z")
    mart.land("app/dt=2026-03-30/b.jsonl", [early])
    mart.build(*EVENTS)
    assert mart.query(
        "select landing_file, is_duplicate from restricted.base_app__events order by landing_file"
    ) == [("app/dt=2026-03-30/b.jsonl", False), ("app/dt=2026-03-31/a.jsonl", True)]
    assert mart.query("select landing_file from marts.fct_events") == [
        ("app/dt=2026-03-30/b.jsonl",)
    ]


def test_repeated_rows_without_an_id_are_each_kept(mart: Mart) -> None:
    line = app_event(*OPENED, eventId=None)
    mart.land("app/dt=2026-03-31/twice.jsonl", [line, line])
    mart.build(*EVENTS)
    assert mart.query("select count(*) from marts.fct_events") == [(3,)]
    assert mart.query(
        "select event_id from marts.fct_events where landing_file like '%twice%' order by 1"
    ) == [("app/dt=2026-03-31/twice.jsonl:1",), ("app/dt=2026-03-31/twice.jsonl:2",)]


def test_a_changed_rule_judges_the_events_again_that_it_was_for(mart: Mart) -> None:
    ahead = app_event(*OPENED, eventId="e2", occurredAt="2026-03-31T12:10:30Z")
    mart.land("app/dt=2026-03-31/ahead.jsonl", [ahead])
    mart.build(*EVENTS)
    rejected = "select event_id from intermediate.int_rejected_events"
    assert mart.query(rejected) == [("e2",)]
    replace(mart, variables=(("future_tolerance_minutes", 11),)).build(*EVENTS)
    assert mart.query(rejected) == []
    assert mart.query("select count(*) from marts.fct_events") == [(2,)]
    mart.build(*EVENTS)
    assert mart.query(rejected) == [("e2",)]
