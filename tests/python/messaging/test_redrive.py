"""Dead letters are listed with their reasons and put back; a person settles what nobody knows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from local_stack import LocalStack
from logmart.errors import CommandError
from logmart.messaging import redrive
from logmart.messaging.store import MessageStore
from message_mart import hashed

pytest_plugins = ["message_stack"]

PHONE = "+821055501234"
REASONS = {"m1": "refused_400", "m2": "unknown_template", "m3": "outcome_unknown"}


def body(message_id: str) -> str:
    return json.dumps(
        {
            "message_id": message_id,
            "campaign_id": "spring",
            "user_hash": hashed(message_id),
            "channel": "push",
            "template": "hello",
            "window": {"start": "08:00", "end": "21:00", "time_zone": "Asia/Seoul"},
            "not_after": "2026-03-03T12:00:00Z",
            "enqueued_at": "2026-03-03T01:00:00Z",
        }
    )


@pytest.fixture
def letters(store: MessageStore, stack: LocalStack) -> LocalStack:
    """Three messages that became dead letters, one that has no outcome, one that is no message."""
    for message_id, reason in REASONS.items():
        outcome = {"message_id": message_id, "attempt": 1, "status": "dead_letter"}
        stack.put("outcomes", {**outcome, "reason": reason, "user_hash": hashed(message_id)})
    stack.put("sends", {"message_id": "m3", "state": "unknown", "attempt": 1})
    stack.queue("dead_letters", *map(body, (*REASONS, "m4")), f"no message {PHONE}")
    return stack


def run(*arguments: str) -> str:
    done = CliRunner().invoke(redrive.main, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def ids(bodies: list[str]) -> list[str]:
    return sorted(json.loads(one)["message_id"] for one in bodies)


def test_letters_are_listed_with_their_reasons_and_those_of_use_are_put_back(
    letters: LocalStack,
) -> None:
    listed = run("--list")
    assert listed.splitlines()[-1] == (
        "5 dead letters: 1 not_recorded, 1 outcome_unknown, 1 refused_400, 1 unknown_template,"
        " 1 unreadable"
    )
    assert f"{'refused_400':<20} m1 spring" in listed
    assert PHONE not in listed
    assert run("--reason", "refused_400").splitlines() == [
        "1 put back into the queue: 1 refused_400",
        "4 left: 1 not_recorded, 1 outcome_unknown, 1 unknown_template, 1 unreadable",
    ]
    assert run().splitlines() == [
        "2 put back into the queue: 1 not_recorded, 1 unknown_template",
        "2 left: 1 outcome_unknown, 1 unreadable",
    ]
    assert ids(letters.receive()) == ["m1", "m2", "m4"]
    assert len(letters.receive("dead_letters")) == 2


def test_a_person_settles_what_nobody_knows(letters: LocalStack) -> None:
    with pytest.raises(CommandError, match="the outcome of m1 is not unknown"):
        run("--was-not-sent", "m1")
    assert letters.receive() == []
    letters.put("sends", {"message_id": "m5", "state": "unknown", "attempt": 1})
    assert "4 put back" in run("--was-not-sent", "m3", "--was-sent", "m5")
    assert "m3" in ids(letters.receive())
    states = {item["message_id"]: item["state"] for item in letters.items("sends")}
    assert states == {"m3": "released", "m5": "accepted"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--list", "--reason", "a"], "--list changes nothing"),
        (["--was-sent", "m", "--was-not-sent", "m"], "m cannot both"),
    ],
)
def test_options_that_exclude_each_other(arguments: list[str], why: str) -> None:
    done: Any = CliRunner().invoke(redrive.main, arguments)
    assert done.exit_code == 2
    assert why in done.output
