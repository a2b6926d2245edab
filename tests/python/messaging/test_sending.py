"""From the address book to landed outcomes, on DynamoDB and SQS of a moto server."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local_stack import LocalStack
from logmart.errors import CommandError, TransientError
from logmart.landed.identifiers import ErasedId, IdKey, erased_list_path, write_erased
from logmart.messaging import erasure, land
from logmart.messaging.address_book import Filled, fill, refresh
from logmart.messaging.address_file import Address
from logmart.messaging.audience import message_id
from logmart.messaging.book_note import note_path, write_note
from logmart.messaging.campaigns import Campaign
from logmart.messaging.land import Landed, land_outcomes
from logmart.messaging.send import send_all, send_campaign
from logmart.messaging.store import MessageStore, message_store
from logmart.operations.landing import land_once
from logmart.settings import Settings
from message_mart import AT, CAMPAIGN, KEY, ZONE, MartUser, hashed, message, publish

pytest_plugins = ["message_stack"]

NAMES = [f"user-{number:02}" for number in range(30)]
PHONE = "+821000000001"


@pytest.fixture
def paths(tmp_path: Path) -> Settings:
    return publish(tmp_path, [MartUser(name) for name in NAMES])


def address(name: str, **fields: Any) -> Address:
    given = {"push_token": f"token-{name}", "phone": None, "time_zone": None, **fields}
    return Address(name, **given)


def filled(paths: Settings, store: MessageStore) -> None:
    fill(paths, store, [address(name) for name in NAMES], AT)


def outcome(name: str, status: str, attempt: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "message_id": message_id("spring", hashed(name), CAMPAIGN.waves[0]),
        "attempt": attempt,
        "user_hash": hashed(name),
        "campaign_id": "spring",
        "channel": "push",
        "status": status,
        "sent_at": "2026-03-03T01:00:05.123456+00:00",
        **fields,
    }


def landed(paths: Settings, pattern: str) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(paths.landing.glob(pattern))
        for line in path.read_text().splitlines()
    ]


def counts(paths: Settings) -> dict[str, int]:
    """Return the counts that landed, by check; an audience of no users is left out."""
    records = landed(paths, "operations/dt=*/check_results-*.jsonl")
    return {each["check"]: each["failureCount"] for each in records if each["failureCount"]}


def test_the_book_holds_ids_addresses_and_the_consent_of_the_mart(
    paths: Settings, stack: LocalStack, store: MessageStore
) -> None:
    users = [MartUser("yes"), MartUser("no", has_consent=False), MartUser("gone", status="closed")]
    publish(paths.published.parent, [*users, MartUser("erased")], [
        message("yes", AT, has_unsubscribed=True)
    ])  # fmt: skip
    write_erased(
        erased_list_path(paths.landing),
        [ErasedId("user", hashed("erased"), None, IdKey(KEY.encode()).check)],
    )
    given = [address(name) for name in ("no", "gone", "new", "erased")]
    yes = address("yes", phone=PHONE, time_zone="Europe/Berlin")
    assert fill(paths, store, [yes, *given], AT) == Filled(written=4, unknown=1, erased=1)
    items = {item.pop("user_id"): item for item in stack.items("addresses")}
    assert items["yes"] == {
        "user_hash": hashed("yes"),
        "push_token": "token-yes",
        "phone": PHONE,
        "time_zone": "Europe/Berlin",
        "has_consent": True,
        "unsubscribed_channels": ["push"],
        "updated_at": "2026-03-03T01:00:00.000Z",
    }
    assert {name: item["has_consent"] for name, item in items.items()} == {
        "yes": True,
        "no": False,
        "gone": False,
        "new": False,
    }
    # An address that is gone from the file is removed, an unsubscribed channel stays.
    publish(paths.published.parent, users)
    fill(paths, store, [address("yes", push_token=None)], AT)
    (item,) = [item for item in stack.items("addresses") if item["user_id"] == "yes"]
    assert not item.keys() & {"push_token", "phone", "time_zone"}
    assert item["unsubscribed_channels"] == ["push"]


def test_a_book_of_another_key_is_refused(
    paths: Settings, stack: LocalStack, store: MessageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGMART_ID_KEY", "another key, long enough")
    with pytest.raises(CommandError, match="knows none of the 1 users: .*LOGMART_ID_KEY"):
        fill(paths, store, [address(NAMES[0])], AT)
    assert stack.items("addresses") == []


def test_consents_of_the_mart_reach_the_book_without_a_file(
    paths: Settings, stack: LocalStack, store: MessageStore
) -> None:
    filled(paths, store)
    assert refresh(paths, store, AT) == 0
    changed = MartUser(NAMES[0], has_consent=False)
    others = [MartUser(name) for name in NAMES[1:]]
    unsubscribed = message(NAMES[1], AT, has_unsubscribed=True)
    publish(paths.published.parent, [changed, *others, MartUser("not in the book")], [unsubscribed])
    assert refresh(paths, store, AT) == 2
    assert refresh(paths, store, AT) == 0
    items = {item["user_id"]: item for item in stack.items("addresses")}
    assert len(items) == len(NAMES)
    assert items[NAMES[0]]["has_consent"] is False
    assert items[NAMES[1]]["unsubscribed_channels"] == ["push"]
    assert items[NAMES[0]]["push_token"] == f"token-{NAMES[0]}"


def test_the_queue_gets_each_message_with_a_hash_and_no_address(
    paths: Settings, stack: LocalStack, store: MessageStore
) -> None:
    filled(paths, store)
    held = replace(CAMPAIGN, holdout_share=0.3)
    audience = send_campaign(held, paths, store, AT, ZONE)
    bodies = stack.receive()
    assert len(bodies) == audience.count("enqueued")
    assert len(stack.items("outcomes")) == audience.count("held_out")
    assert audience.count("enqueued") + audience.count("held_out") == len(NAMES)
    assert audience.count("held_out") > 0
    first = next(each for each in map(json.loads, bodies) if each["user_hash"] == hashed("user-03"))
    assert first == {
        "message_id": message_id("spring", hashed("user-03"), CAMPAIGN.waves[0]),
        "campaign_id": "spring",
        "user_hash": hashed("user-03"),
        "channel": "push",
        "template": "spring",
        "window": {"start": "09:00", "end": "20:00", "time_zone": ZONE},
        "not_after": "2026-03-08T15:00:00.000Z",
        "enqueued_at": "2026-03-03T01:00:00.000Z",
    }
    assert not re.search(r"token-|user-\d", "".join(bodies))
    found = landed(paths, "operations/dt=2026-03-03/check_results-messages-spring.jsonl")
    assert {each["check"]: each["failureCount"] for each in found} == {
        "audience": 0,
        **{f"audience_{outcome}": audience.count(outcome) for outcome in (
            "already_decided", "unsubscribed", "no_consent", "capped", "no_address",
            "outside_window", "held_out", "enqueued",
        )},
    }  # fmt: skip
    assert {(each["status"], each["checkedCount"]) for each in found} == {("passed", len(NAMES))}


def test_the_tables_exclude_at_the_moment_of_sending(
    paths: Settings, stack: LocalStack, store: MessageStore
) -> None:
    filled(paths, store)
    sent, capped, free, unsubscribed, refused, *_ = NAMES
    stack.put("sends", {"message_id": outcome(sent, "")["message_id"], "state": "released"})
    lately, long_ago = (AT - timedelta(days=days) for days in (2, 4))
    for name, at in ((capped, lately), (free, long_ago)):
        times = {"other": at.isoformat()}
        stack.put("caps", {"user_channel": f"{hashed(name)}#push", "times": times, "version": 1})
    for name, fields in (
        (unsubscribed, {"unsubscribed_channels": ["push"]}),
        (refused, {"has_consent": False}),
    ):
        stack.put("addresses", {
            "user_hash": hashed(name), "user_id": name, "push_token": "t", "has_consent": True,
            **fields,
        })  # fmt: skip
    stack.delete("addresses", user_hash=hashed(NAMES[-1]))
    audience = send_campaign(CAMPAIGN, paths, store, AT, ZONE)
    assert {each.user_hash: each.outcome for each in audience.decisions} == {
        **{hashed(name): "enqueued" for name in NAMES},
        hashed(sent): "already_decided",
        hashed(capped): "capped",
        hashed(unsubscribed): "unsubscribed",
        hashed(refused): "no_consent",
        hashed(NAMES[-1]): "no_address",
    }


def test_sending_twice_gives_the_same_messages_and_holds_out_once(
    paths: Settings, stack: LocalStack, store: MessageStore
) -> None:
    filled(paths, store)
    held = replace(CAMPAIGN, holdout_share=0.5)
    send_campaign(held, paths, store, AT, ZONE)
    first, outcomes = stack.receive(), stack.items("outcomes")
    # A day later it is the same wave, and a week later another.
    send_campaign(held, paths, store, AT + timedelta(days=1), ZONE)
    ids = [
        [json.loads(each)["message_id"] for each in bodies] for bodies in (first, stack.receive())
    ]
    assert sorted(ids[0]) == sorted(ids[1])
    assert sorted(map(str, outcomes)) == sorted(map(str, stack.items("outcomes")))
    send_campaign(held, paths, store, AT + timedelta(days=7), ZONE)
    assert {json.loads(each)["message_id"] for each in stack.receive()}.isdisjoint(ids[0])


def test_an_audience_that_is_not_found_sends_nothing_and_lands_as_failed(
    paths: Settings, stack: LocalStack, store: MessageStore, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(paths, store)
    broken = replace(CAMPAIGN, campaign_id="broken", query="select user_id from nowhere")

    def send(campaign: Campaign) -> Any:
        return send_campaign(campaign, paths, store, AT, ZONE)

    with pytest.raises(CommandError, match="the query of broken fails: Catalog Error") as raised:
        send_all([broken, CAMPAIGN], send)
    assert not isinstance(raised.value, TransientError)
    # The other campaign is sent all the same.
    assert {json.loads(each)["campaign_id"] for each in stack.receive()} == {"spring"}
    assert "broken" not in capsys.readouterr().out
    (failed,) = [
        each
        for each in landed(paths, "operations/dt=*/check_results-messages-*.jsonl")
        if each["status"] == "failed"
    ]
    assert (failed["check"], failed["subject"], failed["owner"]) == ("audience", "broken", "crm")
    assert failed["message"].startswith("the query of broken fails")


def test_outcomes_land_once_as_sends_and_holdout(
    paths: Settings, stack: LocalStack, store: MessageStore
) -> None:
    filled(paths, store)
    first, second, third, fourth, held, *_ = NAMES
    stack.put(
        "outcomes",
        outcome(first, "sent"),
        outcome(second, "failed", 1, reason="throttled"),
        outcome(second, "sent", 2),
        outcome(third, "dead_letter", 3, reason="outcome_unknown"),
        outcome(fourth, "suppressed", 0, reason="no_consent"),
        outcome(held, "held_out", 0),
    )
    at = AT + timedelta(hours=1)
    assert land_outcomes(paths.landing, store, at, ZONE) == Landed(5, 1, 0)
    assert land_outcomes(paths.landing, store, at, ZONE) == Landed(0, 0, 0)
    records = landed(paths, "crm/dt=2026-03-03/sends-*.jsonl")
    found = {(each["userId"], each["attempt"]): each.get("status") for each in records}
    assert found == {
        (first, 1): "sent",
        (second, 1): "failed",
        (second, 2): "sent",
        (third, 3): "dead_letter",
        (held, 0): None,
    }
    (one,) = [each for each in records if each["userId"] == first]
    assert one == {
        "messageId": message_id("spring", hashed(first), CAMPAIGN.waves[0]),
        "campaignId": "spring",
        "userId": first,
        "channel": "push",
        "sentAt": "2026-03-03T01:00:05.123Z",
        "status": "sent",
        "attempt": 1,
        "unsubscribed": False,
        "isHoldout": False,
    }
    assert {each["userId"]: each["isHoldout"] for each in records}[held] is True
    assert counts(paths) == {"suppressed_no_consent": 1}
    assert {item["landed_at"] for item in stack.items("outcomes")} == {"2026-03-03T02:00:00.000Z"}
    # What comes later lands in a file of another name, also in the same second.
    stack.put("outcomes", outcome(NAMES[9], "sent"))
    assert land_outcomes(paths.landing, store, at, ZONE) == Landed(1, 0, 0)
    assert len(list(paths.landing.glob("crm/dt=*/sends-*.jsonl"))) == 2


def test_an_outcome_that_was_replaced_lands_again(
    paths: Settings, stack: LocalStack, store: MessageStore
) -> None:
    filled(paths, store)
    stack.put("outcomes", outcome(NAMES[0], "dead_letter"))
    land_outcomes(paths.landing, store, AT, ZONE)
    stack.put("outcomes", outcome(NAMES[0], "sent"))
    land_outcomes(paths.landing, store, AT + timedelta(hours=1), ZONE)
    records = landed(paths, "crm/dt=*/sends-*.jsonl")
    assert [each["status"] for each in records] == ["dead_letter", "sent"]


@pytest.mark.parametrize("point", ["before the file", "between the files", "after the file"])
def test_an_interrupted_landing_goes_on_and_lands_everything_once(
    paths: Settings,
    stack: LocalStack,
    store: MessageStore,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
) -> None:
    filled(paths, store)
    stack.put("outcomes", *[outcome(name, "sent") for name in NAMES[:12]])
    stack.put("outcomes", outcome(NAMES[12], "suppressed", 0, reason="capped"))
    calls = Counter[str]()

    def stop_at(number: int, of: str, do: Any) -> Any:
        def done(*arguments: Any) -> Any:
            calls[of] += 1
            if calls[of] == number:
                raise KeyboardInterrupt
            return do(*arguments)

        return done

    with monkeypatch.context() as interrupted:
        if point == "after the file":
            interrupted.setattr(store, "mark_landed", stop_at(1, "mark", store.mark_landed))
        else:
            number = 1 if point == "before the file" else 2
            interrupted.setattr(land, "land_once", stop_at(number, "land", land_once))
        with pytest.raises(KeyboardInterrupt):
            land_outcomes(paths.landing, store, AT, ZONE)
    stack.put("outcomes", *[outcome(name, "sent") for name in NAMES[20:]])
    land_outcomes(paths.landing, store, AT + timedelta(hours=1), ZONE)
    landed_users = [each["userId"] for each in landed(paths, "crm/dt=*/sends-*.jsonl")]
    assert sorted(landed_users) == sorted(NAMES[:12] + NAMES[20:])
    assert counts(paths) == {"suppressed_capped": 1}
    assert all("landed_at" in item for item in stack.items("outcomes"))


def test_an_erasure_reaches_the_book_outcomes_caps_and_dead_letters(
    paths: Settings, stack: LocalStack, store: MessageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(paths, store)
    write_note(paths.landing)
    monkeypatch.setattr(erasure, "read_campaigns", lambda: [CAMPAIGN])
    monkeypatch.setattr(erasure, "message_store", lambda: nullcontext(store))
    gone, other = NAMES[:2]
    for name in (gone, other):
        stack.put("outcomes", outcome(name, "failed", 1), outcome(name, "sent", 2))
        stack.put("sends", {"message_id": outcome(name, "")["message_id"], "state": "accepted"})
        stack.put("caps", {"user_channel": f"{hashed(name)}#push", "times": {}})
        stack.queue("dead_letters", json.dumps({"user_hash": hashed(name)}))
    stack.queue("dead_letters", "no JSON")
    # One of each for the address, the send and the cap, two outcomes, a dead letter.
    assert erasure.find_messages(paths.landing, hashed(gone)) == 6
    erasure.erase_messages(paths.landing, hashed(gone))
    assert erasure.find_messages(paths.landing, hashed(gone)) == 0
    tables = ("addresses", "sends", "outcomes", "caps")
    left = [str(stack.items(table)) for table in tables]
    assert [each.count(hashed(other)) for each in left] == [1, 0, 2, 1]
    assert not re.search(f"{hashed(gone)}|{gone}", "".join(left))
    assert sorted(stack.receive("dead_letters")) == [
        "no JSON",
        json.dumps({"user_hash": hashed(other)}),
    ]
    # An outcome that comes after the erasure lands nowhere, and is deleted.
    stack.put("outcomes", outcome(gone, "suppressed", 0, reason="no_address"))
    stack.put("outcomes", outcome(gone, "sent", 3))
    assert land_outcomes(paths.landing, store, AT, ZONE) == Landed(2, 1, 1)
    assert hashed(gone) not in str(stack.items("outcomes"))
    assert {each["userId"] for each in landed(paths, "crm/dt=*/sends-*.jsonl")} == {other}


def test_an_erasure_that_cannot_reach_the_book_is_refused(
    paths: Settings, stack: LocalStack, store: MessageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_note(paths.landing)
    name = stack.environment["LOGMART_MESSAGES_STACK"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(TransientError, match="AWS cannot be reached at http://127.0.0.1:9"):
        erasure.find_messages(paths.landing, hashed(NAMES[0]))
    monkeypatch.delenv("LOGMART_MESSAGES_STACK")
    with pytest.raises(CommandError, match=f"stack {name} may hold addresses.*not set: set it"):
        erasure.find_messages(paths.landing, hashed(NAMES[0]))
    monkeypatch.setenv("LOGMART_MESSAGES_STACK", "another")
    with pytest.raises(CommandError, match=f"LOGMART_MESSAGES_STACK is another: set it to {name}"):
        erasure.erase_messages(paths.landing, hashed(NAMES[0]))
    monkeypatch.delenv("LOGMART_MESSAGES_STACK")
    note_path(paths.landing).unlink()
    assert erasure.find_messages(paths.landing, hashed(NAMES[0])) == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"LOGMART_MESSAGES_STACK": ""}, "LOGMART_MESSAGES_STACK is not set"),
        ({"LOGMART_MESSAGES_STACK": "none"}, "there is no stack none .*LOGMART_MESSAGES_STACK"),
        ({"AWS_DEFAULT_REGION": ""}, "there is no AWS region: set AWS_DEFAULT_REGION"),
        (
            {
                "AWS_ACCESS_KEY_ID": "",
                "AWS_SECRET_ACCESS_KEY": "",
            },
            "no AWS credentials: set AWS_ACCESS_KEY_ID .*AWS_ENDPOINT_URL",
        ),
    ],
)
def test_what_is_missing_to_reach_aws_is_named(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], said: str
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
        if not value:
            monkeypatch.delenv(name)
    with pytest.raises(CommandError, match=said) as raised, message_store() as store:
        store.facts("push", None, [("m", "u")])
    assert "\n" not in str(raised.value)
