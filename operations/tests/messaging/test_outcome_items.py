"""Outcomes are claimed as they were read, or not at all."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import boto3
import pytest

from operations.messaging.aws_stack import Stack
from operations.messaging.outcome_items import claim_outcomes, mark_landed
from operations.tests.messaging.message_desk import SenderDesk, user_hash

FILE = "dt=2026-03-02/one.jsonl"
OUTCOME = {
    "message_id": "m1",
    "attempt": 1,
    "user_hash": user_hash(1),
    "campaign_id": "spring",
    "channel": "push",
    "status": "dead_letter",
    "sent_at": "2026-03-02T03:00:00+00:00",
}
SENT = {**OUTCOME, "status": "sent", "sent_at": "2026-03-02T04:00:00+00:00"}


@pytest.fixture
def stack(desk: SenderDesk) -> Stack:
    names = {name: table.name for name, table in desk.tables.items()}
    given: dict[str, Any] = {each.name: names.get(each.name, "") for each in fields(Stack)}
    return Stack(**{**given, "dynamodb": boto3.client("dynamodb")})


def put(desk: SenderDesk, item: dict[str, Any]) -> None:
    desk.tables["outcomes"].put_item(Item=item)


def test_an_outcome_that_is_replaced_while_it_is_claimed_is_left_for_the_next_file(
    desk: SenderDesk, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(desk, SENT)
    with monkeypatch.context() as stale:
        # The outcome was read before it was replaced.
        reads = iter([[], [OUTCOME]])
        stale.setattr(Stack, "scan", lambda *_: iter(next(reads)))
        assert claim_outcomes(stack, FILE, 10) == {"outcomes": []}
    (claimed,) = claim_outcomes(stack, FILE, 10)["outcomes"]
    assert (claimed["status"], claimed["landing_file"]) == ("sent", FILE)


def test_an_outcome_that_is_replaced_before_it_is_marked_lands_again(
    desk: SenderDesk, stack: Stack
) -> None:
    put(desk, OUTCOME)
    claimed = claim_outcomes(stack, FILE, 10)["outcomes"]
    put(desk, SENT)
    assert mark_landed(stack, claimed, [], "2026-03-02T05:00:00Z", 1) == {"count": 0}
    (again,) = claim_outcomes(stack, "dt=2026-03-02/two.jsonl", 10)["outcomes"]
    assert (again["status"], again["landing_file"]) == ("sent", "dt=2026-03-02/two.jsonl")
