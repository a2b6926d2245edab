"""What the commands of messages say, and that they send nothing, where something is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from local_stack import LocalStack
from logmart.__main__ import run
from logmart.errors import CommandError, TransientError
from logmart.landed.file_lock import held
from logmart.messaging import send
from logmart.messaging.campaigns import Campaign
from logmart.messaging.land import LOCK_FILE
from logmart.settings import Settings
from message_mart import CAMPAIGN, MartUser, publish

pytest_plugins = ["message_stack"]


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    paths = publish(tmp_path, [MartUser("u_1"), MartUser("u_2", has_consent=False)])
    places = {"LANDING": paths.landing, "DATABASE": paths.database, "PUBLISHED": paths.published}
    for name, path in places.items():
        monkeypatch.setenv(f"LOGMART_{name}", str(path))
    return paths


def due(monkeypatch: pytest.MonkeyPatch, **fields: object) -> None:
    """Let the campaign of the tests be the only one, and due today."""
    today = datetime.now(UTC).date()
    given: dict[str, object] = {"waves": (today,), "ends_on": today + timedelta(days=2), **fields}
    campaign: Campaign = replace(CAMPAIGN, **given)  # type: ignore[arg-type]
    monkeypatch.setattr(send, "read_campaign", lambda _: campaign)
    monkeypatch.setattr(send, "read_campaigns", lambda: [campaign])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("audience", "nothing"), "no campaign nothing in .*operations/messaging/campaigns: write"),
        (("send", "nothing"), "no campaign nothing in "),
        (("audience", "quiet_customers"), "LOGMART_MESSAGES_STACK is not set: name the stack"),
        (("land",), "LOGMART_MESSAGES_STACK is not set"),
        (("address-book", "nowhere.jsonl"), "nowhere.jsonl cannot be read"),
        (("send", "quiet_customers"), "is sent from 2026-03-06 to 2026-03-29, not on 20"),
    ],
)
def test_what_is_wrong_is_one_line(
    paths: Settings, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.delenv("LOGMART_MESSAGES_STACK", raising=False)
    with pytest.raises(CommandError, match=said) as raised:
        run(["messages", *words])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("words", [("send",), ("send", "quiet_customers", "--due")])
def test_a_campaign_or_all_that_are_due(words: tuple[str, ...]) -> None:
    assert run(["messages", *words]) == 2


def test_nothing_is_due_on_most_days(
    paths: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LOGMART_MESSAGES_STACK", raising=False)
    due(monkeypatch, waves=(date(2026, 3, 2),), ends_on=date(2026, 3, 3))
    assert run(["messages", "send", "--due"]) == 0
    assert "no campaign has a wave on 20" in capsys.readouterr().out


@pytest.mark.usefixtures("store")
def test_what_is_due_is_sent_and_landed(
    paths: Settings,
    stack: LocalStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "users.jsonl"
    lines = [json.dumps({"userId": name, "pushToken": "t"}) for name in ("u_1", "u_2", "u_new")]
    file.write_text("\n".join(lines))
    assert run(["messages", "address-book", str(file)]) == 0
    assert "wrote 3 users; 1 of them are unknown to the mart" in capsys.readouterr().out
    due(monkeypatch)
    publish(tmp_path, [MartUser("u_1"), MartUser("u_2")])
    assert run(["messages", "send", "--due"]) == 0
    out = capsys.readouterr().out
    # The newest consent reaches the book before anybody is chosen.
    assert "the consent of 1 users changed" in out
    assert "  to send                   2" in out
    assert len(stack.receive()) == 2
    due(monkeypatch, query="select user_id from marts.dim_users where false")
    with pytest.raises(CommandError, match="the query of spring finds nobody: nothing is sent"):
        run(["messages", "send", "spring"])
    assert stack.receive() == []


def test_one_landing_at_a_time(paths: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGMART_MESSAGES_STACK", "any")
    with held(paths.database.parent / LOCK_FILE) as is_ours:
        assert is_ours
        with pytest.raises(TransientError, match="another `logmart messages land` is at work"):
            run(["messages", "land"])
