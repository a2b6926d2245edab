"""One user's erasure: gone from files, tables and lists, whatever is landed or stopped later."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from logmart.errors import CommandError
from logmart.landed import removed_lines
from logmart.landed.identifiers import MARK, IdKey, erased_line, erased_list_path, read_erased
from logmart.landed.quarantine import move_to_quarantine
from logmart.landed.text_files import read_text_lines
from logmart.landed.whole_files import is_whole
from logmart.mart.erasure import finish_erasure, start
from logmart.mart.erasure_quarantine import Wanted, find_quarantined
from logmart.mart.erasure_search import Erasure, find, find_listed
from logmart.settings import Settings
from mart_runs import KEY, Mart, app_event, hashed

DAY = "dt=2026-03-31"
EVENTS = f"app/{DAY}/events.jsonl.gz"
RUN = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
# Whose rows stay, and what is left of the zone: users of the events by event id.
STAY = {
    "other": "u-other",
    "shared-anonymous": None,
    "shared-other": "u-other",
    "friend": "u-other",
}


def settings_of(mart: Mart) -> Settings:
    return Settings(mart.landing, mart.database, mart.folder / "published.duckdb")


def key() -> IdKey:
    return IdKey(KEY.encode())


def opened(event_id: str, user: str | None, device: str | None, **extra: Any) -> dict[str, Any]:
    return app_event(
        "app_opened",
        {"launchSource": "icon", **extra},
        eventId=event_id,
        userId=user,
        deviceId=device,
    )


def record(user: str, **fields: Any) -> dict[str, Any]:
    moment = "2026-03-31T00:00:00Z"
    state = {"createdAt": moment, "updatedAt": moment, "status": "active", "marketingConsent": True}
    return {"userId": user, **state, **fields}


def land(mart: Mart) -> None:
    mart.land(
        EVENTS,
        [
            opened("gone", "u-gone", "d-own"),
            opened("gone-anonymous", None, "d-own"),
            opened("gone-shared", "u-gone", "d-shared"),
            opened("shared-anonymous", None, "d-shared"),
            opened("shared-other", "u-other", "d-shared"),
            opened("other", "u-other", "d-other"),
            opened("friend", "u-other", "d-other", friend="u-gone"),
            app_event(
                "app_opened", {"launchSource": 7}, eventId="odd", userId="u-gone", deviceId=None
            ),
            '{"userId":"u-gone","cut',
        ],
    )
    mart.land(f"bank/{DAY}/users.jsonl", [record("u-gone"), record("u-other"), '{"u-gone'])
    odd = record("u-gone", status=7)
    mart.land(f"bank/{DAY}/users-odd.jsonl", [odd])


@pytest.fixture
def mart(tmp_path: Path) -> Mart:
    mart = Mart(tmp_path / "zone", record_sources=("bank",))
    land(mart)
    mart.build(*RUN)
    return mart


def erase(mart: Mart, user: str = "u-gone") -> Erasure:
    erasure = find(settings_of(mart), key(), user)
    start(settings_of(mart), key(), [], erasure)
    assert finish_erasure(settings_of(mart), mart.target_path)
    return erasure


def assert_gone(mart: Mart) -> None:
    """Check files, tables and counts: nothing of the user is left, and all of the others is."""
    left = [
        path
        for path in mart.landing.rglob("*")
        if path.is_file() and b"u-gone" in removed_lines._read(path)
    ]
    assert left == []
    assert len(read_text_lines(mart.landing / EVENTS)) == 9
    assert_counted(mart)


def assert_counted(mart: Mart) -> None:
    rows = mart.query("select event_id, user_id from marts.fct_events")
    assert dict(rows) == {name: user and hashed(user) for name, user in STAY.items()}
    assert mart.query("select user_id from marts.dim_users") == [(hashed("u-other"),)]
    assert mart.query("select distinct user_id from snapshots.bank_user_states") == [
        (hashed("u-other"),)
    ]
    assert mart.query(
        "select line_count, valid_count, rejected_count, duplicate_count, erased_count"
        " from marts.fct_landed_files where entity = 'events'"
    ) == [(9, 4, 0, 0, 5)]
    for schema, name in mart.query(
        "select table_schema, table_name from information_schema.columns"
        " where column_name = 'user_id' and table_schema <> 'staging'"
    ):
        found = mart.query(
            f"select count(*) from {schema}.{name} where user_id = '{hashed('u-gone')}'"
        )
        assert (schema, name, found) == (schema, name, [(0,)])


@pytest.mark.deep
def test_a_user_is_erased_for_good(mart: Mart, tmp_path: Path) -> None:
    shutil.copytree(mart.landing, tmp_path / "backup")
    erasure = erase(mart)
    assert erasure.found == {
        "events": 3,
        "events before sign-in": 1,
        "unreadable lines": 2,
        "mentions in lines of others": 1,
        "records": 2,
        "states in the snapshot": 1,
    }
    mart.build(*RUN)
    assert_gone(mart)
    assert find(settings_of(mart), key(), "u-gone").is_empty
    listed = read_erased(erased_list_path(mart.landing))
    assert {(item.kind, item.hash) for item in listed if item.kind != MARK} == {
        ("user", hashed("u-gone")),
        ("device", hashed("d-own")),
    }
    # A zone that comes back from a backup: the list leaves the user out, a run takes the text out.
    shutil.rmtree(mart.landing)
    shutil.copytree(tmp_path / "backup", mart.landing)
    mart.build("--full-refresh", *RUN)
    assert mart.query(
        "select count(*) from marts.fct_events where user_id = '" + hashed("u-gone") + "'"
    ) == [(0,)]
    again = find_listed(settings_of(mart), key())
    assert sum(len(changes.erased) for changes in again.changes.values()) == 6
    # A copy that lands later is none of theirs any more, and what they do on their device after it
    # is another's.
    later = app_event(
        "app_opened",
        {"launchSource": "icon"},
        eventId="new",
        userId=None,
        deviceId="d-own",
        occurredAt="2026-04-01T10:00:00Z",
        receivedAt="2026-04-01T10:00:00Z",
    )
    mart.land("app/dt=2026-04-01/copy.jsonl", [opened("copy", "u-gone", "d-own"), later])
    mart.build(*RUN)
    assert mart.query("select event_id from marts.fct_events where landing_file like '%copy%'") == [
        ("new",)
    ]


def test_an_erasure_that_was_stopped_is_finished(
    mart: Mart, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []

    def stop(path: Path, changes: removed_lines.Changes, mark: str, **form: Any) -> None:
        if written:
            raise OSError("disk full")
        written.append(path)
        removed_lines.change_lines(path, changes, mark, **form)

    monkeypatch.setattr("logmart.mart.erasure.change_lines", stop)
    with pytest.raises(CommandError, match="goes on where it stopped"):
        erase(mart)
    monkeypatch.undo()
    kept = erased_list_path(mart.landing)
    for path in (kept, kept.with_name(f"{kept.name}.journal")):
        text = path.read_text(encoding="utf-8")
        assert hashed("u-gone") in text
        assert "u-gone" not in text
    # What a build does first.
    assert finish_erasure(settings_of(mart), mart.target_path)
    assert not finish_erasure(settings_of(mart), mart.target_path)
    mart.build(*RUN)
    assert_gone(mart)
    (mark,) = [item.hash for item in read_erased(kept) if item.kind == MARK]
    assert read_text_lines(mart.landing / EVENTS)[0] == erased_line(mark)


@pytest.mark.deep
def test_an_unknown_user_has_nothing(mart: Mart) -> None:
    assert find(settings_of(mart), key(), "u-nobody").is_empty
    mart.land("app/dt=2026-04-01/new.jsonl", [opened("n", "u-gone", None)])
    with pytest.raises(CommandError, match="1 files landed or changed .* `make build` first"):
        find(settings_of(mart), key(), "u-gone")


def test_quarantined_files_lose_the_lines_of_a_user(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    whole, cut = (f"app/{DAY}/{name}.jsonl.gz" for name in ("whole", "cut"))
    mart = Mart(tmp_path)
    lines: list[str | bytes | dict[str, Any]] = [
        opened("gone", "u-gone", "d-own"),
        opened("gone-anonymous", None, "d-own"),
        opened("other-on-device", "u-other", "d-own"),
        opened("other", "u-other", "d-other"),
        opened("friend", "u-other", "d-other", friend="u-gone"),
        '{"userId":"u-gone","cut',
    ]
    mart.land(whole, lines)
    mart.land(cut, lines)
    path = landing / cut
    path.write_bytes(path.read_bytes()[:-10])
    for name in (whole, cut):
        move_to_quarantine(landing, name)
    wanted = Wanted(key(), frozenset({hashed("u-gone")}), {hashed("d-own"): None}, "u-gone")
    found = find_quarantined(landing, wanted, [])
    assert {name: (sorted(each.erased), sorted(each.masked)) for name, each in found.items()} == {
        f"_quarantine/{name}": ([1, 2, 6], [5]) for name in (cut, whole)
    }
    for name, changes in found.items():
        removed_lines.change_lines(landing / name, changes, "m")
        text = b"\n".join(removed_lines.lines_in(landing / name))
        assert b"u-gone" not in text
        assert (text.count(b'"erased"'), text.count(b"u-other")) == (3, 3)
    assert find_quarantined(landing, wanted, ["m"]) == {}
    assert [is_whole(landing / "_quarantine" / name) for name in (whole, cut)] == [True, False]


def test_erased_users_are_found_again_in_quarantined_files_by_their_hash(tmp_path: Path) -> None:
    mart = Mart(tmp_path)
    mart.land(f"bank/{DAY}/users.jsonl", [record("u-gone"), record("u-other")])
    move_to_quarantine(mart.landing, f"bank/{DAY}/users.jsonl")
    found = find_quarantined(mart.landing, Wanted(key(), frozenset({hashed("u-gone")})), [])
    assert found == {f"_quarantine/bank/{DAY}/users.jsonl": removed_lines.Changes(frozenset({1}))}


def test_an_erasure_stops_at_a_quarantined_file_that_cannot_be_read(tmp_path: Path) -> None:
    mart = Mart(tmp_path)
    mart.land(f"app/{DAY}/cut.parquet", ["PAR1, and no more"])
    move_to_quarantine(mart.landing, f"app/{DAY}/cut.parquet")
    with pytest.raises(CommandError, match="it may hold lines of the user"):
        find_quarantined(mart.landing, Wanted(key(), frozenset()), [])
