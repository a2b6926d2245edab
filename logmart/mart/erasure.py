"""What an erasure of one user finds, writes down and does: the engine of `logmart mart erase`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb

from logmart.dbt.artifacts import ModelTable, read_model_tables
from logmart.errors import CommandError
from logmart.landed.duckdb_plugin import check_key, give_key
from logmart.landed.identifiers import (
    MARK,
    ErasedId,
    IdKey,
    IdKeyError,
    erased_list_path,
    load_id_key,
    new_mark,
    read_erased,
    write_erased,
)
from logmart.landed.names import landed_files
from logmart.landed.removed_lines import Changes, change_lines, lines_of, lines_with
from logmart.mart.loaded_files import forget_files
from logmart.mart.preflight import check_database
from logmart.sample.removal import is_inside
from logmart.settings import Settings

# A shorter id is looked for in columns only: it would be found in any text.
LEAST_SEARCHED_LENGTH = 4
_SNAPSHOTS = ("snapshots.bank_user_states",)


@dataclass(frozen=True)
class Erasure:
    """What is to be taken out of which landed file, and whose rows out of the snapshots.

    `changes` is by path below the landing zone; `found` counts the lines by what was found there.
    """

    changes: dict[str, Changes]
    user_hash: str | None = None
    device_ids: tuple[tuple[str, datetime | None], ...] = ()
    found: dict[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to take out."""
        return not self.changes and not any(self.found.values())


def find(here: Settings, key: IdKey, user: str) -> Erasure:
    """Return what is a user's: by the hashes of the database, and by the text of every landed file.

    Raises CommandError when there is no database, or files landed since it was built.
    """
    user_hash = key.hash(user)
    with _connect(here, key) as connection:
        files = _loaded_files(connection, here)
        connection.execute(
            "create temp table lines (landing_file varchar, line_number bigint, found varchar)"
        )
        devices = _find_events(connection, user_hash)
        _find_records(connection, user_hash)
        snapshotted = _count_snapshots(connection, user_hash)
        rows = connection.execute(
            "select landing_file, line_number, min(found) from lines group by 1, 2"
        ).fetchall()
    lines: dict[str, set[int]] = {}
    found: dict[str, int] = {}
    for landing_file, line_number, what in rows:
        lines.setdefault(landing_file, set()).add(line_number)
        found[what] = found.get(what, 0) + 1
    changes = {name: Changes(frozenset(numbers)) for name, numbers in lines.items()}
    if len(user) >= LEAST_SEARCHED_LENGTH:
        _find_text(here, files, user, changes, found)
    if snapshotted:
        found["states in the snapshot"] = snapshotted
    return Erasure(changes, user_hash, tuple(devices), found)


def find_listed(here: Settings, key: IdKey) -> Erasure:
    """Return the lines that the build left out for the list's sake, and that are text still."""
    with _connect(here, key) as connection:
        _loaded_files(connection, here)
        rows: list[tuple[str, int]] = []
        for table in _tables(connection, "restricted", "line_violations"):
            rows += connection.execute(
                f"select landing_file, line_number from restricted.{table}"
                " where list_contains(line_violations, 'erased')"
            ).fetchall()
    lines: dict[str, set[int]] = {}
    for landing_file, line_number in rows:
        lines.setdefault(landing_file, set()).add(line_number)
    changes = {}
    marks = [item.hash for item in read_list(here) if item.kind == MARK]
    for landing_file, numbers in lines.items():
        left = lines_of(here.landing / landing_file, numbers, marks)
        if left:
            changes[landing_file] = Changes(frozenset(left))
    count = sum(len(change.erased) for change in changes.values())
    return Erasure(changes, found={"lines of users on the list": count})


def start(here: Settings, key: IdKey, erased: list[ErasedId], erasure: Erasure) -> None:
    """Put the user on the list and write down what is to be done."""
    listed = list(erased)
    marks = [item for item in listed if item.kind == MARK]
    if not marks:
        marks = [new_mark()]
        listed += marks
    if erasure.user_hash:
        new = [ErasedId("user", erasure.user_hash, None, key.check)]
        new += [
            ErasedId("device", device, until, key.check) for device, until in erasure.device_ids
        ]
        listed += [item for item in new if item not in listed]
    journal = {
        "user_hash": erasure.user_hash,
        "mark": marks[0].hash,
        "changes": {name: changes.as_json() for name, changes in erasure.changes.items()},
    }
    path = _journal(here)
    try:
        write_erased(erased_list_path(here.landing), listed)
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(journal), encoding="ascii")
        os.replace(part, path)
    except OSError as error:
        raise CommandError(f"nothing is erased: {error}") from error


def is_unfinished(here: Settings) -> bool:
    """Return whether an erasure was begun and has not ended."""
    return _journal(here).exists()


def finish_erasure(here: Settings, target_path: Path) -> bool:
    """Do what the journal says; return whether there was anything.

    What was loaded is forgotten before the files change, so that a build that comes in between
    finds files that it has not loaded, and a list that leaves the user out.
    """
    path = _journal(here)
    if not path.exists():
        return False
    journal = json.loads(path.read_text(encoding="ascii"))
    changes = {name: Changes.from_json(each) for name, each in journal["changes"].items()}
    outside = [name for name in changes if not is_inside(here.landing, name)]
    if outside:
        raise CommandError(
            f"{path} names a file outside of {here.landing} ({outside[0]}): nothing is done;"
            " restore it, or remove it and type `make erase USER=...` again"
        )
    if "mark" not in journal:
        raise CommandError(
            f"{path} was begun by an earlier version, which marked no lines: nothing is done;"
            " remove it and type `make erase USER=...` again"
        )
    if here.database.exists():
        check_database(here.database)
        forget_files(here.database, _model_tables(target_path), sorted(changes))
        if journal["user_hash"]:
            _delete_snapshots(here.database, journal["user_hash"])
    for done, (name, each) in enumerate(sorted(changes.items())):
        try:
            change_lines(here.landing / name, each, journal["mark"])
        except (OSError, duckdb.Error) as error:
            raise CommandError(
                f"{here.landing / name} cannot be written ({error}), {done} of {len(changes)} files"
                " are: see to it and type the same again; it goes on where it stopped"
            ) from error
    path.unlink()
    return True


def _model_tables(target_path: Path) -> list[ModelTable]:
    # Without artifacts nothing is forgotten: the next build stops at the first file that changed,
    # and says to load everything anew.
    try:
        return read_model_tables(target_path)
    except CommandError:
        return []


def _find_events(
    connection: duckdb.DuckDBPyConnection, user_hash: str
) -> list[tuple[str, datetime | None]]:
    """Note the user's events, those stitched to them, and those without a user on devices that are
    theirs alone; return these devices, each with the last moment of what was found on it.
    """
    tables = _tables(connection, "restricted", "device_id")
    connection.execute(
        "create temp table landed as "
        + " union all ".join(
            "select landing_file, line_number, source, user_id, device_id, occurred_at"
            f" from restricted.{table}"
            for table in tables
        )
    )
    connection.execute(
        "create temp table devices as select source, device_id, max(occurred_at) as until"
        " from landed where device_id is not null group by 1, 2"
        " having bool_or(user_id = $user)"
        " and bool_and(coalesce(user_id = $user, true))",
        {"user": user_hash},
    )
    connection.execute(
        "insert into lines select landing_file, line_number, 'events' from landed"
        " where user_id = $user union all"
        " select landing_file, line_number, 'events before sign-in' from landed"
        " inner join devices using (source, device_id) where user_id is null",
        {"user": user_hash},
    )
    connection.execute(
        "insert into lines select landing_file, line_number, 'events before sign-in'"
        " from intermediate.int_sessionized_events inner join"
        " intermediate.int_session_identities using (session_id)"
        " where stitched_user_id = $user and session_user_id is distinct from $user",
        {"user": user_hash},
    )
    return connection.execute("select device_id, max(until) from devices group by 1").fetchall()


def _find_records(connection: duckdb.DuckDBPyConnection, user_hash: str) -> None:
    for view in _tables(connection, "staging", "user_id"):
        if "device_id" not in _columns(connection, "staging", view):
            connection.execute(
                f"insert into lines select landing_file, line_number, 'records'"
                f" from staging.{view} where user_id = $user",
                {"user": user_hash},
            )


def _find_text(
    here: Settings,
    files: Iterable[str],
    user: str,
    changes: dict[str, Changes],
    found: dict[str, int],
) -> None:
    """Add the lines whose text holds the id: those that are no JSON object as a whole, of others
    the mention alone.
    """
    for name in files:
        change = changes.get(name, Changes())
        for line_number, line, spans in lines_with(here.landing / name, user):
            if line_number in change.erased:
                continue
            if _is_object(line):
                change = replace(change, masked={**change.masked, line_number: spans})
                what = "mentions in lines of others"
            else:
                change = replace(change, erased=change.erased | {line_number})
                what = "unreadable lines"
            found[what] = found.get(what, 0) + 1
        if change.erased or change.masked:
            changes[name] = change


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _loaded_files(connection: duckdb.DuckDBPyConnection, here: Settings) -> list[str]:
    """Return the landed files of the ledgers. Raises CommandError when they are not those of the
    zone.
    """
    loaded: dict[str, int] = {}
    for table in _tables(connection, "staging", "size_bytes"):
        loaded.update(
            connection.execute(f"select landing_file, size_bytes from staging.{table}").fetchall()
        )
    if not loaded:
        raise CommandError(f"{here.database} has loaded nothing: build first with `make build`")
    sources = {name.split("/", 1)[0] for name in loaded}
    landed = {
        str(path.relative_to(here.landing)): path.stat().st_size
        for source in sources
        for path in landed_files(here.landing / source)
    }
    changed = [name for name, size in landed.items() if loaded.get(name, -1) != size]
    if changed:
        raise CommandError(
            f"{len(changed)} files landed or changed since the last build ({sorted(changed)[0]}):"
            " run `make build` first, so that all of the user's lines are known"
        )
    return sorted(name for name in loaded if name in landed)


def _tables(connection: duckdb.DuckDBPyConnection, schema: str, column: str) -> list[str]:
    rows = connection.execute(
        "select table_name from information_schema.columns"
        " where table_schema = $schema and column_name = $column order by 1",
        {"schema": schema, "column": column},
    ).fetchall()
    return [name for (name,) in rows]


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> set[str]:
    rows = connection.execute(
        "select column_name from information_schema.columns"
        " where table_schema = $schema and table_name = $name",
        {"schema": schema, "name": table},
    ).fetchall()
    return {name for (name,) in rows}


def _count_snapshots(connection: duckdb.DuckDBPyConnection, user_hash: str) -> int:
    count = 0
    for table in _SNAPSHOTS:
        schema, name = table.split(".")
        if "user_id" in _columns(connection, schema, name):
            row = connection.execute(
                f"select count(*) from {table} where user_id = $user", {"user": user_hash}
            ).fetchone()
            count += row[0] if row else 0
    return count


def _delete_snapshots(database: Path, user_hash: str) -> None:
    with duckdb.connect(str(database)) as connection:
        for table in _SNAPSHOTS:
            if _columns(connection, *table.split(".")):
                connection.execute(
                    f"delete from {table} where user_id = $user", {"user": user_hash}
                )
        connection.execute("checkpoint")


def _connect(here: Settings, key: IdKey) -> duckdb.DuckDBPyConnection:
    if not here.database.exists():
        raise CommandError(f"{here.database} is not there: build first with `make build`")
    check_database(here.database)
    connection = duckdb.connect(str(here.database))
    try:
        check_key(connection, key, here.database)
        give_key(connection, key)
    except IdKeyError as error:
        connection.close()
        raise CommandError(str(error)) from error
    return connection


def read_key(here: Settings) -> IdKey:
    """Return the key of the database. Raises CommandError."""
    try:
        return load_id_key(here.database)
    except IdKeyError as error:
        raise CommandError(str(error)) from error


def read_list(here: Settings) -> list[ErasedId]:
    """Return the list of erased ids. Raises CommandError."""
    try:
        return read_erased(erased_list_path(here.landing))
    except IdKeyError as error:
        raise CommandError(str(error)) from error


def _journal(here: Settings) -> Path:
    path = erased_list_path(here.landing)
    return path.with_name(path.name + ".journal")
