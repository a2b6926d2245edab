"""Writes the journal of an erasure and applies it; an interrupted erasure can be continued."""

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
from logmart.landed.source_options import SourceOptions, source_options
from logmart.mart.erasure_search import SNAPSHOTS, Erasure, columns
from logmart.mart.loaded_files import forget_files
from logmart.mart.preflight import check_database
from logmart.settings import PROJECT, Settings


def start(paths: Settings, key: IdKey, erased: list[ErasedId], erasure: Erasure) -> None:
    """Add the user to the list and write the planned changes to the journal."""
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
    path = _journal(paths)
    try:
        write_erased(erased_list_path(paths.landing), listed)
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(journal), encoding="ascii")
        os.replace(part, path)
    except OSError as error:
        raise CommandError(f"nothing is erased: {error}") from error


def is_unfinished(paths: Settings) -> bool:
    """Return whether there is a journal: an erasure has begun and has not ended."""
    return _journal(paths).exists()


def finish_erasure(paths: Settings, target_path: Path) -> bool:
    """Apply the journal; return whether there was one.

    Loaded rows are deleted before the files change. So a build that runs in between loads these
    files again, and the list makes it leave out the user.
    """
    path = _journal(paths)
    if not path.exists():
        return False
    journal = json.loads(path.read_text(encoding="ascii"))
    changes = {name: Changes.from_json(each) for name, each in journal["changes"].items()}
    outside = [name for name in changes if not is_inside(paths.landing, name)]
    if outside:
        raise CommandError(
            f"{path} names a file outside of {paths.landing} ({outside[0]}): nothing is done;"
            " restore the journal, or remove it and type `make erase USER=...` again"
        )
    if "mark" not in journal:
        raise CommandError(
            f"{path} was begun by an earlier version, which marked no lines: nothing is done;"
            " remove it and type `make erase USER=...` again"
        )
    if paths.database.exists():
        check_database(paths.database)
        forget_files(paths.database, _model_tables(target_path), sorted(changes))
        if journal["user_hash"]:
            _delete_snapshots(paths.database, journal["user_hash"])
    options = source_options(PROJECT)
    for done, (name, each) in enumerate(sorted(changes.items())):
        try:
            form = options.get(name.partition("/")[0], SourceOptions()).csv_form()
            change_lines(paths.landing / name, each, journal["mark"], form=form)
        except (OSError, duckdb.Error) as error:
            raise CommandError(
                f"{paths.landing / name} cannot be written ({error}); {done} of {len(changes)}"
                " files are done: remove the cause and run the same command again; it goes on where"
                " it stopped"
            ) from error
    path.unlink()
    return True


def _model_tables(target_path: Path) -> list[ModelTable]:
    # Without artifacts no loaded rows are deleted. The next build then stops at the first changed
    # file, and asks for a full refresh.
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


def _journal(paths: Settings) -> Path:
    path = erased_list_path(paths.landing)
    return path.with_name(path.name + ".journal")
