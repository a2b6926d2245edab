"""Counts of a report, for the demo's table, the workflow's status and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from logmart_catalog.engine import Report
from logmart_catalog.plan.actions import Verb
from logmart_catalog.state.descriptions import is_inherited


@dataclass(frozen=True)
class Summary:
    """Counts of what dbt publishes, and of what differs.

    `owners` counts tables with an owner, `tags` the tags and glossary terms on tables and columns,
    `assets` the other entities by kind. `columns_inherited` counts the documented columns whose
    description is inherited; `column_edges` the columns that have lineage on an edge, `untraced`
    those whose lineage is unknown. `left_out` counts the values that the server does not support,
    `malformed` the values in dbt that do not fit; `missing` and `unplaced` are as in a report.
    `added`, `changed`, `moved` and `removed` count the plan's actions; `drift` is their sum for
    `verify`, else 0; `by_others` counts what others made. `nodes_left_out`, `outdated`,
    `reads_itself` and `not_chosen` count the nodes in the notes of the same names.
    """

    tables: int
    columns: int
    columns_documented: int
    columns_inherited: int
    edges: int
    column_edges: int
    untraced: int
    owners: int
    unknown_types: Mapping[str, int]
    missing: Mapping[str, tuple[str, ...]]
    unplaced: Mapping[str, int]
    assets: Mapping[str, int]
    tags: int
    added: int
    changed: int
    moved: int
    removed: int
    unchanged: int
    by_others: int
    drift: int
    writes: int
    left_out: Mapping[str, int]
    nodes_left_out: int
    outdated: int
    reads_itself: int
    not_chosen: int
    malformed: int


def summarize(report: Report, *, drift: bool) -> Summary:
    """Return the counts of a report. In: `drift`, whether the plan's actions count as drift."""
    tables = report.desired.tables.values()
    columns = [column for table in tables for column in table.columns]
    edges = report.desired.edges.values()
    plan = report.plan
    return Summary(
        tables=len(tables),
        columns=len(columns),
        columns_documented=len([column for column in columns if column.description]),
        columns_inherited=len([column for column in columns if is_inherited(column.description)]),
        edges=len(report.desired.edges),
        column_edges=len(
            {(edge.downstream, pair.target) for edge in edges for pair in edge.columns}
        ),
        untraced=len(report.notes.untraced),
        owners=len([table for table in tables if table.owners]),
        unknown_types=report.notes.unknown_types,
        missing=report.missing,
        unplaced=report.notes.unplaced,
        assets=dict(sorted(Counter(kind for kind, _ in report.desired.assets).items())),
        tags=sum(len(table.tags) + len(table.terms) for table in tables)
        + sum(len(column.tags) + len(column.terms) for column in columns),
        added=plan.count(Verb.ADD),
        changed=plan.count(Verb.CHANGE),
        moved=plan.count(Verb.MOVE),
        removed=plan.count(Verb.REMOVE),
        unchanged=plan.unchanged,
        by_others=len(plan.foreign),
        drift=len(plan.actions) if drift else 0,
        writes=report.writes,
        left_out=report.left_out,
        nodes_left_out=len(report.notes.left_out),
        outdated=len(report.notes.outdated),
        reads_itself=len(report.notes.reads_itself),
        not_chosen=report.notes.not_chosen,
        malformed=len(report.notes.malformed),
    )
