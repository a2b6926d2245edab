"""Builds the notes on a desired state: what is left out, out of date or unknown. Pure functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.config import Config
from logmart_catalog.desired.assets import ProjectAssets
from logmart_catalog.desired.extent import Extent
from logmart_catalog.desired.flow import Flow, personal_columns
from logmart_catalog.desired.meta import joined_reasons
from logmart_catalog.lineage.model import Kind
from logmart_catalog.records import Record
from logmart_catalog.state.asset_kinds import DASHBOARD
from logmart_catalog.state.column_types import UNKNOWN
from logmart_catalog.state.edge_paths import edges_by_end, tables_above
from logmart_catalog.state.model import CatalogState, Table
from logmart_catalog.state.names import fqn
from logmart_catalog.state.notes import Notes


@dataclass(frozen=True)
class WholeProject:
    """The whole project, published or not: its tables by FQN, their column lineage, its assets."""

    tables: Mapping[str, Table]
    flow: Flow
    assets: ProjectAssets


def notes_of(
    artifacts: Artifacts, state: CatalogState, project: WholeProject, extent: Extent, config: Config
) -> Notes:
    """Return the notes on a desired state. In: `state`, the published part of `project`."""
    return Notes(
        unknown_types=_unknown_types(state),
        unplaced=_unplaced(state, project),
        untraced=_untraced(state, project.flow),
        exposed=_exposed(state, project, config),
        malformed=_malformed(state),
        left_out=extent.left_out,
        outdated=extent.outdated,
        reads_itself=_reading_themselves(artifacts, extent),
        not_chosen=extent.not_chosen,
        refusal=extent.refusal,
    )


def _reading_themselves(artifacts: Artifacts, extent: Extent) -> tuple[str, ...]:
    """Return the incremental models whose compiled SQL reads their own table; none when the SQL of
    a full refresh was compiled.
    """
    if artifacts.has_full_refresh:
        return ()
    return tuple(
        unique_id
        for unique_id, node in sorted(artifacts.nodes.items())
        if unique_id in extent.published and _reads_itself(node)
    )


def _reads_itself(node: Record) -> bool:
    own = node.text("relation_name")
    if node.record("config").text("materialized") != "incremental" or not own:
        return False
    return bool(re.search(rf"{re.escape(own)}(?!\w)", node.text("compiled_code")))


def _unknown_types(state: CatalogState) -> dict[str, int]:
    counts = Counter(
        column.type.display or "not given"
        for table in state.tables.values()
        for column in table.columns
        if column.type.name == UNKNOWN
    )
    return dict(sorted(counts.items()))


def _unplaced(state: CatalogState, project: WholeProject) -> dict[str, int]:
    without_tab = len([table for table in state.tables.values() if table.data_model is None])
    nested = [
        parent
        for table, columns in project.flow.columns.items()
        if table in state.tables
        for column in columns.values()
        for parent in column.parents
        if parent.field
    ]
    counts = {
        "dbt tab of a seed or source, which has no SQL": without_tab,
        "column lineage from a nested field, kept as from its column": len(nested),
        **project.assets.unplaced,
    }
    return {what: count for what, count in counts.items() if count}


def _untraced(state: CatalogState, flow: Flow) -> dict[str, str]:
    reasons = {
        f"{table}.{fqn((name,))}": "; ".join(column.reasons)
        for table, columns in flow.columns.items()
        if table in state.tables
        for name, column in columns.items()
        if column.kind is Kind.UNTRACED
    }
    undeclared = {
        column: "read, but not among the table's columns"
        for column in flow.undeclared
        if any(column.startswith(f"{table}.") for table in state.tables)
    }
    return {**reasons, **undeclared}


def _exposed(
    state: CatalogState, project: WholeProject, config: Config
) -> dict[str, tuple[str, ...]]:
    """Return for each dashboard the columns that bear a class of personal data, of all tables that
    it reads, directly or through metrics.
    """
    edges = edges_by_end(project.assets.edges)
    found = {
        name: tuple(
            column
            for table in sorted(tables_above((kind, name), edges))
            for column in personal_columns(
                project.tables[table], config.personal_data_classification
            )
        )
        for kind, name in sorted(state.assets)
        if kind == DASHBOARD
    }
    return {name: columns for name, columns in found.items() if columns}


def _malformed(state: CatalogState) -> tuple[str, ...]:
    """Return why values in dbt could not be read, each reason once."""
    of_tables = (table.unread for table in state.tables.values())
    unread = joined_reasons(*of_tables, *(asset.unread for asset in state.assets.values()))
    return tuple(sorted({reason for reasons in unread.values() for reason in reasons}))
