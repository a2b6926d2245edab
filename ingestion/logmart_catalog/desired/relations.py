"""Maps the relations of a project to the tables of the catalog. Pure functions."""

from __future__ import annotations

from collections import Counter

from logmart_catalog.artifacts.read import Artifacts, is_ephemeral
from logmart_catalog.config import Config
from logmart_catalog.desired.tables import table_of
from logmart_catalog.errors import ArtifactError
from logmart_catalog.records import Record
from logmart_catalog.state.model import Table
from logmart_catalog.state.names import fqn, stored_name


def bare_tables(artifacts: Artifacts, config: Config) -> dict[str, Table]:
    """Return the table of each node with a relation, by unique id. A source and a node of the same
    relation share the node's table.
    """
    databases = _database_names(artifacts, config)
    tables: dict[str, Table] = {}
    node_of: dict[str, tuple[str, tuple[str, ...]]] = {}
    relations = {
        **{
            unique_id: node for unique_id, node in artifacts.nodes.items() if not is_ephemeral(node)
        },
        **artifacts.sources,
    }
    for unique_id, node in sorted(relations.items(), key=lambda item: item[0] in artifacts.sources):
        parts = _parts(node, unique_id, databases, config)
        key = fqn(parts)
        relation = (node.text("database"), node.text("schema"), _identifier(node))
        if key in node_of:
            _check_same(key, (unique_id, relation), node_of[key], artifacts)
            tables[unique_id] = tables[node_of[key][0]]
            continue
        node_of[key] = (unique_id, relation)
        tables[unique_id] = table_of(node, unique_id, parts, artifacts, config)
    return tables


def _database_names(artifacts: Artifacts, config: Config) -> dict[str, str]:
    """Return the catalog's names by database. The database of most of the project's own relations
    gets the configured name; the others keep theirs, unless the configuration maps them.
    """
    own = Counter(
        node.text("database")
        for node in artifacts.nodes.values()
        if node.text("package_name") == artifacts.project and not is_ephemeral(node)
    )
    primary = min(own, key=lambda name: (-own[name], name)) if own else ""
    return {primary: config.database, "": config.database, **config.database_names}


def _parts(
    node: Record, unique_id: str, databases: dict[str, str], config: Config
) -> tuple[str, ...]:
    database = node.text("database")
    names = (databases.get(database, database), node.text("schema"), _identifier(node))
    return (config.service, *(stored_name(name, unique_id) for name in names))


def _identifier(node: Record) -> str:
    return node.text("identifier") or node.text("alias") or node.text("name")


def _check_same(
    key: str,
    second: tuple[str, tuple[str, ...]],
    first: tuple[str, tuple[str, ...]],
    artifacts: Artifacts,
) -> None:
    """Raise ArtifactError unless the second is a source of the first node's relation."""
    if second[1] != first[1] or second[0] not in artifacts.sources:
        raise ArtifactError(
            f"{first[0]} and {second[0]} both become {key} in the catalog;"
            " give one database another name with databaseNames in the configuration, or an alias"
        )
