"""Derives the sources of FROM: tables, subqueries, table functions, and the joins between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from logmart_catalog.lineage import functions
from logmart_catalog.lineage.derivation import (
    CONSTANT,
    Derivation,
    at_least,
    combine,
    element,
    merge,
)
from logmart_catalog.lineage.expressions import add_keys, derive
from logmart_catalog.lineage.functions import function_name
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.pivots import pivoted
from logmart_catalog.lineage.scope import Relation, Scope, Source, resolve
from logmart_catalog.lineage.table_functions import Called, called_relation, unnested_from
from logmart_catalog.lineage.tracer import Tracer


def add_source(node: exp.Expression, scope: Scope, tracer: Tracer) -> None:
    """Add a FROM item and its nested joins to a scope."""
    scope.sources.extend(_sources(node, scope, tracer))
    for join in node.args.get("joins") or []:
        add_join(join, scope, tracer)
    for lateral in node.args.get("laterals") or []:
        scope.sources.append(_source(lateral, scope, tracer))


def _sources(node: exp.Expression, scope: Scope, tracer: Tracer) -> list[Source]:
    """Return the sources of a FROM item: one relation, or all those of a join in parentheses."""
    if not isinstance(node, exp.Subquery) or not isinstance(node.this, exp.Table) or node.alias:
        return [_source(node, scope, tracer)]
    inner = Scope(scope.ctes, scope)
    add_source(node.this, inner, tracer)
    scope.merged.update(inner.merged)
    return inner.sources


def add_join(join: exp.Join, scope: Scope, tracer: Tracer) -> None:
    """Add a joined relation to a scope, merge the columns of USING or NATURAL, and add the keys."""
    if join.kind == "ARRAY":
        _add_elements(join, scope, tracer)
        return
    sources = _sources(join.this, scope, tracer)
    left = _names_in(scope.sources)
    if str(join.args.get("method") or "").upper() == "NATURAL":
        right = set(_names_in(sources))
        using = [name for name in left if name in right]
    else:
        using = [column.name.lower() for column in join.args.get("using") or []]
    joined = Scope({}, sources=sources)
    pairs = {name: (resolve([name], scope), resolve([name], joined)) for name in using}
    for pair in pairs.values():
        for value in pair:
            tracer.keys.add("join", value)
    before = len(scope.sources)
    scope.sources.extend(sources)
    if join.args.get("on") is not None:
        add_keys("join", [join.args["on"]], scope, tracer)
    if join.kind in {"SEMI", "ANTI"} or join.side in {"SEMI", "ANTI"}:
        del scope.sources[before:]
        return
    for source in sources:
        source.hidden.update(using)
    for name, (first, second) in pairs.items():
        scope.merged[name] = _merged(join.side, first, second)
    for nested in join.this.args.get("joins") or []:
        add_join(nested, scope, tracer)


def _add_elements(join: exp.Join, scope: Scope, tracer: Tracer) -> None:
    """Add the elements of the lists in an ARRAY JOIN. With an alias, the lists stay readable."""
    for node in (join.this, *(join.args.get("expressions") or [])):
        inner = node.this if isinstance(node, exp.Alias) else node
        item = at_least(element(derive(inner, scope, tracer)), Kind.TRANSFORMED)
        tracer.keys.add("unnest", item)
        scope.merged[node.alias_or_name.lower()] = item


def _names_in(sources: Sequence[Source]) -> list[str]:
    return list(dict.fromkeys(name for source in sources for name in source.relation.by_name))


def _merged(side: str, left: Derivation, right: Derivation) -> Derivation:
    if side == "FULL":
        return combine(Kind.TRANSFORMED, [left, right])
    return right if side == "RIGHT" else left


def _source(node: exp.Expression, scope: Scope, tracer: Tracer) -> Source:
    alias = node.args.get("alias")
    named = [column.name for column in alias.columns] if isinstance(alias, exp.TableAlias) else []
    if tracer.dialect == "bigquery" and isinstance(node, exp.Unnest):
        called = Called((*named, node.alias, "unnest")[0] or "unnest", 0)
        return Source((called.alias.lower(),), _relation(node, scope, tracer, called))
    relation = _relation(node, scope, tracer, Called(node.alias, len(named)))
    pivots = node.args.get("pivots") or []
    if not pivots:
        names = _names(node)
        return Source(names, relation.renamed(named))
    relation = relation.renamed(named)
    names = _names(node)
    for pivot in pivots:
        relation = pivoted(relation, pivot, scope, tracer)
        pivot_alias = pivot.args.get("alias")
        if isinstance(pivot_alias, exp.TableAlias):
            names = (pivot_alias.name.lower(),)
            relation = relation.renamed([column.name for column in pivot_alias.columns])
    return Source(names, relation)


def _names(node: exp.Expression) -> tuple[str, ...]:
    if node.alias:
        return (node.alias.lower(),)
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        return tuple(part.name.lower() for part in node.parts)
    return (function_name(node.this if isinstance(node.this, exp.Func) else node),)


def _relation(node: exp.Expression, scope: Scope, tracer: Tracer, called: Called) -> Relation:
    match node:
        case exp.Values():
            found = _values(node, scope, tracer)
        case exp.Unnest():
            found = unnested_from(node, scope, tracer, called)
        case exp.Lateral(this=exp.Func() as function) | exp.TableFromRows(this=function):
            found = called_relation(function, scope, tracer, called)
        case exp.Lateral():
            found = tracer.query(node.this, scope, tracer)
        case exp.Table(this=exp.Func() as function):
            found = called_relation(function, scope, tracer, called)
        case exp.Table():
            found = _table([part.name for part in node.parts], scope, tracer, called.width)
        case _:
            found = tracer.query(node, scope, tracer)
    if node.args.get("ordinality"):
        found = replace(found, columns=(*found.columns, ("ordinality", CONSTANT)))
    return found


def _table(parts: Sequence[str], scope: Scope, tracer: Tracer, width: int) -> Relation:
    """Resolve a name in FROM: a CTE, a list of an earlier source, or a table."""
    found = _cte(parts[0], scope) if len(parts) == 1 else None
    if len(parts) > 1 and width == 1:
        found = _element_of_row(parts, scope)
    if found is None:
        found = tracer.table(parts)
        constants = functions.CONSTANT_TABLES.get(tracer.dialect, {}).get(".".join(parts).lower())
        if constants is not None and not found.columns:
            found = Relation(tuple((name, CONSTANT) for name in constants))
    return found


def _cte(name: str, scope: Scope) -> Relation | None:
    inner: Scope | None = scope
    while inner is not None:
        if name.lower() in inner.ctes:
            return inner.ctes[name.lower()]()
        inner = inner.outer
    return None


def _element_of_row(parts: Sequence[str], scope: Scope) -> Relation | None:
    """Return the elements of a list that is used as a table: `from t, t.list`."""
    if not any(source.is_called(parts[:1]) for source in scope.sources):
        return None
    return Relation((("", at_least(element(resolve(parts, scope)), Kind.TRANSFORMED)),))


def _values(node: exp.Values, scope: Scope, tracer: Tracer) -> Relation:
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    columns = []
    for place in range(min(len(row) for row in rows)):
        name = f"col{place}" if tracer.dialect == "duckdb" else f"column{place + 1}"
        columns.append((name, merge(derive(row[place], scope, tracer) for row in rows)))
    return Relation(tuple(columns))
