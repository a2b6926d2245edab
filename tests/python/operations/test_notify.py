"""A notice says what matters, reaches its channel, and never shows the webhook."""

from __future__ import annotations

import json
import socket
import stat
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmart.errors import CommandError
from logmart.operations import notify
from logmart.operations.notice_text import Notice, notice_lines
from logmart.operations.notify import (
    NoticesFile,
    SendError,
    Slack,
    StandardOutput,
    channel_of,
    slack_message,
)
from slack_stub import SECRET, Answer, SlackStub, slack_stub

NOTICE = Notice(
    incident_id="8a2f61",
    escalation_level=1,
    recipient="data-platform lead",
    severity="critical",
    owner="data_platform",
    subject_kind="model",
    subject="fct_sessions",
    expected="Check fct_sessions passes",
    observed="Binder Error: no column a",
    next_action="Mend the cause, then run the task again",
    fallback_data_date=date(2026, 2, 27),
    opened_at=datetime(2026, 3, 1, 20, 5),
    affected_count=31,
)
LIMITED = Answer(429, "rate_limited", (("Retry-After", "7"),))
BROKEN = Answer(503, "upstream")


@pytest.fixture
def slack() -> Iterator[SlackStub]:
    with slack_stub() as stub:
        yield stub


def send(stub: SlackStub, notice: Notice = NOTICE) -> list[float]:
    """Send to the stub; return how long was waited between the requests."""
    waits: list[float] = []
    Slack(stub.webhook, waits.append).send(notice)
    return waits


def test_a_notice_names_what_a_reader_has_to_know(slack: SlackStub) -> None:
    send(slack)
    assert slack.texts == [
        "CRITICAL: model fct_sessions\n"
        "Expected: Check fct_sessions passes\n"
        "Observed: Binder Error: no column a\n"
        "Owner: data_platform (told: data-platform lead, escalation 1)\n"
        "Next: Mend the cause, then run the task again\n"
        "Fallback: readers see the data of 2026-02-27\n"
        "Affected: 31 subjects, told by this one notice\n"
        "Incident 8a2f61, open since 2026-03-01 20:05 UTC"
    ]


def test_what_is_not_so_is_not_told() -> None:
    notice = replace(NOTICE, fallback_data_date=None, affected_count=1, escalation_level=0)
    lines = notice_lines(notice)
    assert len(lines) == 6
    assert lines[3] == "Owner: data_platform (told: data-platform lead)"


def test_markup_and_mentions_in_a_name_are_text(slack: SlackStub) -> None:
    send(slack, replace(NOTICE, subject="<!channel> a&b <https://example.com|x>"))
    (text,) = slack.texts
    assert text.startswith(
        "CRITICAL: model &lt;!channel&gt; a&amp;b &lt;https://example.com|x&gt;\nExpected"
    )
    assert slack.messages[0]["mrkdwn"] is False
    assert slack.messages[0]["unfurl_links"] is False


@given(name=st.text())
def test_a_name_can_forge_no_line_and_no_markup(name: str) -> None:
    notice = replace(NOTICE, subject=name, observed=name, recipient=name, expected=name)
    text = str(slack_message(notice)["text"])
    plain = str(slack_message(NOTICE)["text"])
    assert text.count("\n") == plain.count("\n") or text.startswith("<@")
    assert "<" not in text.removeprefix("<@")
    assert all(character.isprintable() for character in text.replace("\n", ""))


def test_a_member_of_slack_is_mentioned() -> None:
    text = str(slack_message(replace(NOTICE, recipient="U012AB3CD"))["text"])
    assert text.startswith("<@U012AB3CD>\nCRITICAL")


def test_a_long_text_is_cut() -> None:
    lines = notice_lines(replace(NOTICE, observed="x" * 5_000))
    assert max(len(line) for line in lines) == 300


def test_a_limited_or_failing_server_is_asked_again(slack: SlackStub) -> None:
    slack.answers = [LIMITED, BROKEN]
    assert send(slack) == [7, 2]
    assert len(slack.messages) == 3


def test_three_attempts_are_all(slack: SlackStub) -> None:
    slack.answers = [BROKEN] * 4
    with pytest.raises(SendError, match=r"^Slack did not take the notice: it answered 503"):
        send(slack)
    assert len(slack.messages) == 3


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(404, "no_service"), "it answered 404 (no_service)"),
        (Answer(403, f"<a>{SECRET}</a>"), "it answered 403"),
        (Answer(302, "", (("Location", "http://127.0.0.1:9/"),)), "it answered 302"),
        (Answer(429, "", (("Retry-After", "3600"),)), "it answered 429"),
    ],
)
def test_what_cannot_succeed_now_is_not_tried_again(
    slack: SlackStub, answer: Answer, why: str
) -> None:
    slack.answers = [answer]
    with pytest.raises(SendError) as raised:
        send(slack)
    assert str(raised.value) == f"Slack did not take the notice: {why}"
    assert len(slack.messages) == 1


def test_a_server_that_is_away_is_a_failure_that_does_not_show_the_webhook() -> None:
    with slack_stub() as stub:
        webhook = stub.webhook
    assert_unsent(webhook, "it cannot be reached (ConnectionRefusedError)")


def test_a_server_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "_SECONDS_A_REQUEST", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert_unsent(f"http://127.0.0.1:{port}/{SECRET}", "it did not answer in time")


def assert_unsent(webhook: str, why: str) -> None:
    with pytest.raises(SendError) as raised:
        Slack(webhook, lambda _: None).send(NOTICE)
    assert str(raised.value) == f"Slack did not take the notice: {why}"
    assert SECRET not in "".join(traceback.format_exception(raised.value))
    assert SECRET not in repr(Slack(webhook))


@pytest.mark.parametrize(
    "webhook",
    [
        f"http://hooks.example.com/{SECRET}",
        f"hooks.example.com/{SECRET}",
        f"https://hooks.example.com/{SECRET} x",
        f"https://hooks.example.com:port/{SECRET}",
        f"https://[{SECRET}",
        f"https://hooks.example.com/{SECRET}\n",
        f"file:///{SECRET}",
    ],
)
def test_a_wrong_webhook_is_refused_unseen(webhook: str) -> None:
    with pytest.raises(CommandError, match="LOGMART_SLACK_WEBHOOK is no https address") as raised:
        channel_of({"LOGMART_SLACK_WEBHOOK": webhook})
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_the_environment_decides(tmp_path: Path) -> None:
    webhook = {"LOGMART_SLACK_WEBHOOK": "https://hooks.example.com/services/a"}
    file = {"LOGMART_NOTICES_FILE": str(tmp_path / "notices")}
    assert isinstance(channel_of(webhook | file), Slack)
    assert channel_of(file) == NoticesFile(tmp_path / "notices")
    assert channel_of({}) == StandardOutput()


def test_a_file_gets_a_line_a_notice_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    for _ in range(2):
        NoticesFile(path).send(replace(NOTICE, subject="a\nb"))
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(lines) == 2
    assert lines[0]["subject"] == "a b"
    assert lines[0]["fallback_data_date"] == "2026-02-27"
    assert lines[0]["opened_at"] == "2026-03-01T20:05:00Z"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SendError, match=r"notices cannot be written: No such file"):
        NoticesFile(tmp_path / "gone/notices").send(NOTICE)


def test_standard_output_shows_the_same_lines(capsys: pytest.CaptureFixture[str]) -> None:
    StandardOutput().send(replace(NOTICE, subject="\x1b[31mred"))
    out = capsys.readouterr().out
    assert out.startswith("CRITICAL: model [31mred\n  Expected: ")
    assert out.endswith("2026-03-01 20:05 UTC\n")
