"""A watch sends what is due, lands what it sent, and leaves to the next watch what it could not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from logmart.errors import CommandError
from logmart.operations import watch as watch_module
from logmart.operations.notice_text import Notice
from logmart.operations.notify import Channel, NoticesFile, Slack
from logmart.operations.watch import main, watch
from logmart.operations.watch_database import WatchDatabase, watch_database
from slack_stub import SECRET, Answer, SlackStub, slack_stub
from test_notify import NOTICE

AT = datetime(2026, 3, 1, 20, 30, 15, 500_000, tzinfo=UTC)


@dataclass(frozen=True)
class DecidedDatabase(WatchDatabase):
    """A watch's database that has decided already what is due."""

    due: list[Notice] = field(default_factory=list)
    built: list[datetime] = field(default_factory=list)

    def build(self, at: datetime) -> None:
        self.built.append(at)

    def notices_due(self) -> list[Notice]:
        return self.due


@pytest.fixture
def slack() -> Iterator[SlackStub]:
    with slack_stub() as stub:
        yield stub


def notices(landing: Path) -> list[dict[str, object]]:
    """Return the landed records of notices in the order of their files."""
    paths = sorted(landing.glob("operations/dt=2026-03-01/notices-watch-*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]


def sent(tmp_path: Path, channel: Channel, *due: Notice) -> int:
    database = DecidedDatabase(tmp_path / "build/watch", list(due))
    return watch(tmp_path / "landing", database, channel, AT)


def test_each_notice_is_sent_and_lands_once(tmp_path: Path, slack: SlackStub) -> None:
    other = replace(NOTICE, incident_id="77c0", escalation_level=0, subject="app")
    assert sent(tmp_path, Slack(slack.webhook), other, NOTICE) == 0
    assert [text.split("\n")[0] for text in slack.texts] == [
        "CRITICAL: model app",
        "CRITICAL: model fct_sessions",
    ]
    landed = notices(tmp_path / "landing")
    ids = {record.pop("noticeId") for record in landed}
    assert len(ids) == 2
    common = {"recipient": "data-platform lead", "channel": "slack", "outcome": "sent"}
    at = {"occurredAt": "2026-03-01T20:30:15.000Z"}
    assert landed == [
        {"incidentId": "77c0", "level": 0, **common, **at},
        {"incidentId": "8a2f61", "level": 1, **common, **at},
    ]


def test_the_database_is_built_as_of_the_clock(tmp_path: Path) -> None:
    database = DecidedDatabase(tmp_path / "watch")
    watch(tmp_path / "landing", database, NoticesFile(tmp_path / "notices"), AT)
    assert database.built == [AT.replace(microsecond=0)]
    assert not (tmp_path / "landing").exists()


def test_an_escalation_lands_as_an_action_too(tmp_path: Path) -> None:
    first = replace(NOTICE, escalation_level=0)
    sent(tmp_path, NoticesFile(tmp_path / "notices"), first, NOTICE)
    (path,) = (tmp_path / "landing/operations/dt=2026-03-01").glob("actions-watch-*")
    action = json.loads(path.read_text("utf-8"))
    assert len(action.pop("actionId")) == 32
    assert action == {
        "action": "escalate",
        "incidentId": "8a2f61",
        "subjectKind": "model",
        "subject": "fct_sessions",
        "outcome": "succeeded",
        "actor": "watch",
        "reason": "level 1: data-platform lead",
        "occurredAt": "2026-03-01T20:30:15.000Z",
    }


def test_what_could_not_be_sent_lands_as_failed_and_is_told(
    tmp_path: Path, slack: SlackStub, capsys: pytest.CaptureFixture[str]
) -> None:
    slack.answers = [Answer(404, "no_service")]
    other = replace(NOTICE, incident_id="77c0")
    assert sent(tmp_path, Slack(slack.webhook), NOTICE, other) == 1
    outcomes = {record["incidentId"]: record["outcome"] for record in notices(tmp_path / "landing")}
    assert outcomes == {"8a2f61": "failed", "77c0": "sent"}
    error = capsys.readouterr().err
    assert error == (
        "logmart: incident 8a2f61 was told to nobody: Slack did not take the notice: it answered"
        " 404 (no_service); the next watch tries again\n"
    )


def test_a_notice_that_failed_and_is_sent_later_are_two_records(
    tmp_path: Path, slack: SlackStub
) -> None:
    slack.answers = [Answer(404)]
    sent(tmp_path, Slack(slack.webhook), NOTICE)
    sent(tmp_path, Slack(slack.webhook), NOTICE)
    landed = notices(tmp_path / "landing")
    assert [record["outcome"] for record in landed] == ["sent", "failed"]
    assert landed[0]["noticeId"] != landed[1]["noticeId"]


def test_a_second_watch_at_once_does_nothing(
    tmp_path: Path, slack: SlackStub, capsys: pytest.CaptureFixture[str]
) -> None:
    with WatchDatabase(tmp_path / "build/watch").locked() as is_ours:
        assert is_ours
        assert sent(tmp_path, Slack(slack.webhook), NOTICE) == 0
    assert "Another watch is at work" in capsys.readouterr().out
    assert slack.messages == []
    assert sent(tmp_path, Slack(slack.webhook), NOTICE) == 0
    assert len(slack.messages) == 1


def test_a_record_that_cannot_land_ends_the_watch_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "landing").write_text("a file in the place of the folder")
    with pytest.raises(CommandError, match="a notice that was sent cannot be landed in .*landing"):
        sent(tmp_path, NoticesFile(tmp_path / "notices"), NOTICE)


@pytest.fixture
def decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DecidedDatabase:
    """Let the command decide that one notice is due."""
    database = DecidedDatabase(tmp_path / "watch", [NOTICE])
    monkeypatch.setattr(watch_module, "watch_database", lambda _: database)
    monkeypatch.setenv("LOGMART_LANDING", str(tmp_path / "landing"))
    monkeypatch.delenv("LOGMART_SLACK_WEBHOOK", raising=False)
    monkeypatch.delenv("LOGMART_NOTICES_FILE", raising=False)
    return database


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, arguments, standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.return_value, done.stdout, done.stderr


def test_the_command_prints_where_no_channel_is_named(decided: DecidedDatabase) -> None:
    code, out, _ = run("--at", "2026-03-01T20:30+00:00")
    assert code == 0
    assert "CRITICAL: model fct_sessions\n  Expected: " in out
    assert "Watched until 2026-03-01 20:30:00 UTC" in out


def test_the_command_ends_with_75_when_something_was_not_sent(
    decided: DecidedDatabase, monkeypatch: pytest.MonkeyPatch, slack: SlackStub
) -> None:
    monkeypatch.setenv("LOGMART_SLACK_WEBHOOK", slack.webhook)
    slack.answers = [Answer(410, SECRET)]
    code, out, error = run("--at", "2026-03-01 20:30")
    assert code == 75
    assert "0 notices sent" in out
    assert "it answered 410;" in error
    assert SECRET not in out + error


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--at", "yesterday"], "is no moment such as"),
        (["--at", "2199-01-01"], "is in the future"),
        (["--at", "2026-03-01", "--every", "5"], "leave out --every"),
        (["--every", "0"], "0 is not in the range"),
    ],
)
def test_options_without_a_meaning_are_refused(arguments: list[str], why: str) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert why in done.stderr


class EnoughError(Exception):
    """Ends a watch that would go on for ever."""


def test_a_watch_for_ever_goes_on_after_an_error(
    decided: DecidedDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sleeps: list[float] = []

    def build(_: DecidedDatabase, at: datetime) -> None:
        assert datetime.now(UTC) - at < timedelta(seconds=5)
        if not sleeps:
            raise CommandError("the disk is full")

    def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        if len(sleeps) == 2:
            raise EnoughError

    monkeypatch.setattr(DecidedDatabase, "build", build)
    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(EnoughError):
        main.main(["--every", "5"], standalone_mode=False)
    printed = capsys.readouterr()
    assert printed.err == "logmart: the disk is full\n"
    assert printed.out.count("CRITICAL") == 1
    assert all(290 < seconds <= 300 for seconds in sleeps)


def test_the_watch_lies_in_the_private_folder_of_the_build(tmp_path: Path) -> None:
    database = watch_database(tmp_path / "build/logmart.duckdb")
    assert database.database == tmp_path / "build/watch/logmart.duckdb"
    with database.locked():
        assert [path.stat().st_mode & 0o777 for path in (tmp_path / "build", database.folder)] == [
            0o700,
            0o700,
        ]


def test_a_broken_file_of_operations_does_not_stop_the_watch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "landing/operations/dt=2026-03-01/task_runs-x.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"PAR1 and no more")
    database = DecidedDatabase(tmp_path / "build/watch")
    watch(tmp_path / "landing", database, NoticesFile(tmp_path / "notices"), AT)
    assert not broken.exists()
    assert len(database.built) == 1
    moved = "operations/dt=2026-03-01/task_runs-x.parquet is cut: it is in quarantine\n"
    assert capsys.readouterr().out.startswith(moved)
