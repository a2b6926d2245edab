"""Records of the bank and the CRM: what may land, and what the marts make of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from logmart.mart import freshness
from mart_runs import NO_ARTIFACTS, Mart, app_event

USER: dict[str, Any] = {
    "userId": "u1",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "birthYear": 1990,
    "region": "KR-11",
    "segment": "mass",
    "status": "active",
    "marketingConsent": True,
    "updatedAt": "2026-01-01T00:00:00.000Z",
}
TRANSFER: dict[str, Any] = {
    "transferId": "t1",
    "userId": "u1",
    "amount": 1000,
    "bankCode": "004",
    "fee": 0,
    "status": "settled",
    "errorCode": None,
    "createdAt": "2026-03-31T11:59:00.000Z",
    "settledAt": "2026-03-31T11:59:05.000Z",
}
COMPLETED = app_event(
    "transfer_completed", {"transferId": "t1", "amount": 1000, "bankCode": "004", "fee": 0}
)
# A line of the ledger -> the violations of it.
LINES: list[tuple[str | bytes | dict[str, Any], list[str]]] = [
    (TRANSFER, []),
    ({**TRANSFER, "transferId": "t2", "fee": None}, []),
    ({**TRANSFER, "transferId": "t3", "amount": "1000"}, ["wrong_type:amount"]),
    (
        {**TRANSFER, "transferId": "t4", "amount": 1.5, "fee": -1},
        ["wrong_type:amount", "out_of_range:fee"],
    ),
    ({**TRANSFER, "transferId": "t5", "status": "SETTLED"}, ["not_allowed:status"]),
    (
        {**TRANSFER, "transferId": "t6", "createdAt": "2026-03-31T11:59:00"},
        ["wrong_type:createdAt"],
    ),
    ({**TRANSFER, "transferId": None}, ["missing_required:transferId"]),
    ({**TRANSFER, "bankCode": "0040"}, ["pattern_mismatch:bankCode"]),
    ({**TRANSFER, "transferId": "t7", "userId": "NULL"}, ["placeholder_id:userId"]),
    ('{"transferId": "cut', ["unreadable_line"]),
    ('{"transferId": "a"} {"transferId": "b"}', ["unreadable_line"]),
    ("[1, 2]", ["unreadable_line"]),
    ("", ["unreadable_line"]),
    (b'{"transferId": "\xea\xb8', ["unreadable_line"]),
]
# Models and the snapshot alone: what is tested here is in the assertions.
NO_TESTS = (
    *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
    NO_ARTIFACTS,
)
RECORDS = ("--select", "+dim_user_states", "+int_ledger_transfers", *NO_TESTS)


@pytest.fixture
def mart(tmp_path: Path) -> Mart:
    mart = Mart(tmp_path, record_sources=("bank", "crm"))
    mart.land("app/dt=2026-03-31/a.jsonl", [COMPLETED])
    return mart


def test_a_broken_record_is_kept_with_the_reasons_and_counted(mart: Mart) -> None:
    mart.land("bank/dt=2026-03-31/transfers.jsonl.gz", [line for line, _ in LINES])
    judged = ("+int_record_files", "+fct_rejected_records", "+int_ledger_transfers")
    mart.build("--select", *judged, *NO_TESTS)
    file = "landing_file = 'bank/dt=2026-03-31/transfers.jsonl.gz'"
    rows = mart.query(
        f"select violations from intermediate.int_judged_records where {file} order by line_number"
    )
    assert [violations for (violations,) in rows] == [violations for _, violations in LINES]
    assert mart.query(
        "select line_count, valid_count, rejected_count from intermediate.int_record_files"
        f" where {file}"
    ) == [(len(LINES), 2, len(LINES) - 2)]
    assert mart.query(
        "select raw_line from restricted.base_bank__transfers where line_number = 10"
    ) == [('{"transferId": "cut',)]
    assert mart.query("select transfer_id from intermediate.int_ledger_transfers order by 1") == [
        ("t1",),
        ("t2",),
    ]


@pytest.mark.deep
def test_without_any_landed_record_the_marts_are_built_on_events(mart: Mart) -> None:
    mart.build("--exclude-resource-type", "unit_test")
    assert mart.query("select transfer_status, is_in_ledger from marts.fct_transfers") == [
        ("completed", False)
    ]
    assert mart.query("select is_known_to_bank from marts.dim_users") == [(False,)]
    mart.land("bank/dt=2026-04-01/transfers.jsonl", [TRANSFER])
    mart.build(*NO_TESTS)
    assert mart.query("select reconciliation_status from marts.transfer_reconciliation") == [
        ("matched",)
    ]


def test_a_file_that_no_entity_takes_fails_the_build(mart: Mart) -> None:
    mart.land("bank/dt=2026-03-31/loans.jsonl", ["{}"])
    results = mart.dbt("build", "--select", "+int_record_files", NO_ARTIFACTS)
    assert [result.node.name for result in results if result.status == "fail"] == [
        "parts_add_up_to_int_record_files_valid_count__rejected_count__erased_count__line_count"
    ]


@pytest.mark.deep
def test_a_correction_replaces_what_it_corrects_whenever_it_is_loaded(
    mart: Mart, tmp_path: Path
) -> None:
    wrong, right = {**TRANSFER, "amount": 1}, TRANSFER
    states = [USER, {**USER, "segment": "youth", "updatedAt": "2026-02-01T00:00:00Z"}]
    landings: list[tuple[str, list[str | bytes | dict[str, Any]]]] = [
        ("bank/dt=2026-04-02/transfers.jsonl", [right]),
        ("bank/dt=2026-04-02/users.jsonl", [{**states[1], "segment": "premium"}]),
        ("bank/dt=2026-04-01/transfers.jsonl", [wrong]),
        ("bank/dt=2026-04-01/users.jsonl", list(states)),
    ]
    for file, lines in landings:
        mart.land(file, lines)
        mart.build(*RECORDS)
    at_once = Mart(tmp_path / "at_once", record_sources=("bank", "crm"))
    at_once.land("app/dt=2026-03-31/a.jsonl", [COMPLETED])
    for file, lines in reversed(landings):
        at_once.land(file, lines)
    at_once.build(*RECORDS)
    assert mart.query("select amount_krw from intermediate.int_ledger_transfers") == [(1000,)]
    assert mart.query(
        "select segment, is_current from marts.dim_user_states order by state_number"
    ) == [("mass", False), ("premium", True)]
    assert mart.tables() == at_once.tables()


def test_a_bank_that_stops_landing_is_stale(mart: Mart) -> None:
    mart.land("bank/dt=2026-03-30/transfers.jsonl", [TRANSFER])
    mart.land("bank/dt=2026-03-31/users.jsonl", [USER])
    for day in range(1, 6):
        received = f"2026-04-0{day}T11:00:00.000Z"
        opened = app_event(
            "app_opened", {"launchSource": "icon"}, occurredAt=received, receivedAt=received
        )
        mart.land(f"app/dt=2026-04-0{day}/a.jsonl", [{**opened, "eventId": f"day{day}"}])
    mart.build("--select", "+ingestion_findings", *NO_TESTS)
    assert mart.query(
        "select source, severity, is_ongoing from marts.ingestion_findings where finding = 'stale'"
    ) == [("bank", "critical", True)]
    assert freshness.stale_sources(mart.database) == [("bank", datetime(2026, 4, 1))]


def test_the_snapshot_keeps_what_the_mart_held_before_a_correction(mart: Mart) -> None:
    mart.land("bank/dt=2026-04-01/users.jsonl", [USER])
    mart.build(*RECORDS)
    mart.build(*RECORDS)
    mart.land("bank/dt=2026-04-03/users.jsonl", [{**USER, "segment": "premium"}])
    mart.build(*RECORDS)
    mart.build(*RECORDS, "--full-refresh")
    assert mart.query(
        "select segment, dbt_valid_from::varchar, dbt_valid_to::varchar"
        " from snapshots.bank_user_states order by dbt_valid_from"
    ) == [
        ("mass", "2026-04-02 00:00:00", "2026-04-04 00:00:00"),
        ("premium", "2026-04-04 00:00:00", None),
    ]
    assert mart.query("select segment, is_current from marts.dim_user_states") == [
        ("premium", True)
    ]
