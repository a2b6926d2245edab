"""Reads and writes `mapping.yml`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field

from logmart.config_file import Described, read_config_file
from logmart.errors import CommandError
from operations.migration import mapping as mapped

MAPPING_FILE = Path("operations/migration/mapping.yml")
# The name of an environment variable.
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


class _Exclusion(Described):
    reason: str


class _ExcludedColumn(_Exclusion):
    column: str


class _ExcludedTable(_Exclusion):
    table: str


class _Column(Described):
    source: str
    type: str
    target: str = ""
    transform: str = ""
    class_: Literal["", "personal"] = Field(default="", alias="class")
    reason: str = ""


class _Table(Described):
    source: str
    target: str = ""
    key: tuple[str, ...]
    columns: tuple[_Column, ...] = Field(min_length=1)
    excluded: tuple[_ExcludedColumn, ...] = ()


class _Source(Described):
    kind: Literal["postgresql", "mysql", "files"]
    url: str
    schema_: str = Field(default="", alias="schema")


class _Target(Described):
    kind: Literal["duckdb", "landing"]
    path: str = ""
    source: str = ""


class _Load(Described):
    chunk_rows: int = Field(default=50_000, ge=1)
    parallel: int = Field(default=2, ge=1, le=32)
    statement_timeout_seconds: int = Field(default=60, ge=1)


class _File(Described):
    source: _Source | None = None
    target: _Target | None = None
    load: _Load = _Load()
    tables: tuple[_Table, ...] = ()
    excluded: tuple[_ExcludedTable, ...] = ()


def read_mapping(path: Path) -> mapped.Mapping:
    """Read a mapping.

    Raises CommandError for a missing or invalid file, naming the file, the table and the column,
    and for what a person has not decided yet.
    """
    mapping = draft_mapping(path)
    for name, reason in _reasons(mapping):
        if not reason:
            raise CommandError(f"{path}: {name} is excluded without a reason: give one, or map it")
    return mapping


def _reasons(mapping: mapped.Mapping) -> Iterable[tuple[str, str]]:
    yield from ((each.name, each.reason) for each in mapping.excluded)
    for table in mapping.tables:
        yield from ((f"{table.source}.{each.name}", each.reason) for each in table.excluded)


def draft_mapping(path: Path) -> mapped.Mapping:
    """Read a mapping in which reasons may still be missing. Raises CommandError."""
    if not path.is_file():
        raise CommandError(f"{path} is not there: write it with `logmart migrate map`")
    file = read_config_file(path, _File)
    if file.source is None or file.target is None:
        missing = "source" if file.source is None else "target"
        raise CommandError(f"{path} has no {missing}: write it again with `logmart migrate map`")
    mapping = mapped.Mapping(
        source=mapped.Source(file.source.kind, file.source.url, file.source.schema_),
        target=mapped.Target(file.target.kind, file.target.path, file.target.source),
        load=mapped.Load(**file.load.model_dump()),
        tables=tuple(_table(table) for table in file.tables),
        excluded=tuple(mapped.Exclusion(each.table, each.reason) for each in file.excluded),
    )
    faults = mapping_faults(mapping)
    if faults:
        raise CommandError(f"{path}: {faults[0]}")
    return mapping


def _table(table: _Table) -> mapped.Table:
    return mapped.Table(
        source=table.source,
        target=table.target or table.source,
        key=table.key,
        columns=tuple(
            mapped.Column(
                source=column.source,
                type=column.type,
                target=column.target,
                transform=column.transform,
                is_personal=column.class_ == mapped.PERSONAL,
                reason=column.reason,
            )
            for column in table.columns
        ),
        excluded=tuple(mapped.Exclusion(each.column, each.reason) for each in table.excluded),
    )


def mapping_faults(mapping: mapped.Mapping) -> list[str]:
    """Return what contradicts itself in a mapping, each with the table and column it is about."""
    faults = [*_place_faults(mapping)]
    tables = [table.source for table in mapping.tables]
    excluded = [exclusion.name for exclusion in mapping.excluded]
    faults += [f"table {name} stands there twice" for name in _repeated([*tables, *excluded])]
    faults += [
        f"two tables are copied to {name}"
        for name in _repeated(table.target for table in mapping.tables)
    ]
    for table in mapping.tables:
        faults += [f"table {table.source}: {fault}" for fault in _table_faults(table)]
    return faults


def _place_faults(mapping: mapped.Mapping) -> Iterable[str]:
    source, target = mapping.source, mapping.target
    if not _VARIABLE.fullmatch(source.url):
        yield "source.url is not the name of an environment variable, such as OLD_DATABASE_URL"
    if source.kind == mapped.FILES and source.schema:
        yield "source.schema: a folder of files has none; remove it"
    needed, other = ("path", "source") if target.kind == mapped.DUCKDB else ("source", "path")
    if not getattr(target, needed):
        yield f"target.{needed} is missing, which a target of the kind {target.kind} needs"
    if getattr(target, other):
        yield f"target.{other} is of no use to a target of the kind {target.kind}; remove it"


def _table_faults(table: mapped.Table) -> Iterable[str]:
    names = [column.source for column in table.columns]
    excluded = [exclusion.name for exclusion in table.excluded]
    yield from (f"column {name} stands there twice" for name in _repeated([*names, *excluded]))
    yield from (
        f"two columns are copied to {name}"
        for name in _repeated(column.target for column in table.columns)
    )
    yield from (
        f"{name} of the key is not a mapped column" for name in table.key if name not in names
    )
    for column in table.columns:
        if column.transform and not column.reason:
            yield f"column {column.source} is transformed without a reason"
        if column.transform and column.source in table.key:
            yield f"column {column.source} is of the key, and cannot be transformed"


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
