from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dbt_common.exceptions import DbtRuntimeError

from mart_runs import NO_ARTIFACTS, NO_UNIT_TESTS, Mart, app_event, copy_project

# What a transfer carries -> the violations of it.
TRANSFERS: dict[str, tuple[Any, list[str]]] = {
    "sound": ({"transferId": "t", "amount": 1000, "bankCode": "004", "fee": 0}, []),
    "optional left out": ({"transferId": "t", "amount": 1000, "bankCode": "004"}, []),
    "optional null": ({"transferId": "t", "amount": 1, "bankCode": "004", "fee": None}, []),
    "unplanned property": ({"transferId": "t", "amount": 1, "bankCode": "004", "new": 1}, []),
    "missing": ({"transferId": "t", "bankCode": "004"}, ["missing_required:amount"]),
    "null": (
        {"transferId": "t", "amount": None, "bankCode": "004"},
        ["missing_required:amount"],
    ),
    "text": ({"transferId": "t", "amount": "1000", "bankCode": "004"}, ["wrong_type:amount"]),
    "fraction": ({"transferId": "t", "amount": 1.5, "bankCode": "004"}, ["wrong_type:amount"]),
    "point zero": ({"transferId": "t", "amount": 1.0, "bankCode": "004"}, ["wrong_type:amount"]),
    "true": ({"transferId": "t", "amount": True, "bankCode": "004"}, ["wrong_type:amount"]),
    "past bigint": (
        {"transferId": "t", "amount": 2**63, "bankCode": "004"},
        ["wrong_type:amount"],
    ),
    "far past bigint": (
        {"transferId": "t", "amount": 10**30, "bankCode": "004"},
        ["wrong_type:amount"],
    ),
    "largest bigint": (
        {"transferId": "t", "amount": 2**63 - 1, "bankCode": "004"},
        ["out_of_range:amount"],
    ),
    "largest planned": ({"transferId": "t", "amount": 10**15, "bankCode": "004"}, []),
    "below": ({"transferId": "t", "amount": 0, "bankCode": "004"}, ["out_of_range:amount"]),
    "pattern": (
        {"transferId": "t", "amount": 1, "bankCode": "0040"},
        ["pattern_mismatch:bankCode"],
    ),
    "number for text": (
        {"transferId": 7, "amount": 1, "bankCode": "004", "fee": -1},
        ["wrong_type:transferId", "out_of_range:fee"],
    ),
    "object for text": (
        {"transferId": {"id": "t"}, "amount": 1, "bankCode": "004"},
        ["wrong_type:transferId"],
    ),
    "no properties": (
        None,
        ["missing_required:transferId", "missing_required:amount", "missing_required:bankCode"],
    ),
    "properties no object": (
        "amount",
        ["missing_required:transferId", "missing_required:amount", "missing_required:bankCode"],
    ),
}
DECISIONS: dict[str, tuple[Any, list[str]]] = {
    "offset": ("2026-03-31T12:00:00+09:00", []),
    "Z": ("2026-03-31T12:00:00.123Z", []),
    "no offset": ("2026-03-31T12:00:00", ["wrong_type:decidedAt"]),
    "date": ("2026-03-31", ["wrong_type:decidedAt"]),
    "no such day": ("2026-02-30T12:00:00Z", ["wrong_type:decidedAt"]),
    "epoch": (1774900000, ["wrong_type:decidedAt"]),
    "infinity": ("infinity", ["wrong_type:decidedAt"]),
}
# occurredAt of an event received at 2026-03-31T12:00:00Z and landed that day -> late, violations.
MOMENTS: dict[str, tuple[bool, list[str]]] = {
    "2026-03-31T11:59:00Z": (False, []),
    "2026-03-30T12:00:00Z": (False, []),
    "2026-03-30T11:59:59Z": (True, []),
    "2026-03-01T00:00:00Z": (True, []),
    "2026-02-28T23:59:59Z": (True, ["too_late"]),
    "2026-03-31T12:10:00Z": (False, []),
    "2026-03-31T12:10:01Z": (False, ["future_time"]),
    "2026-03-31T12:00:00": (False, ["missing_required:occurred_at"]),
    "yesterday": (False, ["missing_required:occurred_at"]),
}
# occurredAt and receivedAt of an event that landed on 2026-03-31 -> violations, received_at.
RECEIPTS: dict[tuple[str, str], tuple[list[str], str]] = {
    ("2026-03-31T12:00:00Z", "2026-04-01T00:10:00Z"): ([], "2026-04-01 00:10:00"),
    ("2026-03-31T12:00:00Z", "2026-04-01T00:10:01Z"): (
        ["future_received"],
        "2026-04-01 00:00:00",
    ),
    ("2026-07-31T12:00:00Z", "2026-07-31T12:00:01Z"): (
        ["future_received"],
        "2026-04-01 00:00:00",
    ),
    ("2036-03-31T12:00:00Z", "2036-03-31T12:00:01Z"): (
        ["future_received"],
        "2026-04-01 00:00:00",
    ),
    ("2026-03-20T12:00:00Z", "2026-03-20T12:00:01Z"): ([], "2026-03-20 12:00:01"),
}
BROKEN_LINES = [
    b"",
    b"   ",
    b"not json",
    b'{"eventId": "cut',
    '{"eventId": "잘린'.encode()[:-1],
    b"[1, 2]",
    b'"text"',
    b'{"eventId": "a"} {"eventId": "b"}',
    b'{"carriage\rreturn": ',
    b'{"control\x01character": ',
]


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    mart = Mart(tmp_path_factory.mktemp("plan"))
    day = "app/dt=2026-03-31"
    server = {"platform": "server", "deviceId": None}
    mart.land(
        f"{day}/transfers.jsonl.gz",
        [
            app_event("transfer_completed", properties, eventId=name, **server)
            for name, (properties, _) in TRANSFERS.items()
        ],
    )
    mart.land(
        f"{day}/decisions.jsonl",
        [
            app_event(
                "card_application_decided",
                {"applicationId": "a", "isApproved": True, "decidedAt": value},
                eventId=name,
                **server,
            )
            for name, (value, _) in DECISIONS.items()
        ],
    )
    mart.land(
        f"{day}/opened.jsonl.gz",
        [
            app_event("app_opened", {"launchSource": "icon"}, eventId=moment, occurredAt=moment)
            for moment in MOMENTS
        ],
    )
    received: list[str | bytes | dict[str, Any]] = [
        app_event(
            "app_opened",
            {"launchSource": "icon"},
            eventId=f"{occurred} {received}",
            occurredAt=occurred,
            receivedAt=received,
        )
        for occurred, received in RECEIPTS
    ]
    # A rejected one moves no date either, whatever it is rejected for.
    received.append(app_event("app_opened", {}, eventId="odd", receivedAt="2036-03-31T12:00:00Z"))
    mart.land(f"{day}/received.jsonl", received)
    mart.land(f"{day}/broken.jsonl.gz", list(BROKEN_LINES))
    mart.land(
        f"{day}/unplanned.jsonl",
        [app_event("invented", {}, eventId="a"), app_event(None, {}, eventId="b")],
    )
    mart.build(*NO_UNIT_TESTS, NO_ARTIFACTS)
    return mart


def test_a_transfer_is_judged_by_its_plan_entry(mart: Mart) -> None:
    rows = mart.query(
        "select event_id, violations, is_valid from staging.stg_app__transfer_completed"
    )
    assert {name: violations for name, violations, _ in rows} == {
        name: violations for name, (_, violations) in TRANSFERS.items()
    }
    assert all(is_valid == (violations == []) for _, violations, is_valid in rows)


def test_a_value_of_another_type_is_null_in_the_typed_column(mart: Mart) -> None:
    rows = mart.query("select event_id, amount_krw from staging.stg_app__transfer_completed")
    amounts: dict[str, int | None] = dict(rows)
    assert amounts["sound"] == 1000
    assert amounts["below"] == 0
    assert [amounts[name] for name in ("text", "fraction", "past bigint", "true")] == [None] * 4


def test_a_timestamp_needs_its_offset(mart: Mart) -> None:
    rows = mart.query(
        "select event_id, violations, decided_at::varchar"
        " from staging.stg_app__card_application_decided"
    )
    assert {name: violations for name, violations, _ in rows} == {
        name: violations for name, (_, violations) in DECISIONS.items()
    }
    assert {name: moment for name, _, moment in rows}["offset"] == "2026-03-31 03:00:00"


def test_an_event_is_judged_by_its_times(mart: Mart) -> None:
    rows = mart.query(
        "select event_id, is_late, violations from staging.stg_app__app_opened"
        " where landing_file like '%/opened.jsonl.gz'"
    )
    assert {moment: (late, violations) for moment, late, violations in rows} == MOMENTS


def test_an_event_without_a_readable_time_keeps_its_line(mart: Mart) -> None:
    rows = mart.query(
        "select raw_line from restricted.base_app__events where event_id = 'yesterday'"
    )
    assert '"occurredAt": "yesterday"' in rows[0][0]


def test_every_broken_line_is_a_rejected_event_with_its_text(mart: Mart) -> None:
    rows = mart.query(
        "select line_number, raw_line, violations, outcome from intermediate.int_judged_events"
        " inner join restricted.base_app__events using (landing_file, line_number)"
        " where landing_file like '%broken%' order by line_number"
    )
    assert [row[0] for row in rows] == list(range(1, len(BROKEN_LINES) + 1))
    assert [row[1] for row in rows] == [
        line.decode("utf-8", errors="replace") for line in BROKEN_LINES
    ]
    assert {(tuple(row[2]), row[3]) for row in rows} == {(("unreadable_line",), "rejected")}


def test_an_event_outside_the_plan_is_rejected(mart: Mart) -> None:
    rows = mart.query(
        "select event_name, violations from intermediate.int_rejected_events"
        " where landing_file like '%unplanned%' order by line_number"
    )
    assert rows == [("invented", ["unplanned_event"]), (None, ["unplanned_event"])]


@pytest.mark.parametrize(
    ("entry", "broken", "message"),
    [
        ("property: amount, required: true, min: 1", "property: amount, minimum: 1", "minimum"),
        ("meta: {event: transfer_completed", "meta: {event: transfer_done", "transfer_done"),
        (
            "data_type: bigint\n        description: Amount moved",
            "data_type: int\n        description: Amount moved",
            "'int' is no type of a property",
        ),
    ],
)
def test_a_plan_entry_that_cannot_be_read_names_model_and_rule(
    tmp_path: Path, entry: str, broken: str, message: str
) -> None:
    project = copy_project(tmp_path / "project")
    events = project / "models/staging/app/_app__events.yml"
    text = events.read_text(encoding="utf-8")
    start = text.index("- name: stg_app__transfer_completed")
    assert entry in text[start:]
    events.write_text(text[:start] + text[start:].replace(entry, broken, 1), encoding="utf-8")
    with pytest.raises(DbtRuntimeError, match="stg_app__transfer_completed") as stopped:
        Mart(tmp_path, project=project).dbt("compile", "--select", "stg_app__transfer_completed")
    assert message in str(stopped.value)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        (
            "planned_events",
            {"app": ["app_opened", "logged_in", "app_opened"]},
            "planned_events.app",
        ),
        ("sources", ["app", "app"], "sources"),
        ("record_sources", {"bank": ["users", "transfers", "users"]}, "record_sources.bank"),
    ],
)
def test_what_is_listed_twice_is_refused_before_anything_is_built(
    tmp_path: Path, variable: str, value: Any, told: str
) -> None:
    mart = Mart(tmp_path, record_sources=("bank",))
    mart.land("app/dt=2026-03-31/a.jsonl", [app_event("app_opened", {"launchSource": "icon"})])
    with pytest.raises(DbtRuntimeError, match=f"{told} of dbt_project.yml lists .* twice"):
        replace(mart, variables=((variable, value),)).dbt("run")
    assert not mart.database.exists()


def test_no_clock_of_a_sender_moves_the_dates_of_the_mart(mart: Mart) -> None:
    rows = mart.query(
        "select event_id, violations, cast(received_at as varchar)"
        " from intermediate.int_judged_events"
        " where landing_file like '%/received.jsonl' and event_id <> 'odd'"
    )
    assert {event_id: (codes, moment) for event_id, codes, moment in rows} == {
        f"{occurred} {received}": due for (occurred, received), due in RECEIPTS.items()
    }
    assert mart.query("select max(business_date) from marts.dim_dates") == [(date(2026, 4, 1),)]
    for table in ("metrics_daily", "ingestion_health_daily", "rejected_events_daily"):
        column = {"metrics_daily": "metric_date", "rejected_events_daily": "received_date"}
        name = column.get(table, "business_date")
        ((last,),) = mart.query(f"select max({name}) from marts.{table}")
        assert (table, last <= date(2026, 4, 1)) == (table, True)
    ((last,),) = mart.query("select max(ended_date) from marts.ingestion_findings")
    assert last is None or last <= date(2026, 4, 1)
