"""Finds what a changed column affects downstream, and the owners to ask. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from logmart.dbt.manifest import Manifest, Node, parents
from logmart.findings import Reach

ColumnOf = tuple[str, str]
"""A unique id and the name of a column, in lower case."""


@dataclass(frozen=True)
class Lineage:
    """The column lineage of a project, as the catalog sync prints it.

    `reads` holds the columns that each column is computed from, `kinds` how it is computed, `rows`
    the columns that decide which rows a relation has, `names` the name of each relation.
    """

    reads: Mapping[ColumnOf, frozenset[ColumnOf]] = field(default_factory=dict)
    kinds: Mapping[ColumnOf, str] = field(default_factory=dict)
    rows: Mapping[str, frozenset[ColumnOf]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def children(self) -> Mapping[ColumnOf, list[ColumnOf]]:
        """The columns that are computed from each column."""
        found: dict[ColumnOf, list[ColumnOf]] = {}
        for column, sources in self.reads.items():
            for source in sources:
                found.setdefault(source, []).append(column)
        return found

    def signature(self, unique_id: str, column: str) -> Any:
        """Return how a column is computed, to compare it with another column."""
        key = (unique_id, column.lower())
        return self.kinds.get(key), self.reads.get(key)


def read_lineage(text: str) -> Lineage:
    """Return the lineage in the JSON that `logmart_catalog lineage --json` prints."""
    relations = json.loads(text)["relations"]
    return Lineage(
        {
            (relation["id"], column["name"].lower()): frozenset(
                _column(each) for each in column["parents"]
            )
            for relation in relations
            for column in relation["columns"]
        },
        {
            (relation["id"], column["name"].lower()): column["kind"]
            for relation in relations
            for column in relation["columns"]
        },
        {
            relation["id"]: frozenset(_column(key) for key in relation["keys"])
            for relation in relations
        },
        {relation["id"]: relation["name"] for relation in relations},
    )


def reach(manifest: Manifest, lineage: Lineage, unique_id: str, columns: Iterable[str]) -> Reach:
    """Return everything that is computed from columns of a node, at any distance.

    A relation whose rows a column decides is listed, but not followed further downstream.
    """
    start = {(unique_id, column.lower()) for column in columns}
    found: set[ColumnOf] = set()
    waiting = list(start)
    while waiting:
        reached_column = waiting.pop()
        if reached_column not in found:
            found.add(reached_column)
            waiting += lineage.children.get(reached_column, [])
    row_keys = {
        relation_id
        for relation_id, sources in lineage.rows.items()
        if sources & found and relation_id != unique_id
    }
    read = found - start
    models = ({relation_id for relation_id, _ in read} | row_keys) - {unique_id}
    affected = models | {unique_id}
    return replace(
        _reach(manifest, affected, _metrics(manifest, _measures(manifest, found, frozenset()))),
        columns=tuple(
            sorted(f"{_short(manifest, relation_id)}.{name}" for relation_id, name in read)
        ),
        row_keys=tuple(sorted(_short(manifest, relation_id) for relation_id in row_keys)),
        models=tuple(sorted(_short(manifest, relation_id) for relation_id in models)),
    )


def reach_of_rows(
    manifest: Manifest, unique_id: str, differing: Mapping[str, Iterable[str] | None]
) -> Reach:
    """Return the reach of other rows in a node: the metrics and exposures of all differing nodes.

    In: `differing`, the nodes with other rows, `unique_id` included, and the columns that differ in
    each; None where rows were added or removed, which every measure reads.
    """
    columns = {
        (node_id, column.lower()) for node_id, names in differing.items() for column in names or ()
    }
    whole = frozenset(node_id for node_id, names in differing.items() if names is None)
    metrics = _metrics(manifest, _measures(manifest, columns, whole))
    models = sorted(_short(manifest, node_id) for node_id in differing if node_id != unique_id)
    return replace(_reach(manifest, set(differing), metrics), models=tuple(models))


def reach_of_metric(manifest: Manifest, metric_id: str) -> Reach:
    """Return the metrics that are made of a metric, the exposures of all, and the owners."""
    metrics = _metrics(manifest, frozenset(), {metric_id})
    models = {
        node_id
        for model_id in parents(manifest.part("metrics")[metric_id])
        for node_id in parents(manifest.part("semantic_models").get(model_id, {}))
    }
    reached = _reach(manifest, set(), metrics, owning=models)
    name = str(manifest.part("metrics")[metric_id]["name"])
    return replace(reached, metrics=tuple(each for each in reached.metrics if each != name))


def reach_of_exposure(manifest: Manifest, exposure_id: str) -> Reach:
    """Return the owner of an exposure."""
    return Reach(owners=_owners(manifest, set(), {exposure_id}, set()))


def reach_of_semantic_model(manifest: Manifest, model_id: str) -> Reach:
    """Return the metrics of a semantic model, their exposures, and the owners."""
    model = manifest.part("semantic_models")[model_id]
    measures = {(model_id, str(measure["name"])) for measure in model.get("measures") or []}
    metrics = _metrics(manifest, frozenset(measures))
    return _reach(manifest, set(), metrics, owning=parents(model))


def reach_of_group(manifest: Manifest, group_id: str) -> Reach:
    """Return the owner of a group."""
    return Reach(owners=(manifest.owners[str(manifest.part("groups")[group_id]["name"])],))


def _reach(
    manifest: Manifest, models: set[str], metrics: set[str], *, owning: Iterable[str] = ()
) -> Reach:
    """Return metrics, the exposures that read them or one of the models, and the owners of all."""
    exposures = _exposures(manifest, models, metrics)
    return Reach(
        metrics=tuple(
            sorted(str(manifest.part("metrics")[metric_id]["name"]) for metric_id in metrics)
        ),
        exposures=tuple(
            sorted(_label(manifest.part("exposures")[exposure_id]) for exposure_id in exposures)
        ),
        owners=_owners(manifest, {*models, *owning}, exposures, metrics),
    )


def _short(manifest: Manifest, unique_id: str) -> str:
    known = manifest.built.get(unique_id)
    return str(known["name"]) if known else unique_id.rpartition(".")[2]


def _label(exposure: Node) -> str:
    return str(exposure.get("label") or exposure["name"])


def _column(document: Mapping[str, str]) -> ColumnOf:
    # A field of a nested column counts as its column.
    return document["id"], document["column"].split(".")[0].lower()


def _owners(
    manifest: Manifest, models: set[str], exposures: set[str], metrics: set[str]
) -> tuple[str, ...]:
    nodes = [manifest.built[model_id] for model_id in models if model_id in manifest.built]
    nodes += [manifest.part("exposures")[exposure_id] for exposure_id in exposures]
    nodes += [manifest.part("metrics")[metric_id] for metric_id in metrics]
    return tuple(sorted({manifest.owner_of(node) for node in nodes} - {""}))


def _exposures(manifest: Manifest, models: set[str], metrics: set[str]) -> set[str]:
    return {
        exposure_id
        for exposure_id, exposure in manifest.part("exposures").items()
        if (models | metrics) & set(parents(exposure))
    }


def _measures(
    manifest: Manifest, columns: Iterable[ColumnOf], whole: frozenset[str]
) -> frozenset[tuple[str, str]]:
    """Return the measures, by semantic model and name, that read one of the columns, and all
    measures on the nodes in `whole`.
    """
    found: set[tuple[str, str]] = set()
    for model_id, model in manifest.part("semantic_models").items():
        touched = {name for relation, name in columns if relation in parents(model)}
        measures = _read_measures(model, touched)
        if whole & set(parents(model)):
            measures = list(model.get("measures") or [])
        found |= {(model_id, measure["name"]) for measure in measures}
    return frozenset(found)


def _metrics(
    manifest: Manifest,
    measures: frozenset[tuple[str, str]],
    metric_ids: Iterable[str] = (),
) -> set[str]:
    """Return the given metrics, and the metrics that read one of the measures or such a metric."""
    found = set(metric_ids)
    metrics = manifest.part("metrics")
    while True:
        more = {
            metric_id
            for metric_id, metric in metrics.items()
            if metric_id not in found
            and (
                any(
                    (model, str(measure["name"])) in measures
                    for model in parents(metric)
                    for measure in metric["type_params"].get("input_measures") or []
                )
                or found & set(parents(metric))
            )
        }
        if not more:
            return found
        found |= more


def _read_measures(model: Node, columns: set[str]) -> list[Node]:
    dimensions = {dimension["name"]: dimension for dimension in model.get("dimensions") or []}
    default = (model.get("defaults") or {}).get("agg_time_dimension")
    return [
        measure
        for measure in model.get("measures") or []
        if columns & _names_in(measure.get("expr") or measure["name"])
        or columns
        & _names_in(
            _expression(dimensions.get(measure.get("agg_time_dimension") or default or "", {}))
        )
    ]


def _expression(dimension: Mapping[str, Any]) -> str:
    return str(dimension.get("expr") or dimension.get("name") or "")


def _names_in(expression: str) -> set[str]:
    """Return the columns that an expression names, in lower case."""
    try:
        tree = sqlglot.parse_one(str(expression), dialect="duckdb") if expression else None
    except SqlglotError:
        return set()
    return {column.name.lower() for column in tree.find_all(exp.Column)} if tree else set()
