"""Replaces database names in compiled SQL with the catalog's names. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.state.model import Table


def with_catalog_names(artifacts: Artifacts, tables: Mapping[str, Table]) -> Artifacts:
    """Return the artifacts with the catalog's names of databases in compiled SQL.

    In: `tables`, by unique id. dbt writes the warehouse's name of the database into the SQL. For
    DuckDB that name is the stem of a file, so another path would change the SQL of every model.
    """
    prefixes = _prefixes(artifacts, tables)
    if not prefixes:
        return artifacts
    nodes = {}
    for unique_id, node in artifacts.nodes.items():
        sql = node.text("compiled_code")
        for own, named in prefixes.items():
            sql = sql.replace(own, named)
        nodes[unique_id] = replace(node, values={**node.values, "compiled_code": sql})
    return replace(artifacts, nodes=nodes)


def _prefixes(artifacts: Artifacts, tables: Mapping[str, Table]) -> dict[str, str]:
    """Return the prefixes of relation names in SQL (database and schema) and their replacements."""
    found = {}
    for unique_id, table in tables.items():
        node = artifacts.nodes.get(unique_id) or artifacts.sources[unique_id]
        database, relation = node.text("database"), node.text("relation_name")
        name = node.text("identifier") or node.text("alias") or node.text("name")
        prefix = relation[: max(relation.rfind(name), 0)]
        if database and database != table.parts[1] and prefix.lstrip('"`[').startswith(database):
            found[prefix] = prefix.replace(database, table.parts[1], 1)
    return found
