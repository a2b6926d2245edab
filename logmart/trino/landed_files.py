"""Lists the landed files for a Trino server, and writes their numbered lines as Parquet.

Trino does not number lines, and may read them in another order than the file's. So they are
numbered here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from logmart.errors import CommandError
from logmart.landed import file_names
from logmart.landed.duckdb_plugin import register_functions
from logmart.landed.text_files import UnreadableFileError


@dataclass(frozen=True)
class LandedFile:
    """A file of the landing zone, with its size, number of lines and kind."""

    source: str
    path: Path
    landing_file: str
    landed_date: date
    size_bytes: int
    line_count: int
    file_kind: str


def landed_files(
    landing: Path, source: str, known: dict[str, tuple[int, int, str]] | None = None
) -> list[LandedFile]:
    """Return the landed files of a source. A known file of the same size is not read again.

    In: `known`, by the path below the landing zone: size in bytes, number of lines, kind. Raises
    CommandError.
    """
    found = []
    with duckdb.connect() as connection:
        register_functions(connection)
        for path in file_names.landed_files(landing / source):
            landed_date = file_names.landed_date(path, landing / source)
            if landed_date is None:
                raise CommandError(
                    f"landing file {path} is not in a folder dt=YYYY-MM-DD of its source: move it"
                    " into the partition of the day it arrived, or out of the landing zone"
                )
            landing_file = "/".join(path.parts[-3:])
            size = path.stat().st_size
            known_file = (known or {}).get(landing_file)
            if known_file and known_file[0] == size:
                _, line_count, file_kind = known_file
            else:
                line_count, file_kind = _facts(connection, path)
            found.append(
                LandedFile(source, path, landing_file, landed_date, size, line_count, file_kind)
            )
    return found


def _facts(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[int, str]:
    try:
        row = connection.execute("select unnest(landing_file_facts([?]))", [str(path)]).fetchone()
    except (duckdb.Error, UnreadableFileError) as error:
        lines = str(error).splitlines()
        raise CommandError(
            next((line for line in lines if "landing file" in line), lines[0])
        ) from (error)
    assert row is not None
    return int(row[0]["line_count"]), str(row[0]["file_kind"])


def write_lines(folder: Path, files: list[LandedFile]) -> None:
    """Write the lines of each file into one Parquet file of a folder; remove all other files there.

    Raises CommandError when not all lines of a file can be read.
    """
    wanted = {file.landing_file.replace("/", "__") + ".parquet": file for file in files}
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()
    with duckdb.connect() as connection:
        register_functions(connection)
        for name, file in wanted.items():
            written = folder / name
            if written.exists() and written.stat().st_mtime > file.path.stat().st_mtime:
                continue
            part = folder / f".{name}"
            row = connection.execute(
                f"copy ({_lines_query(file)}) to '{part}' (format parquet)",
                {"file": file.landing_file, "path": str(file.path)},
            ).fetchone()
            if row != (file.line_count,):
                raise CommandError(
                    f"landing file {file.path} has {file.line_count} lines, of which"
                    f" {row[0] if row else 0} were read: land it again as a new file, or take it"
                    " out of the landing zone"
                )
            os.replace(part, written)


def _lines_query(file: LandedFile) -> str:
    if file.file_kind == "parquet":
        return (
            "select $file as landing_file, file_row_number + 1 as line_number,"
            " coalesce(line, '') as line from read_parquet($path, file_row_number = true)"
        )
    if file.file_kind == "plain_text" and file.line_count:
        return (
            "select $file as landing_file, row_number() over () as line_number,"
            " coalesce(line, '') as line from read_csv($path, columns = {'line': 'varchar'},"
            " delim = '\x01', quote = '', escape = '', header = false, auto_detect = false,"
            " strict_mode = false, null_padding = true, parallel = false)"
        )
    return (
        "select $file as landing_file, cast(generate_subscripts(lines, 1) as bigint) as"
        " line_number, unnest(lines) as line from (select landing_file_lines($path) as lines)"
    )
