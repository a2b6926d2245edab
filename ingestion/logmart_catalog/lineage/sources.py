"""FROM: tables, subqueries, table functions, and joins between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from logmart_catalog.lineage import functions
from logmart_catalog.lineage.derivation import (
    CONSTANT,
    Derivation,
    combine,
    field,
    field_names,
    merge,
    raised,
)
from logmart_catalog.lineage.expressions import add_keys, derive
from logmart_catalog.lineage.functions import function_name
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.parsing import NotParsedError, parse
from logmart_catalog.lineage.pivots import pivoted
from logmart_catalog.lineage.scope import Relation, Scope, Source, resolve, unknown
from logmart_catalog.lineage.tracer import Tracer

_FLATTENED = ("seq", "key", "path", "index", "value", "this")
_ROWS_AS_COLUMNS = ("trino", "presto", "athena")
_ENTRIES_AS_COLUMNS = (*_ROWS_AS_COLUMNS, "spark", "databricks", "hive")


def add_source(node: exp.Expression, scope: Scope, tracer: Tracer) -> None:
    """Add a FROM item, with the joins that hang on it, to a scope."""
    scope.sources.extend(_sources(node, scope, tracer))
    for join in node.args.get("joins") or []:
        add_join(join, scope, tracer)
    for lateral in node.args.get("laterals") or []:
        scope.sources.append(_source(lateral, scope, tracer))


def _sources(node: exp.Expression, scope: Scope, tracer: Tracer) -> list[Source]:
    """Return what a FROM item names: one relation, or those of a join in parentheses."""
    if not isinstance(node, exp.Subquery) or not isinstance(node.this, exp.Table) or node.alias:
        return [_source(node, scope, tracer)]
    inner = Scope(scope.ctes, scope)
    add_source(node.this, inner, tracer)
    scope.merged.update(inner.merged)
    return inner.sources


def add_join(join: exp.Join, scope: Scope, tracer: Tracer) -> None:
    """Add a joined relation to a scope: merge what USING or NATURAL merges, note keys."""
    sources = _sources(join.this, scope, tracer)
    left = _names_in(scope.sources)
    if str(join.args.get("method") or "").upper() == "NATURAL":
        right = set(_names_in(sources))
        using = [name for name in left if name in right]
    else:
        using = [one.name.lower() for one in join.args.get("using") or []]
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


def _names_in(sources: Sequence[Source]) -> list[str]:
    return list(dict.fromkeys(name for one in sources for name in one.relation.by_name))


def _merged(side: str, left: Derivation, right: Derivation) -> Derivation:
    if side == "FULL":
        return combine(Kind.TRANSFORMED, [left, right])
    return right if side == "RIGHT" else left


def _source(node: exp.Expression, scope: Scope, tracer: Tracer) -> Source:
    alias = node.args.get("alias")
    named = [one.name for one in alias.columns] if isinstance(alias, exp.TableAlias) else []
    relation = _relation(node, scope, tracer, _Called(node.alias, len(named)))
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
            relation = relation.renamed([one.name for one in pivot_alias.columns])
    return Source(names, relation)


def _names(node: exp.Expression) -> tuple[str, ...]:
    if node.alias:
        return (node.alias.lower(),)
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        return tuple(part.name.lower() for part in node.parts)
    return (function_name(node.this if isinstance(node.this, exp.Func) else node),)


@dataclass(frozen=True)
class _Called:
    """What a FROM item is called: its alias ("" for none), and how many columns that names.

    `is_split`: the fields of what it yields are columns.
    """

    alias: str
    width: int
    is_split: bool = False

    def named(self, name: str) -> _Called:
        """Return it with a name where it has no alias."""
        return replace(self, alias=self.alias or name)


def _relation(node: exp.Expression, scope: Scope, tracer: Tracer, called: _Called) -> Relation:
    match node:
        case exp.Values():
            found = _values(node, scope, tracer)
        case exp.Unnest():
            offset = node.args.get("offset")
            found = _unnested(node.expressions, scope, tracer, called.named("unnest"), offset)
            found = replace(found, also={"unnest": found.columns[0][1]})
        case exp.Lateral(this=exp.Func()):
            found = _lateral(node, scope, tracer, called)
        case exp.Lateral():
            found = tracer.query(node.this, scope, tracer)
        case exp.Table(this=exp.Func() as function):
            found = _function(function, scope, tracer, called)
        case exp.Table():
            found = _table([part.name for part in node.parts], scope, tracer, called.width)
        case _:
            found = tracer.query(node, scope, tracer)
    return found


def _table(parts: Sequence[str], scope: Scope, tracer: Tracer, width: int) -> Relation:
    """Return what a name in FROM means: a CTE, a list of an earlier source, or a table."""
    found = _cte(parts[0], scope) if len(parts) == 1 else None
    if len(parts) > 1 and width == 1:
        found = _element_of_row(parts, scope)
    return found or tracer.table(parts)


def _cte(name: str, scope: Scope) -> Relation | None:
    inner: Scope | None = scope
    while inner is not None:
        if name.lower() in inner.ctes:
            return inner.ctes[name.lower()]()
        inner = inner.outer
    return None


def _element_of_row(parts: Sequence[str], scope: Scope) -> Relation | None:
    """Return the elements of a list of an earlier source that stands as a table: `from t, t.l`."""
    if not any(source.is_called(parts[:1]) for source in scope.sources):
        return None
    return Relation((("", raised(resolve(parts, scope), Kind.TRANSFORMED)),))


def _values(node: exp.Values, scope: Scope, tracer: Tracer) -> Relation:
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    columns = []
    for place in range(min(len(row) for row in rows)):
        name = f"col{place}" if tracer.dialect == "duckdb" else f"column{place + 1}"
        columns.append((name, merge(derive(row[place], scope, tracer) for row in rows)))
    return Relation(tuple(columns))


def _unnested(
    lists: Sequence[exp.Expression],
    scope: Scope,
    tracer: Tracer,
    called: _Called,
    offset: object = None,
) -> Relation:
    """Return the rows that lists become, side by side, with their positions last.

    The columns of rows whose fields are not known are as many as are named; each is of the whole.
    """
    if tracer.dialect in _ROWS_AS_COLUMNS:
        called = replace(called, is_split=True)
    columns: list[tuple[str, Derivation]] = []
    for listed in lists:
        element = raised(derive(listed, scope, tracer), Kind.TRANSFORMED)
        tracer.keys.add("unnest", element)
        columns.extend(_element_columns(element, called, tracer.dialect))
    missing = called.width - len(columns) - bool(offset)
    if len(columns) == 1 and missing > 0 and tracer.dialect in _ENTRIES_AS_COLUMNS:
        name, element = columns[0]
        columns = [(name, combine(Kind.TRANSFORMED, [element]))] * (missing + 1)
    if offset:
        place = offset.name if isinstance(offset, exp.Expression) else "ordinality"
        columns.append((place, CONSTANT))
    return Relation(tuple(columns))


def _element_columns(
    element: Derivation, called: _Called, dialect: str
) -> list[tuple[str, Derivation]]:
    """Return the columns an element becomes: one, or those of a row or a map's entry."""
    if dialect in _ENTRIES_AS_COLUMNS and element.type is not None and element.type.name == "MAP":
        entry = combine(Kind.TRANSFORMED, [element])
        return [("key", entry), ("value", entry)]
    inner = field_names(element) if called.is_split else []
    return [(one, field(element, one)) for one in inner] or [(called.alias, element)]


def _lateral(node: exp.Lateral, scope: Scope, tracer: Tracer, called: _Called) -> Relation:
    if tracer.dialect == "snowflake" and isinstance(node.this, exp.Explode | exp.Flatten):
        value = combine(Kind.TRANSFORMED, [derive(node.this, scope, tracer)])
        tracer.keys.add("unnest", value)
        counted = {"seq", "index"}
        return Relation(
            tuple((name, CONSTANT if name in counted else value) for name in _FLATTENED)
        )
    if isinstance(node.this, exp.Posexplode):
        element = derive(node.this, scope, tracer)
        return Relation((("pos", CONSTANT), ("col", element)))
    if isinstance(node.this, exp.Inline):
        return _unnested([node.this.this], scope, tracer, replace(called, is_split=True))
    return _function(node.this, scope, tracer, called)


def _function(node: exp.Expression, scope: Scope, tracer: Tracer, called: _Called) -> Relation:
    """Return what a table function yields: a series, the elements of a value, or a file's rows."""
    name = function_name(node)
    arguments = [one for one in node.iter_expressions() if not isinstance(one, exp.Identifier)]
    if isinstance(node, functions.SERIES) or name in functions.SERIES_NAMES:
        parts = [derive(one, scope, tracer) for one in arguments]
        value = combine(Kind.TRANSFORMED, parts)
        tracer.keys.add("unnest", value)
        name = "range" if node.args.get("is_end_exclusive") else name
        return Relation(((called.named(name).alias, value),), also={name: value})
    if isinstance(node, exp.Explode | exp.Unnest) or name in functions.UNNESTING:
        if name in functions.JSON_ENTRIES:
            value = combine(Kind.TRANSFORMED, [derive(one, scope, tracer) for one in arguments])
            tracer.keys.add("unnest", value)
            listed = functions.JSON_COLUMNS if tracer.dialect == "duckdb" else ("key", "value")
            return Relation(tuple((one, value) for one in listed), also={"json": value})
        rows = _unnested(arguments[:1], scope, tracer, called.named(name))
        return replace(rows, also={name: rows.columns[0][1]})
    texts = [one.name for one in arguments if isinstance(one, exp.Literal) and one.is_string]
    if name in ("query", "query_table") and len(texts) == len(arguments) == 1:
        return _named_in_text(name, texts[0], tracer)
    return _files(node, arguments, tracer)


def _files(node: exp.Expression, arguments: Sequence[exp.Expression], tracer: Tracer) -> Relation:
    """Return what a call that reads files yields: the source whose location it is, or whose path
    is its first argument.
    """
    found = tracer.file(node.sql(tracer.dialect))
    paths = [one.name for one in arguments[:1] if isinstance(one, exp.Literal) and one.is_string]
    if found is None and paths:
        found = tracer.file(paths[0])
    return found or unknown(f"{function_name(node)} reads from outside the project's relations")


def _named_in_text(name: str, text: str, tracer: Tracer) -> Relation:
    """Return what DuckDB's `query('select ...')` or `query_table('name')` reads."""
    if name == "query_table":
        return tracer.table([part.name for part in exp.to_table(text).parts])
    try:
        return tracer.query(parse(text, tracer.dialect), Scope({}), tracer)
    except NotParsedError as error:
        return unknown(f"parse: {error}")
