"""`make erase` as it is typed: what it asks, refuses before it writes, and says when stopped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from logmart import erase
from logmart.__main__ import run as run_logmart
from logmart.errors import CommandError
from logmart.landed.identifiers import erased_list_path
from logmart.landed.quarantine import move_to_quarantine
from mart_runs import KEY, Mart, app_event, hashed

EVENTS = "app/dt=2026-03-31/events.jsonl"
ALONE = ["--vars", json.dumps({"record_sources": {}})]
TESTS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")


def opened(number: int, user: str) -> dict[str, Any]:
    return app_event(
        "app_opened",
        {"launchSource": "icon"},
        eventId=f"e{number}",
        userId=user,
        deviceId=f"d-{user}",
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    mart = Mart(tmp_path_factory.mktemp("zone"))
    mart.land(EVENTS, [opened(1, "u_1"), opened(2, "u_1$x"), opened(3, "u_1$x"), opened(4, " u_1")])
    mart.build(*TESTS)
    return mart


Erase = Callable[..., int]


@pytest.fixture
def mart(built: Mart, tmp_path: Path) -> Mart:
    shutil.copytree(built.folder, tmp_path / "zone")
    return Mart(tmp_path / "zone")


@pytest.fixture
def erase_user(mart: Mart, monkeypatch: pytest.MonkeyPatch) -> Erase:
    """Run the command on the mart, its build that of the tests."""
    places = {"LANDING": mart.landing, "DATABASE": mart.database, "PUBLISHED": mart.folder / "p"}
    for name, path in places.items():
        monkeypatch.setenv(f"LOGMART_{name}", str(path))
    monkeypatch.setenv("LOGMART_ID_KEY", KEY)

    def run(user: str, *arguments: str, build: Callable[[], None] | None = None) -> int:
        monkeypatch.setenv("LOGMART_ERASE_USER", user)
        monkeypatch.setattr(
            erase, "build_mart", lambda _: (build or (lambda: mart.build(*TESTS)))()
        )
        return run_logmart(["mart", "erase", "--target-path", str(mart.target_path), *arguments])

    return run


def files_of(mart: Mart) -> dict[str, bytes]:
    """Return all that an erasure could write, but for artifacts and logs."""
    return {
        str(path.relative_to(mart.folder)): path.read_bytes()
        for path in mart.folder.rglob("*")
        if path.is_file() and not {"target", "logs"} & set(path.relative_to(mart.folder).parts)
    }


def test_only_the_user_whose_id_was_given_is_erased(
    mart: Mart, erase_user: Erase, capsys: pytest.CaptureFixture[str]
) -> None:
    assert erase_user("u_1$x", "--yes", *ALONE, build=lambda: None) == 0
    printed = capsys.readouterr().out
    counts = f"  {'events':<28} {2:>7}\n  {'devices that were theirs alone':<28} {1:>7}\n"
    assert printed.startswith(f"To be erased, for good: 2 lines of 1 landed files\n{counts}")
    assert printed.endswith(f"Erased 2 lines of 1 landed files, for good\n{counts}")
    assert "u_1" not in printed
    lines = (mart.landing / EVENTS).read_text().splitlines()
    assert [json.loads(line).get("userId") for line in lines] == ["u_1", None, None, " u_1"]


def test_the_lines_of_quarantined_files_are_erased_too(
    mart: Mart, erase_user: Erase, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "app/dt=2026-04-01/broken.jsonl"
    mart.land(name, [opened(9, "u_1$x"), opened(10, "u_9")])
    quarantined = move_to_quarantine(mart.landing, name)
    assert erase_user("u_1$x", "--yes", *ALONE, build=lambda: None) == 0
    assert f"  {'lines of quarantined files':<28} {1:>7}\n" in capsys.readouterr().out
    lines = [json.loads(line) for line in quarantined.read_text().splitlines()]
    assert [(line.get("logmart"), line.get("userId")) for line in lines] == [
        ("erased", None),
        (None, "u_9"),
    ]


@pytest.mark.parametrize("user", ["u_1 ", "U_1", "u_1$", "u_2", " "])
def test_an_id_that_did_not_land_as_it_was_given_erases_nobody(
    mart: Mart, erase_user: Erase, user: str
) -> None:
    before = files_of(mart)
    with pytest.raises(CommandError, match="give the id as the logs have it"):
        erase_user(user, "--yes", *ALONE)
    assert files_of(mart) == before


@pytest.mark.parametrize("typed", ["u_1", "u_1$x ", "", "yes"])
def test_another_id_at_the_question_erases_nobody(
    mart: Mart, erase_user: Erase, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    before = files_of(mart)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: typed)
    with pytest.raises(CommandError, match="nothing is erased: this is another id"):
        erase_user("u_1$x", *ALONE)
    assert files_of(mart) == before


def test_the_id_at_the_question_erases(
    mart: Mart, erase_user: Erase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: "u_1$x")
    assert erase_user("u_1$x", *ALONE, build=lambda: None) == 0
    assert b"u_1$x" not in (mart.landing / EVENTS).read_bytes()


def test_where_nobody_can_be_asked_nobody_is_erased(
    mart: Mart, erase_user: Erase, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files_of(mart)
    with pytest.raises(CommandError, match="nobody is there to type the id again"):
        erase_user("u_1$x", *ALONE)
    assert files_of(mart) == before
    assert f"  {'events':<28} {2:>7}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "no landed files in .*/bank/"),
        (["--sources", "wikipedia"], "no landed files in .*/wikipedia/"),
        (["--sources", "app,typo", *ALONE], "source typo has no events"),
    ],
)
def test_a_build_that_could_not_begin_stops_before_anything_is_written(
    mart: Mart, erase_user: Erase, options: list[str], message: str
) -> None:
    before = files_of(mart)
    with pytest.raises(CommandError, match=message):
        erase_user("u_1", "--yes", *options)
    assert files_of(mart) == before


def test_a_build_of_other_sources_than_were_loaded_stops_before_anything_is_written(
    mart: Mart, erase_user: Erase
) -> None:
    mart.land("wikipedia/dt=2026-03-31/edits.jsonl", ["{}"])
    before = files_of(mart)
    with pytest.raises(CommandError, match="built from app, and this would build from wikipedia"):
        erase_user("u_1", "--yes", "--sources", "wikipedia")
    assert files_of(mart) == before


def test_artifacts_of_another_build_stop_it_before_anything_is_written(
    mart: Mart, erase_user: Erase, tmp_path: Path
) -> None:
    before = files_of(mart)
    elsewhere = ["--target-path", str(tmp_path)]
    manifest = (mart.target_path / "manifest.json").read_text()
    (tmp_path / "manifest.json").write_text(manifest.replace("base_app__", "base_wikipedia__"))
    with pytest.raises(CommandError, match="is of a build from wikipedia, and .* one from app"):
        erase_user("u_1", "--yes", *ALONE, *elsewhere)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(CommandError, match=r"manifest\.json is not there"):
        erase_user("u_1", "--yes", *ALONE, *elsewhere)
    assert files_of(mart) == before


@pytest.mark.parametrize(
    ("error", "message"),
    [(CommandError("dbt build failed"), "dbt build failed"), (KeyboardInterrupt(), "interrupted")],
)
def test_an_erasure_whose_build_stops_says_what_it_has_done(
    mart: Mart, erase_user: Erase, error: BaseException, message: str
) -> None:
    def stop() -> None:
        raise error

    with pytest.raises(CommandError) as caught:
        erase_user("u_1$x", "--yes", *ALONE, build=stop)
    assert str(caught.value) == (
        f"{message}. 2 lines of 1 landed files are out of the files for good; the"
        " published mart is as it was until a build with the same options has passed"
    )
    assert b"u_1$x" not in (mart.landing / EVENTS).read_bytes()
    assert hashed("u_1$x") in erased_list_path(mart.landing).read_text()


@pytest.mark.deep
def test_an_erasure_that_was_stopped_is_finished_before_another(
    mart: Mart, erase_user: Erase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, changes: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as stopped:
        stopped.setattr("logmart.mart.erasure.change_lines", full)
        with pytest.raises(
            CommandError, match=r"0 of 1 files are: .* are not all out of the files"
        ):
            erase_user("u_1$x", "--yes", *ALONE)
    assert erase_user("u_1", "--yes", *ALONE) == 0
    users = {user for (user,) in mart.query("select user_id from marts.fct_events")}
    assert users == {hashed(" u_1")}


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("../own.jsonl", "names a file outside of .*landing .*nothing is done"),
        ("own.jsonl", "was begun by an earlier version, .* nothing is done; remove it"),
    ],
)
def test_a_journal_that_is_not_one_of_ours_changes_nothing(
    file: str, told: str, mart: Mart, erase_user: Erase
) -> None:
    (mart.folder / "own.jsonl").write_text("own\n")
    kept = erased_list_path(mart.landing)
    forged = {"user_hash": None, "changes": {file: {"erased": [1], "masked": []}}}
    kept.with_name(f"{kept.name}.journal").write_text(json.dumps(forged))
    before = files_of(mart)
    with pytest.raises(CommandError, match=told):
        erase_user("u_1", "--yes", *ALONE)
    assert files_of(mart) == before


def test_an_address_book_is_emptied_of_the_user_first(
    mart: Mart,
    erase_user: Erase,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = files_of(mart)
    erased: list[str] = []

    def erase_messages(landing: Path, user_hash: str) -> None:
        # Nothing else was changed yet.
        assert erased or files_of(mart) == before
        erased.append(user_hash)

    monkeypatch.setattr(erase, "find_messages", lambda landing, user_hash: 3)
    monkeypatch.setattr(erase, "erase_messages", erase_messages)
    assert erase_user("u_1", "--yes", *ALONE) == 0
    assert "  addresses and messages             3\n" in capsys.readouterr().out
    assert erased == [hashed("u_1")]
    # A user who is in the address book alone is erased too, and stays out of it.
    assert erase_user("u_never_landed", "--yes", *ALONE) == 0
    assert erased[1:] == [hashed("u_never_landed")]
    assert hashed("u_never_landed") in erased_list_path(mart.landing).read_text()


def test_nothing_is_erased_while_the_address_book_cannot_be_reached(
    mart: Mart, erase_user: Erase, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = mart.landing.with_name("landing.messages")
    note.write_text("messages\n")
    monkeypatch.delenv("LOGMART_MESSAGES_STACK", raising=False)
    before = files_of(mart)
    with pytest.raises(CommandError, match="the stack messages may hold addresses, and"):
        erase_user("u_1", "--yes", *ALONE)
    assert files_of(mart) == before
