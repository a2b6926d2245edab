"""Files in quarantine: moved by one rename, recorded, released, and dropped when they are old."""

from __future__ import annotations

import errno
import gzip
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import pytest

from logmart.__main__ import run as run_logmart
from logmart.errors import CommandError
from logmart.landed.file_names import landed_files
from logmart.landed.quarantine import QuarantinedFile, move_to_quarantine, quarantined_files
from logmart.landed.whole_files import is_whole
from logmart.operations.file_actions import Actions
from logmart.operations.landed_records import last_actions
from logmart.policies.decisions import Decision
from logmart.policies.results import Run

FILE = "app/dt=2026-01-09/events.jsonl"
MOVED = Decision(
    subject_kind="file",
    subject=FILE,
    check_name="truncated:files",
    policy_id="raw_truncated_file",
    severity="critical",
    action="quarantine",
    is_reported=True,
    failed_share=1.0,
)


def kill(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


def land(landing: Path, name: str = FILE, text: str = '{"a":1}\n') -> Path:
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def actions(landing: Path, run_id: str = "run-1") -> Actions:
    return Actions(landing, Run(run_id, date(2026, 1, 9), datetime.now(UTC)), "test")


def places(landing: Path) -> list[str]:
    """Return all files of the landing zone but the records of operations."""
    paths = (path.relative_to(landing).as_posix() for path in landing.rglob("*") if path.is_file())
    return sorted(name for name in paths if not name.startswith("operations/"))


def test_a_quarantined_file_is_no_landed_file_of_its_source(landing: Path) -> None:
    land(landing)
    actions(landing).quarantine({FILE: MOVED})
    assert places(landing) == [f"_quarantine/{FILE}"]
    assert list(landed_files(landing / "app")) == []
    last = last_actions(landing)[FILE]
    assert (last.action, last.policy_id) == ("quarantine", "raw_truncated_file")
    assert last.reason == "truncated:files, 100% of it"


@pytest.mark.parametrize("call", ["rename", "fsync"])
def test_a_killed_move_leaves_the_file_whole_in_one_place(
    landing: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    land(landing)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, kill)
        with pytest.raises(KeyboardInterrupt):
            actions(landing).quarantine({FILE: MOVED})
    assert places(landing) == [FILE]
    assert (landing / FILE).read_text() == '{"a":1}\n'


def test_a_file_that_cannot_be_moved_stays_and_has_no_record(landing: Path) -> None:
    land(landing)
    (landing / "_quarantine").write_text("in the way")
    with pytest.raises(OSError, match="_quarantine"):
        actions(landing).quarantine({FILE: MOVED})
    assert (landing / FILE).exists()
    assert last_actions(landing) == {}


def test_a_move_without_its_record_gets_one_from_the_next_run(
    landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(landing)
    with monkeypatch.context() as patch:
        patch.setattr("logmart.operations.file_actions.land", kill)
        with pytest.raises(KeyboardInterrupt):
            actions(landing).quarantine({FILE: MOVED})
    assert places(landing) == [f"_quarantine/{FILE}"]
    again = actions(landing, "run-2")
    assert again.finish_killed(last_actions(landing)) == [FILE]
    assert again.finish_killed(last_actions(landing)) == []
    assert last_actions(landing)[FILE].reason == "moved by a run that was killed"


def test_a_second_file_of_the_name_does_not_overwrite_the_first(landing: Path) -> None:
    for text in ("1\n", "2\n", "3\n"):
        land(landing, text=text)
        move_to_quarantine(landing, FILE)
    found = list(quarantined_files(landing))
    assert [file.landing_file for file in found] == [FILE] * 3
    assert sorted(file.path.read_text() for file in found) == ["1\n", "2\n", "3\n"]


def release(*arguments: str) -> int:
    return run_logmart(["quality", "release", *arguments])


@pytest.fixture
def quarantined(landing: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A landing zone with one file, which is in quarantine."""
    monkeypatch.setenv("LOGMART_LANDING", str(landing))
    land(landing)
    actions(landing).quarantine({FILE: MOVED})
    return landing


def test_a_released_file_is_back_where_it_landed(quarantined: Path) -> None:
    assert release(FILE) == 0
    assert places(quarantined) == [FILE]
    last = last_actions(quarantined)[FILE]
    assert (last.action, last.reason) == ("release", "returned")


def test_a_release_that_was_killed_is_a_file_in_quarantine(
    quarantined: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("logmart.quality.release.move_back", kill)
        with pytest.raises(click.Abort):
            release(FILE)
    assert places(quarantined) == [f"_quarantine/{FILE}"]
    assert actions(quarantined, "run-2").finish_killed(last_actions(quarantined)) == [FILE]
    assert last_actions(quarantined)[FILE].action == "quarantine"


def test_a_replacement_lands_under_the_name_of_the_file(quarantined: Path, tmp_path: Path) -> None:
    replacement = land(tmp_path, "other.jsonl", '{"b":2}\n')
    assert release(FILE, "--replacement", str(replacement)) == 0
    assert places(quarantined) == [FILE]
    assert (quarantined / FILE).read_text() == '{"b":2}\n'
    assert last_actions(quarantined)[FILE].reason == "replaced"


def test_a_replacement_that_was_killed_is_finished_by_the_next_run(
    quarantined: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("logmart.operations.file_actions.discard", kill)
        with pytest.raises(click.Abort):
            release(FILE, "--replacement", str(land(tmp_path, "other.jsonl")))
    assert places(quarantined) == [f"_quarantine/{FILE}", FILE]
    again = actions(quarantined, "run-2")
    again.finish_killed(last_actions(quarantined))
    assert again.drop_replaced() == [FILE]
    assert places(quarantined) == [FILE]
    assert last_actions(quarantined)[FILE].reason == "replaced"


def test_a_replacement_that_is_cut_is_refused(quarantined: Path, tmp_path: Path) -> None:
    replacement = land(tmp_path, "other.jsonl", '{"b":')
    with pytest.raises(CommandError, match="is cut"):
        release(FILE, "--replacement", str(replacement))
    assert places(quarantined) == [f"_quarantine/{FILE}"]


def test_a_file_that_has_landed_since_is_not_overwritten(quarantined: Path) -> None:
    land(quarantined, text='{"new":1}\n')
    with pytest.raises(CommandError, match="has landed since"):
        release(FILE)
    assert (quarantined / FILE).read_text() == '{"new":1}\n'
    assert actions(quarantined, "run-2").drop_replaced() == [FILE]
    assert places(quarantined) == [FILE]


def test_an_unknown_file_cannot_be_released(quarantined: Path) -> None:
    with pytest.raises(CommandError, match="is not in quarantine"):
        release("app/dt=2026-01-09/other.jsonl")


def test_quarantined_files_are_listed_with_their_reason(
    quarantined: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_logmart(["quality", "quarantined"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{FILE}  truncated:files, 100% of it, since 20")
    assert last == "1 files in quarantine"


@pytest.mark.parametrize(
    ("newest", "days", "dropped"),
    [("2026-04-09", 90, []), ("2026-04-10", 90, [FILE]), ("2026-04-10", None, [])],
)
def test_a_quarantined_file_is_removed_when_text_of_its_day_is_no_longer_kept(
    quarantined: Path, newest: str, days: int | None, dropped: list[str]
) -> None:
    land(quarantined, f"app/dt={newest}/events.jsonl")
    land(quarantined, "bank/dt=2026-09-01/users.jsonl")
    assert actions(quarantined, "run-2").drop_expired(days) == dropped
    assert (f"_quarantine/{FILE}" in places(quarantined)) == (not dropped)


CUT_LINE = b'{"a":1}\n{"a":'


@pytest.mark.parametrize(
    ("name", "content", "due"),
    [
        ("a.jsonl", b'{"a":1}\n', True),
        ("a.jsonl", b'{"a":1}', True),
        ("a.jsonl", b"", True),
        ("a.jsonl", b"not JSON\n", True),
        ("a.jsonl", CUT_LINE, False),
        ("a.jsonl.gz", gzip.compress(CUT_LINE), False),
        ("a.jsonl.gz", gzip.compress(b'{"a":1}\n'), True),
        ("a.jsonl.gz", gzip.compress(b'{"a":1}\n')[:-3], False),
        ("a.jsonl.gz", b"no gzip", False),
        ("a.parquet", b"PAR1", False),
    ],
)
def test_a_file_is_whole_unless_it_was_cut(
    tmp_path: Path, name: str, content: bytes, due: bool
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert is_whole(path) is due


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.parquet"])
def test_a_file_that_cannot_be_read_now_is_not_called_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.ESTALE, "Stale file handle")

    (tmp_path / name).write_bytes(b"")
    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(gzip, "open", refuse)
    with pytest.raises(OSError, match="Stale file handle"):
        is_whole(tmp_path / name)


def test_the_partition_of_a_quarantined_file_is_that_it_landed_in() -> None:
    file = QuarantinedFile(Path("x"), FILE)
    assert (file.source, file.landed_on) == ("app", date(2026, 1, 9))
