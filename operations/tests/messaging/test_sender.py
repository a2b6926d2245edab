"""One message is sent once, whatever happens to the worker, and only when it may be sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from operations.messaging.handler.provider import Refused, Unknown
from operations.messaging.handler.sender import Dead, Done, Later
from operations.tests.messaging.message_desk import (
    Killed,
    KillSwitch,
    SenderDesk,
    address_item,
    message_body,
    user_hash,
)

THROTTLED = Refused("throttled", is_transient=True, wait=3)


def add_users(desk: SenderDesk, *numbers: int, **changes: Any) -> None:
    for number in numbers:
        desk.tables["addresses"].put_item(Item=address_item(number, **changes))


def steps_of_a_send(desk: SenderDesk) -> list[str]:
    switch = KillSwitch()
    add_users(desk, 0)
    desk.decide(message_body(0), switch)
    return switch.names


def test_a_message_is_sent_and_its_second_delivery_is_not(desk: SenderDesk) -> None:
    add_users(desk, 1)
    assert desk.decide(message_body(1)) == Done("sent")
    assert desk.decide(message_body(1)) == Done("duplicate")
    assert desk.provider.taken == {"m00001": 1}
    assert desk.outcomes() == [("m00001", 1, "sent", "")]


def test_no_kill_at_any_step_sends_twice_or_loses_a_message_with_a_key(desk: SenderDesk) -> None:
    steps = steps_of_a_send(desk)
    assert "provider" in steps
    number = 0
    for step in range(1, len(steps) + 1):
        for is_before in (True, False):
            number += 1
            add_users(desk, number)
            with pytest.raises(Killed):
                desk.decide(message_body(number), KillSwitch(step, is_before))
            desk.clock.pass_time(minutes=3)
            assert desk.decide(message_body(number)) in (Done("sent"), Done("duplicate"))
    expected = {f"m{one:05d}": 1 for one in range(number + 1)}
    assert desk.provider.taken == expected
    assert {one[0] for one in desk.outcomes() if one[2] == "sent"} == expected.keys()
    assert len(desk.outcomes()) == number + 1


def test_no_kill_at_any_step_sends_twice_without_a_key(keyless: SenderDesk) -> None:
    steps = steps_of_a_send(keyless)
    number, unknown = 0, []
    for step, name in enumerate(steps, 1):
        for is_before in (True, False):
            number += 1
            add_users(keyless, number)
            with pytest.raises(Killed):
                keyless.decide(message_body(number), KillSwitch(step, is_before))
            keyless.clock.pass_time(minutes=3)
            decision = keyless.decide(message_body(number))
            if decision == Dead("outcome_unknown", 1):
                unknown.append((name, is_before))
                assert keyless.decide(message_body(number)) == decision
            else:
                assert keyless.provider.taken[f"m{number:05d}"] == 1
    assert max(keyless.provider.taken.values()) == 1
    # Between the claim and the record of the answer, nobody knows. Nowhere else.
    after_claim = steps.index("sends.update_item")
    accepted = steps.index("sends.update_item", after_claim + 1)
    between = {(steps[after_claim], False), (steps[accepted], True)} | {
        (name, is_before)
        for name in steps[after_claim + 1 : accepted]
        for is_before in (True, False)
    }
    assert set(unknown) == between
    assert ("provider", False) in between
    dead = [one for one in keyless.outcomes() if one[2] == "dead_letter"]
    assert len(dead) == len(unknown)


def test_while_a_worker_may_live_nobody_else_sends(desk: SenderDesk) -> None:
    add_users(desk, 1)
    with pytest.raises(Killed):
        desk.decide(message_body(1), KillSwitch(steps_of_a_send(desk).index("provider") + 1))
    desk.clock.pass_time(seconds=10)
    decision = desk.decide(message_body(1))
    assert isinstance(decision, Later)
    assert decision.reason == "claimed_elsewhere"
    assert decision.wait == desk.settings.claim_time.total_seconds() - 10
    assert len([one for one in desk.provider.requests if one["reference"] == "m00001"]) == 1


def test_a_key_that_the_provider_no_longer_knows_settles_nothing(desk: SenderDesk) -> None:
    add_users(desk, 1)
    step = steps_of_a_send(desk).index("provider") + 1
    with pytest.raises(Killed):
        desk.decide(message_body(1), KillSwitch(step))
    desk.clock.pass_time(hours=25)
    assert desk.decide(message_body(1)) == Dead("outcome_unknown", 1)
    assert desk.provider.taken["m00001"] == 1


def test_a_refusal_under_the_same_key_does_not_settle_the_attempt_before(desk: SenderDesk) -> None:
    add_users(desk, 1)
    desk.provider.answers = [Unknown("no answer in time"), THROTTLED, THROTTLED]
    for _ in range(3):
        assert isinstance(desk.decide(message_body(1)), Later)
        assert desk.state(1) == "claimed"
        desk.clock.pass_time(hours=10)
    # 30 hours after the attempt that nobody knows the outcome of, the key is of no use.
    assert desk.decide(message_body(1)) == Dead("outcome_unknown", 3)
    assert desk.provider.taken["m00001"] == 1


@pytest.mark.parametrize(
    "refusal", [Refused("refused_422"), Refused("address_gone", is_final=True)]
)
def test_a_key_that_is_refused_after_an_unknown_outcome_goes_to_a_person(
    desk: SenderDesk, refusal: Refused
) -> None:
    add_users(desk, 1)
    desk.provider.answers = [Unknown("no answer in time"), refusal]
    desk.decide(message_body(1))
    desk.clock.pass_time(minutes=3)
    assert desk.decide(message_body(1)) == Dead("outcome_unknown", 2)
    desk.clock.pass_time(hours=1)
    assert desk.decide(message_body(1), enqueued_at=desk.clock.at) == Dead("outcome_unknown", 2)
    assert desk.provider.taken["m00001"] == 1


def test_an_unknown_outcome_is_not_suppressed_as_if_nothing_had_been_sent(desk: SenderDesk) -> None:
    add_users(desk, 1)
    desk.provider.answers = [Unknown("no answer in time")]
    desk.decide(message_body(1))
    desk.clock.pass_time(minutes=5)
    add_users(desk, 1, has_consent=False)
    assert desk.decide(message_body(1)) == Dead("outcome_unknown", 1)


def test_a_timeout_without_a_key_goes_to_a_person(keyless: SenderDesk) -> None:
    add_users(keyless, 1)
    keyless.provider.answers = [Unknown("no answer in time")]
    assert keyless.decide(message_body(1)) == Dead("outcome_unknown", 1)
    keyless.clock.pass_time(days=2)
    assert keyless.decide(message_body(1)) == Dead("outcome_unknown", 1)
    assert keyless.provider.taken == {"m00001": 1}
    assert keyless.counts["UnknownOutcomes"] == 1


def test_a_refused_message_is_sent_later_and_its_cap_is_given_back(keyless: SenderDesk) -> None:
    add_users(keyless, 1)
    keyless.provider.answers = [THROTTLED]
    assert keyless.decide(message_body(1)) == Later("throttled", 3, is_refused=True, attempt=1)
    assert keyless.counts == {"Attempts": 1, "FailedAttempts": 1, "ProviderThrottles": 1}
    other = message_body(1, message_id="other")
    assert keyless.decide(other) == Done("sent")
    assert keyless.decide(message_body(1)) == Done("suppressed", "capped")


def test_what_has_to_be_mended_is_tried_again_after_it_was_redriven(desk: SenderDesk) -> None:
    add_users(desk, 1)
    desk.provider.answers = [Refused("refused_400")]
    first = desk.clock.at
    assert desk.decide(message_body(1), enqueued_at=first) == Dead("refused_400", 1)
    desk.clock.pass_time(minutes=1)
    assert desk.decide(message_body(1), enqueued_at=first) == Dead("refused_400", 1)
    assert len(desk.provider.requests) == 1
    redriven = desk.clock.at
    assert desk.decide(message_body(1), enqueued_at=redriven) == Done("sent")
    # A provider may answer a key that it refused with the same refusal again.
    assert desk.provider.keys == ["m00001", "m00001-2"]


def test_an_attempt_that_may_have_been_taken_is_repeated_under_its_own_key(
    desk: SenderDesk,
) -> None:
    add_users(desk, 1)
    desk.provider.answers = [THROTTLED, Unknown("no answer in time"), THROTTLED]
    for _ in range(4):
        desk.decide(message_body(1))
        desk.clock.pass_time(minutes=3)
    assert desk.state(1) == "accepted"
    assert desk.provider.keys == ["m00001"] * 4
    assert desk.provider.taken == {"m00001": 1}


def test_an_address_that_is_gone_ends_the_message(desk: SenderDesk) -> None:
    add_users(desk, 1)
    desk.provider.answers = [Refused("address_gone", is_final=True)]
    assert desk.decide(message_body(1)) == Done("failed", "address_gone")
    assert desk.decide(message_body(1)) == Done("duplicate")
    assert desk.outcomes() == [("m00001", 1, "failed", "address_gone")]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"has_consent": False}, "no_consent"),
        ({"unsubscribed_channels": ["push"]}, "unsubscribed"),
        ({"unsubscribed_channels": {"push"}}, "unsubscribed"),
        ({"push_token": ""}, "no_address"),
    ],
)
def test_what_changes_after_enqueueing_is_honoured(
    desk: SenderDesk, changes: dict[str, Any], reason: str
) -> None:
    add_users(desk, 1, **changes)
    assert desk.decide(message_body(1)) == Done("suppressed", reason)
    # The decision is final, also when the user changes their mind.
    add_users(desk, 1)
    assert desk.decide(message_body(1)) == Done("duplicate")
    assert desk.outcomes() == [("m00001", 0, "suppressed", reason)]
    assert not desk.provider.requests


def test_nobody_without_an_entry_is_sent_to(desk: SenderDesk) -> None:
    assert desk.decide(message_body(1)) == Done("suppressed", "no_address")


def test_another_channel_is_not_unsubscribed(desk: SenderDesk) -> None:
    add_users(desk, 1, unsubscribed_channels=["message"])
    assert desk.decide(message_body(1)) == Done("sent")


def test_the_cap_counts_what_was_sent_within_its_days(desk: SenderDesk) -> None:
    add_users(desk, 1)
    bodies = [message_body(1, message_id=f"of-wave-{wave}") for wave in range(3)]
    assert desk.decide(bodies[0]) == Done("sent")
    assert desk.decide(bodies[1]) == Done("suppressed", "capped")
    # One push message within three days.
    desk.clock.pass_time(days=3, seconds=1)
    assert desk.decide(bodies[2]) == Done("sent")


def test_a_slot_that_another_worker_takes_first_is_seen(desk: SenderDesk) -> None:
    add_users(desk, 1)
    key = {"user_channel": f"{user_hash(1)}#push"}
    taken = {"times": {"elsewhere": desk.clock.at.isoformat()}, "version": 7}
    desk.tables["caps"].put_item(Item=key | taken)
    assert desk.decide(message_body(1)) == Done("suppressed", "capped")


def test_nothing_is_sent_outside_the_window(desk: SenderDesk) -> None:
    add_users(desk, 1)
    window = {"start": "13:00", "end": "21:00", "time_zone": "Asia/Seoul"}
    until = (desk.clock.at + timedelta(hours=4)).isoformat()
    body = message_body(1, window=window, not_after=until)
    # It is noon in Seoul.
    assert desk.decide(body) == Later("outside_window", 3600, is_patient=True)
    desk.clock.pass_time(hours=1)
    assert desk.decide(body) == Done("sent")


def test_the_users_own_time_zone_counts_where_it_is_known(desk: SenderDesk) -> None:
    window = {"start": "08:00", "end": "21:00", "time_zone": "Asia/Seoul"}
    add_users(desk, 1, time_zone="America/New_York")
    # It is 22:00 of the day before in New York.
    decision = desk.decide(message_body(1, window=window))
    assert decision == Later("outside_window", 10 * 3600, is_patient=True)
    add_users(desk, 2, time_zone="No/Such_Zone")
    assert desk.decide(message_body(2, window=window)) == Done("sent")
    assert [one["reference"] for one in desk.provider.requests] == ["m00002"]


def test_a_window_that_opens_too_late_and_a_message_that_is_too_old_are_suppressed(
    desk: SenderDesk,
) -> None:
    add_users(desk, 1, 2)
    window = {"start": "13:00", "end": "21:00", "time_zone": "Asia/Seoul"}
    soon = (desk.clock.at + timedelta(minutes=30)).isoformat()
    assert desk.decide(message_body(1, window=window, not_after=soon)) == Done(
        "suppressed", "outside_window"
    )
    past = (desk.clock.at - timedelta(seconds=1)).isoformat()
    assert desk.decide(message_body(2, not_after=past)) == Done("suppressed", "too_late")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"template": "no_such"}, "unknown_template"),
        ({"campaign_id": "no_such"}, "unknown_campaign"),
    ],
)
def test_what_is_not_defined_is_not_sent_and_writes_nothing(
    desk: SenderDesk, changes: dict[str, str], reason: str
) -> None:
    add_users(desk, 1)
    assert desk.decide(message_body(1, **changes)) == Dead(reason)
    assert not desk.provider.requests
    assert desk.tables["sends"].scan()["Items"] == []


def test_no_request_is_begun_that_the_worker_may_not_live_to_record(desk: SenderDesk) -> None:
    add_users(desk, 1)
    least = desk.settings.provider.timeout + 1
    assert desk.decide(message_body(1), remaining=least - 0.1).reason == "no_time_left"
    assert not desk.provider.requests
    assert desk.decide(message_body(1), remaining=least + 0.1) == Done("sent")
