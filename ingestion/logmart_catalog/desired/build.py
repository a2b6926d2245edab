"""Builds the desired state of a catalog from dbt's artifacts. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from logmart_catalog.artifacts.graph import parents
from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.config import Config
from logmart_catalog.desired.assets import project_assets
from logmart_catalog.desired.extent import extent_of
from logmart_catalog.desired.flow import (
    Flow,
    flow_of,
    with_inherited,
    with_personal_data,
)
from logmart_catalog.desired.inferred import with_inferred_columns
from logmart_catalog.desired.keys import Relations, with_keys
from logmart_catalog.desired.labels import personal_data_of
from logmart_catalog.desired.notes import WholeProject, notes_of
from logmart_catalog.desired.owners import with_people
from logmart_catalog.desired.relations import bare_tables
from logmart_catalog.desired.sql import with_catalog_names
from logmart_catalog.desired.tables import data_model
from logmart_catalog.desired.tests import test_name, tested_node
from logmart_catalog.lineage.project import lineage_traced_once
from logmart_catalog.records import Record
from logmart_catalog.state.marks import marked
from logmart_catalog.state.model import (
    CatalogState,
    Container,
    Edge,
    EdgeKey,
    Mark,
    Table,
)
from logmart_catalog.state.names import fqn, stored_name
from logmart_catalog.state.notes import Notes
from logmart_catalog.state.out_of_scope import narrowed


@dataclass(frozen=True)
class Desired:
    """The desired state, and the notes on it."""

    state: CatalogState
    notes: Notes = field(default_factory=Notes)


def desired_state(
    artifacts: Artifacts, config: Config, chosen: frozenset[str] | None = None
) -> Desired:
    """Return the desired state of the catalog for a dbt project.

    In: `chosen`, the unique ids of the selected nodes, None for all. Nodes that are left out or not
    chosen are not in the state, but descriptions and classes of personal data still flow through
    them. Names of service and database come from the configuration. Raises ArtifactError, naming
    the nodes and the remedy, when a name cannot be stored or two relations get the same name.
    """
    project = config.project or artifacts.project
    artifacts = with_inferred_columns(artifacts)
    bare = bare_tables(artifacts, config)
    flow = flow_of(lineage_traced_once(artifacts), bare)
    compiled, artifacts = artifacts, with_catalog_names(artifacts, bare)
    flowing = _flowing(artifacts, bare, flow, config)
    edges = _edges(artifacts, flowing, flow, project)
    tables = _full_tables(artifacts, flowing, edges, project)
    by_node = {unique_id: tables[table.fqn] for unique_id, table in bare.items()}
    other_assets = project_assets(artifacts, by_node, config, project)
    state = CatalogState(
        config.service,
        project,
        _containers(tables, config.service, project),
        tables,
        {**edges, **{edge.key: edge for edge in other_assets.edges}},
        assets={asset.key: asset for asset in other_assets.assets},
    )
    extent = extent_of(artifacts, bare, other_assets.consumers, chosen)
    published = (
        narrowed(state, extent.unpublished, extent.consumers, extent.out_of_scope)
        if extent.is_part
        else state
    )
    if artifacts.quality is None:
        out_of_scope = replace(published.out_of_scope, checks=True)
        published = replace(published, out_of_scope=out_of_scope)
    published = with_people(published, artifacts, config)
    whole_project = WholeProject(tables, flow, other_assets)
    return Desired(published, notes_of(compiled, published, whole_project, extent, config))


def _flowing(
    artifacts: Artifacts, bare: Mapping[str, Table], flow: Flow, config: Config
) -> dict[str, Table]:
    """Return the tables by unique id, with the descriptions and classes of personal data that flow
    along column lineage.
    """
    nodes = {**artifacts.sources, **artifacts.nodes}
    declared: dict[tuple[str, str], str | None] = {}
    for unique_id, table in bare.items():
        stored = {column.name.lower(): column.name for column in table.columns}
        for name, column in nodes[unique_id].records("columns").items():
            own = stored.get(stored_name(name, unique_id).lower())
            if own and (personal := personal_data_of(column)) != "":
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
    """Return the edges between relations, with the columns that they join. An ephemeral model is
    replaced by its own parents; self-edges are left out. In: `tables`, by unique id.
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
