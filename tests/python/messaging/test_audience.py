from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logmart.errors import CommandError
from logmart.messaging.audience import (
    ENQUEUED,
    HELD_OUT,
    REASONS,
    Audience,
    find_audience,
    is_held_out,
    message_id,
    read_candidates,
    read_caps,
)
from logmart.messaging.audience_command import audience_lines
from logmart.messaging.campaigns import Campaign, Window
from logmart.messaging.store import Fact, MessageStore
from logmart.settings import Settings
from message_mart import AT, CAMPAIGN, ZONE, MartUser, hashed, message, publish

REACHABLE = Fact(
    is_decided=False,
    has_address=True,
    has_consent=True,
    is_unsubscribed=False,
    time_zone=None,
    sent_count=0,
)


class KnownFacts:
    """Answers with the facts of a test instead of those of a stack."""

    def __init__(self, facts: dict[str, Fact] | None = None) -> None:
        self._facts = facts or {}

    def facts(self, channel: str, since: object, messages: list[tuple[str, str]]) -> list[Fact]:
        return [self._facts.get(user, REACHABLE) for _, user in messages]


def audience(
    paths: Settings, facts: dict[str, Fact] | None = None, campaign: Campaign = CAMPAIGN
) -> Audience:
    store = cast(MessageStore, KnownFacts(facts))
    return find_audience(campaign, paths.published, store, AT, ZONE)


def outcomes(found: Audience) -> dict[str, str]:
    return {decision.user_hash: decision.outcome for decision in found.decisions}


@pytest.mark.parametrize(
    ("user", "fields", "expected"),
    [
        ({}, {}, ENQUEUED),
        ({"has_consent": False}, {}, "no_consent"),
        ({"has_consent": None, "status": None}, {}, "no_consent"),
        ({"status": "closed"}, {}, "no_consent"),
        ({}, {"has_consent": False}, "no_consent"),
        ({}, {"has_address": False, "has_consent": None}, "no_address"),
        ({}, {"is_unsubscribed": True}, "unsubscribed"),
        ({"has_consent": False}, {"is_unsubscribed": True}, "unsubscribed"),
        ({}, {"sent_count": 1}, "capped"),
        ({}, {"is_decided": True, "sent_count": 1}, "already_decided"),
    ],
)
def test_a_user_is_excluded_for_the_first_reason(
    tmp_path: Path, user: dict[str, Any], fields: dict[str, Any], expected: str
) -> None:
    paths = publish(tmp_path, [MartUser("u_1", **user)])
    found = audience(paths, {hashed("u_1"): replace(REACHABLE, **fields)})
    assert outcomes(found) == {hashed("u_1"): expected}


def test_what_the_mart_knows_excludes_too(tmp_path: Path) -> None:
    users = [MartUser(name) for name in ("free", "capped", "old", "gone", "other", "had", "held")]
    lately, long_ago = AT - timedelta(days=2), AT - timedelta(days=3)
    own = message_id("spring", hashed("had"), date(2026, 3, 2))
    found = audience(
        publish(
            tmp_path,
            users,
            [
                message("capped", lately, message_status="sent"),
                message("free", lately, message_status="failed"),
                # The cap of push is one message in three days; text messages have their own.
                message("old", long_ago),
                message("other", lately, channel="message", has_unsubscribed=True),
                message("gone", long_ago, has_unsubscribed=True),
                # The table of sends forgets; the mart does not.
                message("had", long_ago, message_id=own, campaign_id="spring"),
                message("held", lately, campaign_id="spring", is_holdout=True),
            ],
        )
    )
    assert outcomes(found) == {
        hashed(name): outcome
        for name, outcome in {
            "free": ENQUEUED,
            "capped": "capped",
            "old": ENQUEUED,
            "gone": "unsubscribed",
            "other": ENQUEUED,
            "had": "already_decided",
            "held": ENQUEUED,
        }.items()
    }


def test_nobody_is_enqueued_whose_window_opens_after_the_wave(tmp_path: Path) -> None:
    paths = publish(tmp_path, [MartUser("seoul"), MartUser("los_angeles")])
    facts = {hashed("los_angeles"): replace(REACHABLE, time_zone="America/Los_Angeles")}
    morning = Window(start="09:00", end="12:00")  # type: ignore[arg-type]
    # It is 17:00 in Los Angeles, and 02:00 in Seoul when the window opens there.
    last_day = replace(CAMPAIGN, window=morning, ends_on=date(2026, 3, 9))
    for waves, expected in (
        ((date(2026, 3, 2), date(2026, 3, 4)), "outside_window"),
        ((date(2026, 3, 2), date(2026, 3, 5)), ENQUEUED),
    ):
        found = audience(paths, facts, replace(last_day, waves=waves))
        assert outcomes(found) == {hashed("seoul"): ENQUEUED, hashed("los_angeles"): expected}
        assert found.not_after == datetime(2026, 3, waves[1].day - 1, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def nine_users(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    users = [MartUser(f"u_{number}", number % 3 > 0) for number in range(9)]
    return publish(tmp_path_factory.mktemp("mart"), users)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(*[st.booleans()] * 4, st.integers(0, 2)), min_size=9, max_size=9),
    st.sampled_from([0, 0.3, 0.999]),
)
def test_the_counts_add_up_to_the_queried_users(
    nine_users: Settings, given_facts: list[tuple[bool, bool, bool, bool, int]], share: float
) -> None:
    facts = {
        hashed(f"u_{number}"): Fact(sent, address, consent, left, None, sent_count)
        for number, (sent, address, consent, left, sent_count) in enumerate(given_facts)
    }
    found = audience(nine_users, facts, replace(CAMPAIGN, holdout_share=share))
    counts = {outcome: found.count(outcome) for outcome in (*REASONS, HELD_OUT, ENQUEUED)}
    assert sum(counts.values()) == len(found.decisions) == 9
    shown = [int(line.split()[-1]) for line in audience_lines(found)[1:]]
    assert shown[0] == sum(shown[1:])


def test_the_holdout_is_a_share_by_chance_and_always_the_same() -> None:
    users = [hashed(f"u_{number}") for number in range(20_000)]
    spring = replace(CAMPAIGN, holdout_share=0.1)
    autumn = replace(spring, campaign_id="autumn")
    held = {user for user in users if is_held_out(spring, user)}
    # Six standard deviations of 20,000 draws are 0.013.
    assert abs(len(held) / len(users) - 0.1) < 0.013
    assert held == {user for user in users if is_held_out(spring, user)}
    both = held & {user for user in users if is_held_out(autumn, user)}
    assert abs(len(both) / len(held) - 0.1) < 0.05
    # A larger share holds out the same users and more.
    assert held < {user for user in users if is_held_out(replace(spring, holdout_share=0.2), user)}


def test_ids_of_messages_differ_by_campaign_user_and_wave() -> None:
    first, second = CAMPAIGN.waves
    ids = {
        message_id(campaign, user, wave)
        for campaign in ("spring", "autumn")
        for user in (hashed("u_1"), hashed("u_2"))
        for wave in (first, second)
    }
    assert len(ids) == 8
    assert message_id("spring", hashed("u_1"), first) in ids


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select user_id from marts.nowhere", "the query of spring fails: Catalog Error"),
        ("select user_id from marts.dim_users where false", "finds nobody: nothing is sent"),
        ("select user_id, 1 as one from marts.dim_users", "gives user_id, one: select user_id"),
        ("select 'u_1' as user_id", "gives a user_id that is none of the mart"),
        ("select null as user_id", "gives a user_id that is none of the mart"),
        ("select content as user_id from read_text('/etc/hostname')", "fails: Permission Error"),
        ("select 1 as user_id); drop table marts.dim_users; (select 1", "fails: "),
        ("delete from marts.dim_users", "fails: "),
    ],
)
def test_a_query_that_fails_or_finds_nobody_is_one_line(
    tmp_path: Path, query: str, said: str
) -> None:
    paths = publish(tmp_path, [MartUser("u_1")])
    with pytest.raises(CommandError, match=said) as raised:
        read_candidates(replace(CAMPAIGN, query=query), paths.published, AT)
    assert "\n" not in str(raised.value)
    assert len(read_candidates(CAMPAIGN, paths.published, AT)) == 1


def test_no_audience_without_a_published_mart_or_outside_the_dates(tmp_path: Path) -> None:
    paths = publish(tmp_path, [MartUser("u_1")])
    late = replace(CAMPAIGN, waves=(date(2026, 3, 4),))
    with pytest.raises(CommandError, match="sent from 2026-03-04 to 2026-03-10, not on 2026-03-03"):
        audience(paths, campaign=late)
    paths.published.unlink()
    with pytest.raises(CommandError, match="is not there: build first"):
        audience(paths)


def test_the_caps_are_those_of_the_seed() -> None:
    assert {
        channel: (cap.max_messages, cap.window_days) for channel, cap in read_caps().items()
    } == {
        "push": (1, 3),
        "message": (1, 7),
    }
