"""Finds the inputs of a model: the relations that it depends on, and the files of its sources."""

from __future__ import annotations

from collections.abc import Mapping

from logmart_catalog.artifacts.read import Artifacts, is_ephemeral
from logmart_catalog.lineage import derivation
from logmart_catalog.lineage.parsing import NotParsedError, parse
from logmart_catalog.lineage.scope import Relation
from logmart_catalog.records import Record

Address = tuple[str, str, str]


def address(node: Record) -> Address:
    """Return the database, schema and table of a node, in lower case."""
    names = (node.text("database"), node.text("schema"), identifier(node))
    return (names[0].lower(), names[1].lower(), names[2].lower())


def identifier(node: Record) -> str:
    """Return the name of a node's table."""
    return node.text("identifier") or node.text("alias") or node.text("name")


def inputs(unique_id: str, artifacts: Artifacts, made: Mapping[Address, str]) -> frozenset[str]:
    """Return the unique ids that a node depends on, directly or through ephemeral models.

    In: `made`, the node that builds the table at each address; it replaces a source of that table.
    """
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [unique_id]
    while waiting:
        for parent in artifacts.nodes[waiting.pop()].record("depends_on").texts("nodes"):
            node = artifacts.nodes.get(parent)
            source = artifacts.sources.get(parent)
            if source is not None:
                found |= {parent, made.get(address(source), parent)}
            elif node is None or not is_ephemeral(node):
                found.add(parent)
            elif parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return frozenset(found)


def files(artifacts: Artifacts, dialect: str) -> dict[str, dict[str, Relation]]:
    """Return the sources that are files, by location and unique id.

    A location is a path, or a call such as `read_csv('f.csv', header = true)`, normalized by
    `spelled`.
    """
    found: dict[str, dict[str, Relation]] = {}
    for unique_id, source in artifacts.sources.items():
        for location in _locations(source):
            key = spelled(location, dialect) if "(" in location else location.strip("'")
            found.setdefault(key, {})[unique_id] = _file(unique_id, source)
    return found


def spelled(call: str, dialect: str) -> str:
    """Return a call of a table function in sqlglot's spelling, unchanged if it cannot be parsed."""
    try:
        table = parse(f"select * from {call}", dialect).args["from_"].this
    except (NotParsedError, KeyError):
        return call
    text: str = table.this.sql(dialect)
    return text


def _locations(source: Record) -> list[str]:
    """Return the texts by which a query can name a source that is files."""
    name = source.text("relation_name")
    meta = source.record("config").record("meta").values.get("external_location")
    found = [name] if name.startswith("'") or "(" in name else []
    return [*found, meta] if isinstance(meta, str) else found


def _file(unique_id: str, source: Record) -> Relation:
    """Return the relation of a source that is files. Columns that it does not declare, such as the
    file's name, cannot be traced.
    """
    columns = source.records("columns").values()
    declared_columns = tuple(
        (name, derivation.column(unique_id, name, column.text("data_type")))
        for column in columns
        if (name := column.text("name"))
    )
    return Relation(
        declared_columns,
        lambda name: derivation.gap(f"column {name} is none that {unique_id} declares"),
    )
