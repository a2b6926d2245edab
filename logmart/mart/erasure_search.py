"""Searches the database and the landed files for the lines of a user who will be erased."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import duckdb

from logmart.errors import CommandError
from logmart.landed.duckdb_plugin import check_key, give_key
from logmart.landed.file_names import landed_files
from logmart.landed.identifiers import (
    MARK,
    ErasedId,
    IdKey,
    IdKeyError,
    erased_list_path,
    load_id_key,
    read_erased,
)
from logmart.landed.removed_lines import Changes, lines_of, lines_with
from logmart.mart.erasure_migration import LEAST_SEARCHED_LENGTH, result_mentions
from logmart.mart.erasure_quarantine import Wanted, find_quarantined, json_object
from logmart.mart.preflight import check_database
from logmart.settings import Settings

SNAPSHOTS = ("snapshots.bank_user_states",)


@dataclass(frozen=True)
class Erasure:
    """The lines to remove from landed files, and the user whose rows to delete from snapshots.

    `changes` is by path below the landing zone; `found` counts the lines by kind.
    """

    changes: dict[str, Changes]
    user_hash: str | None = None
    device_ids: tuple[tuple[str, datetime | None], ...] = ()
    found: dict[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to erase."""
        return not self.changes and not any(self.found.values())


def find(paths: Settings, key: IdKey, user: str) -> Erasure:
    """Return the lines of a user, found by hash in the database and by text in the landed files.

    Raises CommandError when there is no database, or when files have landed since it was built.
    """
    user_hash = key.hash(user)
    with _connect(paths, key) as connection:
        files = _loaded_files(connection, paths)
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
    for landing_file, line_number, kind in rows:
        lines.setdefault(landing_file, set()).add(line_number)
        found[kind] = found.get(kind, 0) + 1
    changes = {name: Changes(frozenset(numbers)) for name, numbers in lines.items()}
    text = user if len(user) >= LEAST_SEARCHED_LENGTH else ""
    if text:
        _find_text(paths, files, text, changes, found)
    mentions = result_mentions(paths.migration, user)
    if mentions:
        found["results of migrations"] = len(mentions)
    wanted = Wanted(key, frozenset({user_hash}), dict(devices), text)
    _find_quarantined(paths, wanted, changes, found)
    if snapshotted:
        found["states in the snapshot"] = snapshotted
    return Erasure(changes, user_hash, tuple(devices), found)


def find_listed(paths: Settings, key: IdKey) -> Erasure:
    """Return the lines that the build left out because of the list, and whose text is still in the
    landed files.
    """
    with _connect(paths, key) as connection:
        _loaded_files(connection, paths)
        rows: list[tuple[str, int]] = []
        for table in _tables(connection, "restricted", "line_violations"):
            rows += connection.execute(
                f"select landing_file, line_number from restricted.{table}"
                " where list_contains(line_violations, 'erased')"
            ).fetchall()
    lines: dict[str, set[int]] = {}
    for landing_file, line_number in rows:
        lines.setdefault(landing_file, set()).add(line_number)
    changes: dict[str, Changes] = {}
    found: dict[str, int] = {}
    listed = read_list(paths)
    marks = [item.hash for item in listed if item.kind == MARK]
    for landing_file, numbers in lines.items():
        left = lines_of(paths.landing / landing_file, numbers, marks)
        if left:
            changes[landing_file] = Changes(frozenset(left))
    found["lines of users on the list"] = sum(len(each.erased) for each in changes.values())
    users = frozenset(item.hash for item in listed if item.kind == "user")
    devices = {item.hash: item.until for item in listed if item.kind == "device"}
    _find_quarantined(paths, Wanted(key, users, devices), changes, found)
    return Erasure(changes, found=found)


def _find_events(
    connection: duckdb.DuckDBPyConnection, user_hash: str
) -> list[tuple[str, datetime | None]]:
    """Insert the lines of the user's events into the table `lines`.

    These are events of the user, events that are stitched to the user, and events without a user
    on devices that nobody else used. Return these devices, each with the time of its last event.
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
        if "device_id" not in columns(connection, "staging", view):
            connection.execute(
                f"insert into lines select landing_file, line_number, 'records'"
                f" from staging.{view} where user_id = $user",
                {"user": user_hash},
            )


def _find_text(
    paths: Settings,
    files: Iterable[str],
    user: str,
    changes: dict[str, Changes],
    found: dict[str, int],
) -> None:
    """Add the lines whose text contains the id. A line that is not a JSON object is erased whole;
    in any other line only the id is masked.
    """
    for name in files:
        change = changes.get(name, Changes())
        for line_number, line, spans in lines_with(paths.landing / name, user):
            if line_number in change.erased:
                continue
            if json_object(line) is not None:
                change = replace(change, masked={**change.masked, line_number: spans})
                kind = "mentions in lines of others"
            else:
                change = replace(change, erased=change.erased | {line_number})
                kind = "unreadable lines"
            found[kind] = found.get(kind, 0) + 1
        if change.erased or change.masked:
            changes[name] = change


def _find_quarantined(
    paths: Settings, wanted: Wanted, changes: dict[str, Changes], found: dict[str, int]
) -> None:
    """Add the lines of quarantined files, which no table has."""
    marks = [item.hash for item in read_list(paths) if item.kind == MARK]
    quarantined = find_quarantined(paths.landing, wanted, marks)
    changes.update(quarantined)
    count = sum(len(each.erased) + len(each.masked) for each in quarantined.values())
    if count:
        found["lines of quarantined files"] = count


def _loaded_files(connection: duckdb.DuckDBPyConnection, paths: Settings) -> list[str]:
    """Return the landed files in the ledgers. Raises CommandError when the landing zone has other
    files, or files of another size.
    """
    loaded: dict[str, int] = {}
    for table in _tables(connection, "staging", "size_bytes"):
        loaded.update(
            connection.execute(f"select landing_file, size_bytes from staging.{table}").fetchall()
        )
    if not loaded:
        raise CommandError(f"{paths.database} has loaded nothing: build first with `make build`")
    sources = {name.split("/", 1)[0] for name in loaded}
    landed = {
        str(path.relative_to(paths.landing)): path.stat().st_size
        for source in sources
        for path in landed_files(paths.landing / source)
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


def _count_snapshots(connection: duckdb.DuckDBPyConnection, user_hash: str) -> int:
    count = 0
    for table in SNAPSHOTS:
        schema, name = table.split(".")
        if "user_id" in columns(connection, schema, name):
            row = connection.execute(
                f"select count(*) from {table} where user_id = $user", {"user": user_hash}
            ).fetchone()
            count += row[0] if row else 0
    return count


def _connect(paths: Settings, key: IdKey) -> duckdb.DuckDBPyConnection:
    if not paths.database.exists():
        raise CommandError(f"{paths.database} is not there: build first with `make build`")
    check_database(paths.database)
    connection = duckdb.connect(str(paths.database))
    try:
        check_key(connection, key, paths.database)
        give_key(connection, key)
    except IdKeyError as error:
        connection.close()
        raise CommandError(str(error)) from error
    return connection


def read_key(paths: Settings) -> IdKey:
    """Return the key of the database. Raises CommandError."""
    try:
        return load_id_key(paths.database)
    except IdKeyError as error:
        raise CommandError(str(error)) from error


def read_list(paths: Settings) -> list[ErasedId]:
    """Return the list of erased ids. Raises CommandError."""
    try:
        return read_erased(erased_list_path(paths.landing))
    except IdKeyError as error:
        raise CommandError(str(error)) from error


def columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> set[str]:
    """Return the names of a table's columns; none where it is not there."""
    rows = connection.execute(
        "select column_name from information_schema.columns"
        " where table_schema = $schema and table_name = $name",
        {"schema": schema, "name": table},
    ).fetchall()
    return {name for (name,) in rows}
