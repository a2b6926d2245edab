"""The bank and the CRM agree with the app's events, but for the mismatches that are listed."""

import json
from collections import Counter, defaultdict
from typing import Any

from landing_judge import Sample, moment

RETURNS = {"reversal", "refund", "chargeback", "reversed"}


def listed(sample: Sample, source: str) -> dict[str, set[str]]:
    """Return the keys of the planted mismatches by kind."""
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for row in (sample.out / "planted" / f"{source}.jsonl").read_text("utf-8").splitlines():
        mismatch = json.loads(row)
        assert mismatch["key"] not in kinds[mismatch["kind"]]
        kinds[mismatch["kind"]].add(mismatch["key"])
    return kinds


def valid_properties(sample: Sample, *names: str) -> list[dict[str, Any]]:
    """Return the properties of the valid events of some names, without copies."""
    fields = [line.fields or {} for line in sample.kept()]
    return [each["properties"] for each in fields if each["eventName"] in names]


def transfers(sample: Sample) -> list[dict[str, Any]]:
    """Return the ledger's entries, except those that return money."""
    return [row for row in sample.records("bank", "transfers") if returned_by(row) is None]


def returned_by(row: dict[str, Any]) -> str | None:
    return "reversed" if row["status"] == "reversed" else row.get("entryType")


def test_money_comes_back_in_each_of_the_ways_that_are_listed(sample: Sample) -> None:
    ledger = {row["transferId"]: row for row in transfers(sample)}
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in sample.records("bank", "transfers"):
        kind = returned_by(row)
        if kind is None:
            continue
        found[kind].add(row["transferId"])
        transfer = ledger[row["transferId"]]
        assert transfer["status"] == "settled"
        assert row["settledAt"] > transfer["settledAt"]
        assert row["dt"] == row["settledAt"][:10]
        if kind == "reversed":
            assert row["amount"] == transfer["amount"]
        else:
            assert -transfer["amount"] <= row["amount"] < 0
    assert found == {kind: keys for kind, keys in listed(sample, "bank").items() if kind in RETURNS}
    assert set(found) == RETURNS


def test_the_ledger_agrees_with_the_transfer_events(sample: Sample) -> None:
    events = {
        each["transferId"]: each
        for each in valid_properties(sample, "transfer_completed", "transfer_failed")
    }
    ledger = {row["transferId"]: row for row in transfers(sample)}
    both = events.keys() & ledger.keys()
    assert len(both) > 500
    assert {
        "ledger_without_event": ledger.keys() - events.keys(),
        "event_without_ledger": events.keys() - ledger.keys(),
        "amount_mismatch": {key for key in both if events[key]["amount"] != ledger[key]["amount"]},
    } == {kind: keys for kind, keys in listed(sample, "bank").items() if kind not in RETURNS}
    for key in both:
        assert ledger[key]["errorCode"] == events[key].get("errorCode")
        assert (ledger[key]["status"] == "failed") == ("errorCode" in events[key])


def test_a_transfer_is_in_the_ledger_once_on_its_day(sample: Sample) -> None:
    rows = transfers(sample)
    assert max(Counter(row["transferId"] for row in rows).values()) == 1
    for row in rows:
        if row["settledAt"]:
            assert row["dt"] == row["settledAt"][:10]
            assert row["settledAt"] > row["createdAt"]


def test_users_of_events_are_customers_of_the_bank(sample: Sample) -> None:
    rows = sample.records("bank", "users")
    created = {row["userId"]: moment(row["createdAt"]) for row in rows}
    for line in sample.kept():
        user_id = (line.fields or {})["userId"]
        assert user_id is None or line.occurred >= created[user_id]


def test_customers_are_created_when_they_complete_signing_up(sample: Sample) -> None:
    created = {row["userId"]: row["createdAt"] for row in sample.records("bank", "users")}
    signups = [
        line for line in sample.kept() if (line.fields or {})["eventName"] == "signup_completed"
    ]
    assert len(signups) > 50
    for line in signups:
        assert line.occurred == moment(created[(line.fields or {})["userId"]])


def test_states_of_users_land_on_the_day_they_change(sample: Sample) -> None:
    rows = sample.records("bank", "users")
    first_day = min(row["dt"] for row in rows)
    for row in rows:
        assert row["dt"] == max(row["updatedAt"][:10], first_day)
        assert row["status"] in {"active", "dormant", "closed"}
    assert max(Counter((row["userId"], row["updatedAt"]) for row in rows).values()) == 1
    assert {row["status"] for row in rows} == {"active", "dormant", "closed"}


def test_sends_agree_with_campaigns_and_push_events(sample: Sample) -> None:
    campaigns = {row["campaignId"] for row in sample.records("crm", "campaigns")}
    sends = sample.records("crm", "sends")
    received = {each["messageId"] for each in valid_properties(sample, "push_received")}
    delivered = {
        row["messageId"]
        for row in sends
        if row["channel"] == "push" and row["status"] == "delivered"
    }
    assert {
        "send_without_campaign": {
            row["messageId"] for row in sends if row["campaignId"] not in campaigns
        },
        "delivered_without_received": delivered - received,
    } == listed(sample, "crm")
    assert received <= delivered
    assert len(received) > 300


def test_attempts_of_a_send_are_numbered(sample: Sample) -> None:
    attempts = defaultdict(list)
    for row in sample.records("crm", "sends"):
        attempts[row["messageId"]].append(row)
    for rows in attempts.values():
        if rows[0]["isHoldout"]:
            assert [(row["status"], row["attempt"]) for row in rows] == [(None, 0)]
            continue
        rows.sort(key=lambda row: row["sentAt"])
        assert [row["attempt"] for row in rows] == list(range(1, len(rows) + 1))
        assert {row["status"] for row in rows[:-1]} <= {"failed"}
        assert rows[-1]["status"] in {"sent", "delivered", "dead_letter"}
    assert any(rows[0]["isHoldout"] for rows in attempts.values())


def test_devices_are_shared_and_users_change_devices(sample: Sample) -> None:
    users, devices = defaultdict(set), defaultdict(set)
    for line in sample.kept():
        fields = line.fields or {}
        if fields["userId"] and fields["deviceId"]:
            users[fields["deviceId"]].add(fields["userId"])
            devices[fields["userId"]].add(fields["deviceId"])
    assert max(len(each) for each in users.values()) == 2
    assert {len(each) for each in devices.values()} >= {1, 2}
