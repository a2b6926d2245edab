"""Traces the column lineage of a whole dbt project from its artifacts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from sqlglot.dialects.dialect import Dialects

from logmart_catalog.artifacts.read import Artifacts, is_ephemeral
from logmart_catalog.lineage import derivation
from logmart_catalog.lineage.inputs import Address, address, files, identifier, inputs
from logmart_catalog.lineage.model import (
    ColumnLineage,
    Kind,
    ProjectLineage,
    TableLineage,
)
from logmart_catalog.lineage.scope import Relation, unknown
from logmart_catalog.lineage.snapshots import snapshot_sql, without_guesses
from logmart_catalog.lineage.trace import Environment, lineage, trace_query
from logmart_catalog.records import Record

COMPILE_FULL_REFRESH = (
    "run `dbt compile --full-refresh --target-path <target>/full_refresh`,"
    " with dbt's target folder as <target>"
)
SELF_REFERENCE = f"self-reference: {COMPILE_FULL_REFRESH}"
_REF_OR_SOURCE = "ref() or source()"
_DIALECTS = {"sqlserver": "tsql", "synapse": "tsql", "fabric": "tsql", "glue": "spark"}
# The name that `trace_query` gives a column without one.
_UNNAMED_COLUMN = re.compile(r"column \d+")


@dataclass(frozen=True)
class _Project:
    """The relations of a project by unique id, by address and by file location."""

    artifacts: Artifacts
    dialect: str
    relations: Mapping[str, Relation]
    addresses: Mapping[Address, str]
    files: Mapping[str, Mapping[str, Relation]]


_traced_before: dict[bytes, ProjectLineage] = {}


def lineage_traced_once(artifacts: Artifacts) -> ProjectLineage:
    """Return `project_lineage`; artifacts of the same content are traced once in a process.

    The demo plans and verifies the same artifacts, and tracing them is most of the time of both.
    """
    key = hashlib.sha256(repr(artifacts).encode("utf-8", "surrogatepass")).digest()
    if key not in _traced_before:
        _traced_before[key] = project_lineage(artifacts)
    return _traced_before[key]


def project_lineage(artifacts: Artifacts) -> ProjectLineage:
    """Return the lineage of every column of every relation of a project. An ephemeral model is
    replaced by its own inputs.
    """
    project = _project(artifacts)
    tables = {}
    for unique_id in project.relations:
        node = artifacts.nodes.get(unique_id)
        if node is None or node.text("resource_type") == "seed":
            tables[unique_id] = _origin(unique_id, project.relations[unique_id])
        else:
            tables[unique_id] = _traced(unique_id, node, node.text("compiled_code"), project)
    return ProjectLineage(tables, _names(artifacts, project))


def query_columns(artifacts: Artifacts, unique_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the known names of the columns that the SQL of some nodes selects.

    In: `unique_ids`, in order of dependency.
    """
    project = _project(artifacts)
    relations = dict(project.relations)
    project = replace(project, relations=relations)
    found = {}
    for unique_id in unique_ids:
        node = artifacts.nodes[unique_id]
        environment = _environment(unique_id, node, project)
        traced = trace_query(node.text("compiled_code"), (), unique_id, environment)
        names = [
            column.column
            for column in traced.columns
            if not _UNNAMED_COLUMN.fullmatch(column.column)
        ]
        found[unique_id] = tuple(dict.fromkeys(names))
        named_columns = tuple(
            (name, derivation.column(unique_id, name, "")) for name in found[unique_id]
        )
        if named_columns:
            relations[unique_id] = Relation(named_columns)
    return found


def dialect_of(adapter: str) -> str:
    """Return sqlglot's dialect for a dbt adapter, "" when sqlglot has none."""
    name = _DIALECTS.get(adapter, adapter)
    return name if name in {dialect.value for dialect in Dialects} else ""


def _project(artifacts: Artifacts) -> _Project:
    kept = {
        unique_id: node for unique_id, node in artifacts.nodes.items() if not is_ephemeral(node)
    }
    made = {address(node) for node in kept.values()}
    # A source whose table another node builds is replaced by that node.
    read = {
        unique_id: node
        for unique_id, node in artifacts.sources.items()
        if address(node) not in made
    }
    found = {**read, **kept}
    relations = {
        unique_id: _relation(unique_id, node, artifacts.relations.get(unique_id))
        for unique_id, node in found.items()
    }
    return _Project(
        artifacts,
        dialect_of(artifacts.adapter),
        relations,
        {address(node): unique_id for unique_id, node in found.items()},
        files(artifacts, dialect_of(artifacts.adapter)),
    )


def _relation(unique_id: str, node: Record, physical: Record | None) -> Relation:
    """Return a relation with the columns of the warehouse. When catalog.json lacks it, the columns
    are those of the manifest, and any other that a query names.
    """
    columns = physical.records("columns") if physical is not None else {}
    if columns:
        ordered = sorted(columns.values(), key=lambda column: column.number("index") or 0)
        spelled = [(column.text("name"), column.text("type")) for column in ordered]
    else:
        spelled = _declared(node)
    known_columns = tuple(
        (name, derivation.column(unique_id, name, kind)) for name, kind in spelled
    )
    if columns:
        return Relation(known_columns)
    return Relation(known_columns, lambda name: derivation.column(unique_id, name, ""))


def _declared(node: Record) -> list[tuple[str, str]]:
    columns = node.records("columns").values()
    return [(column.text("name"), column.text("data_type")) for column in columns]


def _origin(unique_id: str, relation: Relation) -> TableLineage:
    columns = tuple(ColumnLineage(name, Kind.ORIGIN) for name, _ in relation.columns)
    return TableLineage(unique_id, columns)


def _traced(unique_id: str, node: Record, sql: str, project: _Project) -> TableLineage:
    columns = [name for name, _ in project.relations[unique_id].columns]
    reason = ""
    if node.text("language") == "python":
        reason = "python: the model is no SQL"
    elif not sql.strip():
        reason = "not compiled: run `dbt compile` and name its target folder"
    if reason:
        value = derivation.gap(reason)
        return TableLineage(unique_id, tuple(lineage(name, value) for name in columns))
    environment = _environment(unique_id, node, project)
    if node.text("resource_type") != "snapshot":
        return trace_query(sql, columns, unique_id, environment)
    sql = snapshot_sql(sql, node, project.dialect)
    return without_guesses(trace_query(sql, columns, unique_id, environment), node)


def _file_and_line(node: Record, line: int) -> str:
    """Return the file of a node and the line in it that became this line of its compiled SQL.

    When that line is unknown, for example because a macro wrote the SQL, name the compiled line.
    """
    path = node.text("original_file_path") or node.text("name")
    compiled = node.text("compiled_code").splitlines()
    line -= node.text("resource_type") == "snapshot"  # dbt puts one line before its SQL.
    if not 0 < line <= len(compiled):
        return f"{path}: "
    compiled_line = compiled[line - 1].strip()
    written = enumerate(node.text("raw_code").splitlines(), start=1)
    places = [place for place, line_text in written if line_text.strip() == compiled_line]
    if len(places) == 1:
        return f"{path}, line {places[0]}: "
    return f"{path}, line {line} of its compiled SQL: "


def _environment(unique_id: str, node: Record, project: _Project) -> Environment:
    """Return the environment of a node's query: it can read only what the node depends on."""
    database, schema, _ = address(node)
    allowed = inputs(unique_id, project.artifacts, project.addresses)

    @cache
    def found(parts: tuple[str, ...]) -> Relation:
        lowered = tuple(part.lower() for part in parts)
        place = ((database, schema)[: max(0, 3 - len(lowered))] + lowered)[-3:]
        known = project.addresses.get((place[0], place[1], place[2]))
        if known == unique_id:
            return unknown(SELF_REFERENCE)
        if known in allowed:
            return project.relations[known]
        if known is not None:
            return unknown(
                f"{known} is not among what the model depends on: read it by {_REF_OR_SOURCE}"
            )
        read = file(parts[0]) if len(parts) == 1 else None
        return read or unknown(f"{'.'.join(parts)} is no relation of the project")

    def file(location: str) -> Relation | None:
        known = project.files.get(location, {})
        readable = [relation for source, relation in known.items() if source in allowed]
        if len(readable) > 1:
            return unknown(f"{location} is the location of {len(readable)} of the model's sources")
        return readable[0] if readable else None

    def table(parts: Sequence[str]) -> Relation:
        return found(tuple(parts))

    return Environment(project.dialect, table, file, partial(_file_and_line, node))


def _names(artifacts: Artifacts, project: _Project) -> dict[str, str]:
    """Return `schema.table` for each relation, with the database when two relations share it."""
    known = {**artifacts.sources, **artifacts.nodes}
    short = {
        unique_id: f"{known[unique_id].text('schema')}.{identifier(known[unique_id])}"
        for unique_id in project.relations
    }
    counts: dict[str, int] = {}
    for name in short.values():
        counts[name.lower()] = counts.get(name.lower(), 0) + 1
    return {
        unique_id: name
        if counts[name.lower()] == 1
        else f"{known[unique_id].text('database')}.{name}"
        for unique_id, name in short.items()
    }
