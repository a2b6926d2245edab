"""What an erasure of one user writes down and does: it goes on where it was stopped."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb

from logmart.dbt.artifacts import ModelTable, read_model_tables
from logmart.errors import CommandError
from logmart.landed.file_names import is_inside
from logmart.landed.identifiers import (
    MARK,
    ErasedId,
    IdKey,
    erased_list_path,
    new_mark,
    write_erased,
)
from logmart.landed.removed_lines import Changes, change_lines
from logmart.mart.erasure_search import SNAPSHOTS, Erasure, columns
from logmart.mart.loaded_files import forget_files
from logmart.mart.preflight import check_database
from logmart.settings import Settings


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


def _delete_snapshots(database: Path, user_hash: str) -> None:
    with duckdb.connect(str(database)) as connection:
        for table in SNAPSHOTS:
            if columns(connection, *table.split(".")):
                connection.execute(
                    f"delete from {table} where user_id = $user", {"user": user_hash}
                )
        connection.execute("checkpoint")


def _journal(here: Settings) -> Path:
    path = erased_list_path(here.landing)
    return path.with_name(path.name + ".journal")
