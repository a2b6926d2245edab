"""Derives the rows of MATCH_RECOGNIZE, and the keys of CONNECT BY."""

from __future__ import annotations

import re

from sqlglot import exp

from logmart_catalog.lineage.derivation import ROWS, Derivation, at_least
from logmart_catalog.lineage.expressions import add_keys, derive
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.scope import Relation, Scope, Source
from logmart_catalog.lineage.stars import star_of
from logmart_catalog.lineage.tracer import Tracer


def matched_rows(match: exp.MatchRecognize, scope: Scope, tracer: Tracer) -> Relation:
    """Return the relation of MATCH_RECOGNIZE over the rows of a scope: its measures, after the
    partition columns, or after all columns with ALL ROWS PER MATCH.
    """
    rows = star_of(scope)
    inner = Scope(scope.ctes, scope, sources=[Source(("",), rows)])
    variables = {name.lower() for name in re.findall(r"[^\W\d]\w*", match.text("pattern"))}
    partition = match.args.get("partition_by") or []
    add_keys("partition", partition, inner, tracer)
    if match.args.get("order") is not None:
        add_keys("order", match.args["order"].expressions, inner, tracer)
    defined = [
        _unbound(definition.this, variables) for definition in match.args.get("define") or []
    ]
    add_keys("filter", defined, inner, tracer)
    measures = tuple(
        (measure.this.alias, _measure(_unbound(measure.this.this, variables), inner, tracer))
        for measure in match.args.get("measures") or []
    )
    if match.text("rows").upper().startswith("ALL ROWS"):
        return Relation((*rows.columns, *measures), rows.rest)
    kept = tuple((node.alias_or_name, derive(node, inner, tracer)) for node in partition)
    return Relation((*kept, *measures))


def _measure(node: exp.Expression, scope: Scope, tracer: Tracer) -> Derivation:
    return at_least(derive(node, scope, tracer), Kind.AGGREGATED)


def _unbound(node: exp.Expression, variables: set[str]) -> exp.Expression:
    """Return an expression without the pattern variables that qualify its columns."""
    copied = node.copy()
    for column in copied.find_all(exp.Column):
        if column.table.lower() in variables:
            column.set("table", None)
    return copied


def add_hierarchy(connect: exp.Connect, scope: Scope, tracer: Tracer) -> None:
    """Add the keys of CONNECT BY, and define LEVEL, the depth in the hierarchy."""
    conditions = [connect.args.get("start"), connect.args.get("connect")]
    add_keys(
        "filter", [condition for condition in conditions if condition is not None], scope, tracer
    )
    scope.aliases["level"] = ROWS
