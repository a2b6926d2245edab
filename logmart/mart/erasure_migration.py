"""Erases a user's id from what migrations wrote, and tells where a copy still has it.

Results of runs and reports mask personal columns. A column that nobody classed may hold an id all
the same, so all texts of the folder are searched.
"""

from __future__ import annotations

import html
import json
import os
from pathlib import Path

import duckdb
import yaml

from logmart.errors import CommandError
from logmart.settings import PROJECT

# A shorter id is searched for in columns only, because it would match in any text.
LEAST_SEARCHED_LENGTH = 4
_TEXTS = ("*.json", "*.jsonl", "*.txt", "*.html")
_ERASED = "erased"
_MAPPING = PROJECT / "operations/migration/mapping.yml"


def result_mentions(folder: Path, user: str) -> list[Path]:
    """Return the files below the folder of migrations that mention an id. Raises CommandError."""
    if len(user) < LEAST_SEARCHED_LENGTH:
        return []
    files = sorted(path for pattern in _TEXTS for path in folder.rglob(pattern))
    return [path for path in files if any(form in _read(path) for form in _forms(user))]


def erase_results(folder: Path, user: str) -> None:
    """Replace an id in the files that mention it, and remove what a run that was killed left.

    Raises CommandError when a file cannot be changed.
    """
    try:
        for path in folder.glob("landed-*.duckdb*"):
            path.unlink()
        for path in result_mentions(folder, user):
            text = _read(path)
            for form in _forms(user):
                text = text.replace(form, _ERASED)
            part = path.with_name(f"{path.name}.part")
            part.touch(mode=0o600)
            part.write_text(text, encoding="utf-8", newline="")
            os.replace(part, path)
    except OSError as error:
        raise CommandError(f"nothing else is erased: {error}") from error


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: remove it, and erase again") from error


def _forms(user: str) -> set[str]:
    """Return an id as text, in JSON and in HTML."""
    escaped = json.dumps(user, ensure_ascii=False)[1:-1]
    return {user, escaped, html.escape(user), html.escape(escaped)}


def migrated_mentions(user: str, mapping: Path = _MAPPING) -> list[str]:
    """Return a warning a table of a migration's DuckDB file that has the id in a column.

    The next run would copy the rows again, so they are to be erased at the source.
    """
    if not mapping.is_file():
        return []
    target = yaml.safe_load(mapping.read_text(encoding="utf-8")).get("target") or {}
    path = Path(target.get("path") or "")
    if target.get("kind") != "duckdb" or not path.is_file():
        return []
    warnings = []
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name, list(column_name) from duckdb_columns()"
            " where not internal group by all order by all"
        ).fetchall()
        for schema, table, columns in tables:
            tests = " or ".join(f"{_quoted(column)}::varchar = $user" for column in columns)
            query = f"select count(*) from {_quoted(schema)}.{_quoted(table)} where {tests}"
            ((count,),) = connection.execute(query, {"user": user}).fetchall()
            if count:
                warnings.append(
                    f"{count} rows of {table} in {path} are of the user: erase them at the source,"
                    " and `logmart migrate run` removes them here"
                )
    return warnings


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
