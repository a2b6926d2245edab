"""From dbt's artifacts to the state a catalog should have. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from logmart_catalog.artifacts import Artifacts, is_ephemeral
from logmart_catalog.asset_kinds import DASHBOARD
from logmart_catalog.column_types import UNKNOWN
from logmart_catalog.config import Config
from logmart_catalog.dbt.assets import Beside, beside
from logmart_catalog.dbt.graph import parents
from logmart_catalog.dbt.keys import Relations, with_keys
from logmart_catalog.dbt.labels import personal_data_of
from logmart_catalog.dbt.sql import with_catalog_names
from logmart_catalog.dbt.tables import data_model, owner_of, table_of, team_of
from logmart_catalog.dbt.tests import test_name, tested_node
from logmart_catalog.errors import ArtifactError
from logmart_catalog.flow import (
    Flow,
    flow_of,
    personal_columns,
    with_inherited,
    with_personal_data,
)
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.project import project_lineage
from logmart_catalog.marks import marked
from logmart_catalog.names import fqn, stored_name
from logmart_catalog.notes import Notes
from logmart_catalog.records import Record
from logmart_catalog.state import (
    CatalogState,
    Container,
    Edge,
    EdgeKey,
    Mark,
    Table,
    Team,
)


@dataclass(frozen=True)
class Desired:
    """The state dbt wants, and what is worth knowing of it."""

    state: CatalogState
    notes: Notes = field(default_factory=Notes)


def desired_state(artifacts: Artifacts, config: Config) -> Desired:
    """Return what the catalog should hold for a dbt project.

    Names of service and database come from the configuration. Raises ArtifactError when a name
    cannot be stored or two relations fall on one name, naming the nodes and the remedy.
    """
    project = config.project or artifacts.project
    bare = _bare_tables(artifacts, config)
    flow = flow_of(project_lineage(artifacts), bare)
    artifacts = with_catalog_names(artifacts, bare)
    flowing = _flowing(artifacts, bare, flow, config)
    edges = _edges(artifacts, flowing, flow, project)
    tables = _full_tables(artifacts, flowing, edges, project)
    by_node = {unique_id: tables[table.fqn] for unique_id, table in bare.items()}
    more = beside(artifacts, by_node, config, project)
    state = CatalogState(
        config.service,
        project,
        _containers(tables, config.service, project),
        tables,
        {**edges, **{edge.key: edge for edge in more.edges}},
        _teams(artifacts) if config.create_teams else {},
        {asset.key: asset for asset in more.assets},
    )
    notes = Notes(
        _unknown_types(state),
        _unplaced(tables, flow, more),
        _untraced(flow),
        _exposed(more, tables, config),
    )
    return Desired(state, notes)


def _bare_tables(artifacts: Artifacts, config: Config) -> dict[str, Table]:
    """Return the table of each node with a relation, by unique id; a source that is another node's
    relation has that node's table.
    """
    databases = _database_names(artifacts, config)
    tables: dict[str, Table] = {}
    node_of: dict[str, tuple[str, tuple[str, ...]]] = {}
    relations = {
        **{one: node for one, node in artifacts.nodes.items() if not is_ephemeral(node)},
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


def _flowing(
    artifacts: Artifacts, bare: Mapping[str, Table], flow: Flow, config: Config
) -> dict[str, Table]:
    """Return the tables by unique id, with what flows along column lineage."""
    nodes = {**artifacts.sources, **artifacts.nodes}
    declared: dict[tuple[str, str], str] = {}
    for unique_id, table in bare.items():
        stored = {column.name.lower(): column.name for column in table.columns}
        for name, column in nodes[unique_id].records("columns").items():
            own = stored.get(stored_name(name, unique_id).lower())
            if own and (personal := personal_data_of(column)):
                declared.setdefault((table.fqn, own), personal)
    tables: dict[str, Table] = {}
    for table in bare.values():
        tables.setdefault(table.fqn, table)
    blocks = _doc_blocks(artifacts) if config.describe_by_doc_blocks else {}
    tables = with_personal_data(with_inherited(tables, flow, blocks), flow, declared, config)
    return {unique_id: tables[table.fqn] for unique_id, table in bare.items()}


def _doc_blocks(artifacts: Artifacts) -> dict[str, str]:
    """Return the texts of the project's own doc blocks, by name."""
    return {
        block.text("name"): block.text("block_contents").strip()
        for block in artifacts.docs.values()
        if block.text("package_name") == artifacts.project
    }


def _full_tables(
    artifacts: Artifacts, bare: dict[str, Table], edges: Mapping[EdgeKey, Edge], project: str
) -> dict[str, Table]:
    """Return the tables with keys, dbt tab and mark, by FQN."""
    nodes = {**artifacts.sources, **artifacts.nodes}
    relations = Relations(
        bare, {nodes[unique_id].text("relation_name"): unique_id for unique_id in bare}
    )
    tests: dict[str, list[Record]] = {}
    for test in artifacts.tests.values():
        if test_name(test) and (tested := bare.get(tested_node(test))):
            tests.setdefault(tested.fqn, []).append(test)
    upstream: dict[str, list[str]] = {}
    for edge in edges.values():
        upstream.setdefault(edge.downstream, []).append(edge.upstream)
    tables: dict[str, Table] = {}
    for unique_id, table in bare.items():
        if table.fqn in tables:
            continue
        node = nodes[unique_id]
        keyed = with_keys(table, node, tests.get(table.fqn, []), relations)
        above = tuple(sorted(upstream.get(table.fqn, [])))
        model = data_model(node, keyed, above, artifacts.project)
        tables[table.fqn] = marked(replace(keyed, data_model=model), project)
    return tables


def _unplaced(tables: dict[str, Table], flow: Flow, more: Beside) -> dict[str, int]:
    without_tab = len([table for table in tables.values() if table.data_model is None])
    nested = [
        parent
        for columns in flow.columns.values()
        for column in columns.values()
        for parent in column.parents
        if parent.field
    ]
    counts = {
        "dbt tab of a seed or source, which has no SQL": without_tab,
        "column lineage from a nested field, kept as from its column": len(nested),
        **more.unplaced,
    }
    return {what: count for what, count in counts.items() if count}


def _untraced(flow: Flow) -> dict[str, str]:
    reasons = {
        f"{table}.{fqn((name,))}": "; ".join(column.reasons)
        for table, columns in flow.columns.items()
        for name, column in columns.items()
        if column.kind is Kind.UNTRACED
    }
    undeclared = dict.fromkeys(flow.undeclared, "read, but not among the table's columns")
    return {**reasons, **undeclared}


def _exposed(
    more: Beside, tables: Mapping[str, Table], config: Config
) -> dict[str, tuple[str, ...]]:
    """Return the columns with a class of personal data that each dashboard's tables have."""
    found: dict[str, tuple[str, ...]] = {}
    for edge in sorted(more.edges, key=lambda edge: edge.key):
        if edge.kind == DASHBOARD:
            personal = personal_columns(tables[edge.upstream], config.personal_data_classification)
            found[edge.downstream] = (*found.get(edge.downstream, ()), *personal)
    return {name: columns for name, columns in found.items() if columns}


def _database_names(artifacts: Artifacts, config: Config) -> dict[str, str]:
    """Return the catalog's name of each database: the one most of the project's own relations are
    in gets the configured name, others keep theirs, unless the configuration maps them.
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
    """Let a source share its relation with another node, which then describes it; nothing else."""
    if second[1] != first[1] or second[0] not in artifacts.sources:
        raise ArtifactError(
            f"{first[0]} and {second[0]} both become {key} in the catalog;"
            " give one database another name with databaseNames in the configuration, or an alias"
        )


def _teams(artifacts: Artifacts) -> dict[str, Team]:
    """Return the teams that own something, each once; one with an address is known better."""
    nodes = [*artifacts.nodes.values(), *artifacts.sources.values(), *artifacts.metrics.values()]
    found = [team for node in nodes if (team := owner_of(node, artifacts)) is not None]
    exposures = artifacts.exposures.values()
    found += [team for one in exposures if (team := team_of(one)) is not None]
    return {team.name: team for team in sorted(found, key=lambda team: team.email)}


def _containers(tables: dict[str, Table], service: str, project: str) -> dict[str, Container]:
    containers = {fqn((service,)): Container((service,))}
    for table in tables.values():
        for depth in (2, 3):
            container = Container(table.parts[:depth], Mark(project))
            containers[container.fqn] = container
    return containers


def _edges(
    artifacts: Artifacts, tables: Mapping[str, Table], flow: Flow, project: str
) -> dict[EdgeKey, Edge]:
    """Return the edges between relations, with the columns they join: ephemeral models are looked
    through, self-edges and ends that are no relations left out. In: `tables`, by unique id.
    """
    edges = {}
    for unique_id, node in artifacts.nodes.items():
        if unique_id not in tables:
            continue
        for parent in parents(node, artifacts) & tables.keys():
            key = (tables[parent].fqn, tables[unique_id].fqn)
            if key[0] != key[1]:
                sql = node.text("compiled_code").strip()
                edges[key] = Edge(*key, project, sql, flow.pairs.get(key, ()))
    return edges


def _unknown_types(state: CatalogState) -> dict[str, int]:
    counts = Counter(
        column.type.display or "not given"
        for table in state.tables.values()
        for column in table.columns
        if column.type.name == UNKNOWN
    )
    return dict(sorted(counts.items()))
