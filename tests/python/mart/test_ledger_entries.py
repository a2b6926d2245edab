"""The bank's ledger: what comes back of a transfer, what is rejected, and which record counts."""

from __future__ import annotations

from typing import Any

import pytest

from logmart.mart.landed_outcomes import read_outcomes
from mart_runs import NO_ARTIFACTS, NO_UNIT_TESTS, Mart, app_event

DAY = "2026-03-31"
RUN = ("--exclude-resource-type", "test", *NO_UNIT_TESTS, NO_ARTIFACTS)
BUILT = ("+payments_daily", "+transfer_reconciliation", "+ingestion_findings", "+fct_landed_files")
TOLD = ("+fct_rejected_records", "+fct_rejected_events")


def entry(transfer: str, amount: Any, **fields: Any) -> dict[str, Any]:
    return {
        "transferId": transfer,
        "userId": "u1",
        "amount": amount,
        "bankCode": "004",
        "fee": 0,
        "status": "settled",
        "createdAt": f"{DAY}T11:59:00Z",
        "settledAt": f"{DAY}T11:59:05Z",
        **fields,
    }


def completed(transfer: str, amount: int) -> dict[str, Any]:
    return app_event(
        "transfer_completed",
        {"transferId": transfer, "amount": amount, "bankCode": "004", "fee": 0},
        eventId=transfer,
    )


# Entries of a transfer -> what stayed of it, what came back; none where nothing of it is valid.
ENTRIES: dict[str, tuple[list[dict[str, Any]], tuple[int, int]]] = {
    "whole": ([{"amount": 5000}], (5000, 0)),
    "reversed": ([{"amount": 5000}, {"amount": 5000, "status": "reversed"}], (0, 5000)),
    "reversal": ([{"amount": 5000}, {"amount": -5000, "entryType": "reversal"}], (0, 5000)),
    "by its sign": ([{"amount": 5000}, {"amount": -5000}], (0, 5000)),
    "refunds": (
        [
            {"amount": 5000},
            {"amount": -1000, "entryType": "refund", "entryId": "r1"},
            {"amount": -500, "entryType": "refund", "entryId": "r2"},
            {"amount": -700, "entryType": "refund", "entryId": "r2"},
        ],
        (3300, 1700),
    ),
    "chargeback": (
        [{"amount": 5000, "entryType": "transfer"}, {"amount": -5000, "entryType": "chargeback"}],
        (0, 5000),
    ),
    "refused reversal": ([{"amount": 5000}, {"amount": -5000, "status": "failed"}], (5000, 0)),
    "return alone": ([{"amount": -300, "entryType": "refund"}], (-300, 300)),
    "event and return": ([{"amount": -300, "entryType": "refund"}], (4700, 300)),
}
REJECTED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "renamed": (
        {"amount": None, "amountKrw": 900, "bankCode": "Planted-bank"},
        ["missing_required:amount", "pattern_mismatch:bankCode"],
    ),
    "nothing": ({"amount": 0}, ["out_of_range:amount"]),
    "positive refund": ({"amount": 5, "entryType": "refund"}, ["out_of_range:amount"]),
    "negative transfer": ({"amount": -5, "entryType": "transfer"}, ["out_of_range:amount"]),
    "past all money": ({"amount": 10**15 + 1}, ["out_of_range:amount"]),
    "unknown": ({"amount": -5, "entryType": "gift"}, ["not_allowed:entryType"]),
}


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    mart = Mart(tmp_path_factory.mktemp("ledger"), record_sources=("bank", "crm"))
    mart.land(f"app/dt={DAY}/a.jsonl", [completed("event and return", 5000)])
    lines = [
        entry(transfer, **fields) for transfer, (given, _) in ENTRIES.items() for fields in given
    ]
    rejected = [entry(name, **fields) for name, (fields, _) in REJECTED.items()]
    mart.land(f"bank/dt={DAY}/transfers-1.jsonl", [*lines, *rejected, "no record"])
    # Of one day: by the record's own clock, then by the number of the file.
    mart.land(f"bank/dt={DAY}/transfers-9.jsonl", [entry("numbered", 9)])
    mart.land(f"bank/dt={DAY}/transfers-10.jsonl", [entry("numbered", 10)])
    mart.land(
        f"bank/dt={DAY}/transfers-2.jsonl", [entry("clocked", 2, settledAt=f"{DAY}T12:00:00Z")]
    )
    mart.land(f"bank/dt={DAY}/transfers-30.jsonl", [entry("clocked", 30)])
    mart.build("--select", *BUILT, *TOLD, *RUN)
    return mart


def test_what_came_back_of_a_transfer_is_no_longer_part_of_it(mart: Mart) -> None:
    rows = mart.query("select transfer_id, amount_krw, returned_krw from marts.fct_transfers")
    due = {transfer: amounts for transfer, (_, amounts) in ENTRIES.items()}
    assert {row[0]: row[1:] for row in rows if row[0] in due} == due


def test_what_came_back_is_told_by_its_kind_beside_the_gross_amount(mart: Mart) -> None:
    rows = mart.query(
        "select transfer_id, gross_amount_krw, reversed_krw, refunded_krw, charged_back_krw"
        " from marts.fct_transfers"
    )
    assert {row[0]: row[1:] for row in rows if row[0] in ENTRIES} == {
        "whole": (5000, 0, 0, 0),
        "reversed": (5000, 5000, 0, 0),
        "reversal": (5000, 5000, 0, 0),
        "by its sign": (5000, 5000, 0, 0),
        "refunds": (5000, 0, 1700, 0),
        "chargeback": (5000, 0, 0, 5000),
        "refused reversal": (5000, 0, 0, 0),
        "return alone": (0, 0, 300, 0),
        "event and return": (5000, 0, 300, 0),
    }
    assert mart.query(
        "select sum(gross_amount_krw), sum(returned_krw) from marts.payments_daily"
    ) == [(8 * 5000 + 10 + 2, 4 * 5000 + 1700 + 300 + 300)]


def test_the_day_shows_what_stayed(mart: Mart) -> None:
    ((amount,),) = mart.query("select sum(completed_amount_krw) from marts.payments_daily")
    assert amount == sum(stayed for _, (stayed, _) in ENTRIES.values()) + 10 + 2


def test_what_came_back_does_not_part_events_and_ledger(mart: Mart) -> None:
    rows = mart.query(
        "select transfer_id, reconciliation_status, ledger_amount_krw"
        " from marts.transfer_reconciliation"
    )
    found = {transfer: told for transfer, *told in rows}
    assert found["reversed"] == ["only_in_ledger", 5000]
    assert found["event and return"] == ["only_in_events", None]
    assert "return alone" not in found


def test_of_records_of_one_day_the_latest_clock_counts_and_then_the_highest_number(
    mart: Mart,
) -> None:
    assert mart.query(
        "select transfer_id, amount_krw from marts.fct_transfers"
        " where transfer_id in ('numbered', 'clocked') order by 1"
    ) == [("clocked", 2), ("numbered", 10)]


def test_a_rejected_record_is_published_with_its_reasons_and_nothing_of_its_text(
    mart: Mart,
) -> None:
    rows = mart.query(
        "select violations, properties, masked_line from marts.fct_rejected_records"
        " where source = 'bank' and entity = 'transfers' order by line_number"
    )
    assert [row[0] for row in rows] == [codes for _, codes in REJECTED.values()] + [
        ["unreadable_line"]
    ]
    assert '"bankCode": "Aaaaaaa-aaaa"'.lower() in rows[0][1].lower()
    assert "Planted" not in str(rows)
    assert rows[-1][2] == "aa aaaaaa"


def test_a_rejected_record_is_counted_told_and_found(mart: Mart) -> None:
    lines = sum(len(given) for given, _ in ENTRIES.values())
    rejected = len(REJECTED) + 1
    assert mart.query(
        "select entity, line_count, valid_count, rejected_count from marts.fct_landed_files"
        f" where landing_file = 'bank/dt={DAY}/transfers-1.jsonl'"
    ) == [("transfers", lines + rejected, lines, rejected)]
    assert mart.query(
        "select source, event_name, observed_count, compared_count from marts.ingestion_findings"
        " where finding = 'rejected_share'"
    ) == [("bank", "transfers", rejected, lines + rejected + 4.0)]
    told = {each.source: each for each in read_outcomes(mart.database)}
    assert told["bank"].rejected_count == rejected
    assert told["bank"].reasons[0] == ("out_of_range:amount", 4)
