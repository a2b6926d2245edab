"""Derives the rows of table functions: series, the elements of a value, and files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from logmart_catalog.lineage import functions
from logmart_catalog.lineage.derivation import (
    CONSTANT,
    Derivation,
    at_least,
    combine,
    element,
    field,
    field_names,
    gap,
)
from logmart_catalog.lineage.expressions import derive
from logmart_catalog.lineage.functions import function_name
from logmart_catalog.lineage.model import Kind
from logmart_catalog.lineage.parsing import NotParsedError, parse
from logmart_catalog.lineage.repair import MARK
from logmart_catalog.lineage.scope import Relation, Scope, find, unknown
from logmart_catalog.lineage.tracer import Tracer

_FLATTEN_COLUMNS = ("seq", "key", "path", "index", "value", "this")
_ROWS_AS_COLUMNS = ("trino", "presto", "athena")
_ENTRIES_AS_COLUMNS = (*_ROWS_AS_COLUMNS, "spark", "databricks", "hive")
# The columns of FLATTEN and similar functions that hold an index.
_INDEX_COLUMNS = ("seq", "index")
_SPLIT_COLUMNS = ("seq", "index", "value")


@dataclass(frozen=True)
class Called:
    """The alias of a FROM item ("" for none), and the number of columns that it names.

    `is_split`: the fields of its elements become columns.
    """

    alias: str
    width: int
    is_split: bool = False

    def named(self, name: str) -> Called:
        """Return the same with `name` as its alias, if it has none."""
        return replace(self, alias=self.alias or name)


def _unnested(
    lists: Sequence[exp.Expression],
    scope: Scope,
    tracer: Tracer,
    called: Called,
    offset: object = None,
) -> Relation:
    """Return the rows of unnested lists: a column for each list, then the position if asked for.

    When the fields of the elements are unknown, there are as many columns as the alias names, and
    each derives from the whole element.
    """
    if tracer.dialect in _ROWS_AS_COLUMNS:
        called = replace(called, is_split=True)
    columns: list[tuple[str, Derivation]] = []
    for listed in lists:
        item = at_least(element(derive(listed, scope, tracer)), Kind.TRANSFORMED)
        tracer.keys.add("unnest", item)
        columns.extend(_element_columns(item, called, tracer.dialect))
    missing = called.width - len(columns) - bool(offset)
    if len(columns) == 1 and missing > 0 and tracer.dialect in _ENTRIES_AS_COLUMNS:
        name, item = columns[0]
        columns = [(name, combine(Kind.TRANSFORMED, [item]))] * (missing + 1)
    if offset:
        place = offset.name if isinstance(offset, exp.Expression) else "ordinality"
        columns.append((place, CONSTANT))
    return Relation(tuple(columns))


def _element_columns(
    item: Derivation, called: Called, dialect: str
) -> list[tuple[str, Derivation]]:
    """Return the columns of an element: one, or one for each field of a row or a map's entry."""
    if dialect in _ENTRIES_AS_COLUMNS and item.type is not None and item.type.name == "MAP":
        entry = combine(Kind.TRANSFORMED, [item])
        return [("key", entry), ("value", entry)]
    inner = field_names(item) if called.is_split else []
    return [(name, field(item, name)) for name in inner] or [(called.alias, item)]


@dataclass(frozen=True)
class _Call:
    """A call of a table function."""

    node: exp.Expression
    name: str
    arguments: Sequence[exp.Expression]


def unnested_from(node: exp.Unnest, scope: Scope, tracer: Tracer, called: Called) -> Relation:
    """Return the relation of UNNEST in FROM. Its value can also be read as `unnest`."""
    offset = node.args.get("offset")
    found = _unnested(node.expressions, scope, tracer, called.named("unnest"), offset)
    item = found.columns[0][1]
    if tracer.dialect != "bigquery":
        return replace(found, also={"unnest": item})
    return _fields_beside(item, found, scope)


def _fields_beside(item: Derivation, found: Relation, scope: Scope) -> Relation:
    """Return BigQuery's rows of an array. Fields of structs are columns, and the alias names the
    whole element.
    """
    also = {name.lower(): value for name, value in found.columns[:1]}
    names = field_names(item)
    if names:
        fields = tuple((name, field(item, name)) for name in names)
        return Relation((*fields, *found.columns[1:]), also=also)
    is_typed = not item.is_whole or item.type is not None
    if is_typed or any(source.relation.rest is not None for source in scope.sources):
        return found

    def rest(name: str) -> Derivation:
        reason = f"whether {name} is a field of what is unnested or a column is not known"
        return field(item, name) if find([name], scope) is None else gap(reason)

    return replace(found, rest=rest)


def called_relation(node: exp.Expression, scope: Scope, tracer: Tracer, called: Called) -> Relation:
    """Return the relation of a table function: a series, the elements of a value, or a file."""
    name = function_name(node)
    arguments = [
        expression
        for expression in node.iter_expressions()
        if not isinstance(expression, exp.Identifier)
    ]
    call = _Call(node, name, arguments)
    if isinstance(node, functions.SERIES) or name in functions.SERIES_NAMES:
        found = _series(call, scope, tracer, called)
    elif isinstance(node, exp.Explode | exp.Unnest) or name in functions.UNNESTING_NAMES:
        found = _elements(call, scope, tracer, called)
    elif name in functions.SPLITTING_NAMES:
        value = combine(
            Kind.TRANSFORMED, [derive(argument, scope, tracer) for argument in arguments]
        )
        tracer.keys.add("unnest", value)
        found = _placed(_SPLIT_COLUMNS, value, value)
    elif name == "table" and len(arguments) == 1:
        found = _in_table(arguments[0], scope, tracer, called)
    elif isinstance(node, exp.Generator):
        found = Relation(())
    elif name == MARK:
        found = unknown(arguments[0].name)
    else:
        found = _read(call, tracer)
    return found


def _in_table(node: exp.Expression, scope: Scope, tracer: Tracer, called: Called) -> Relation:
    """Return the relation of `table(...)`: the argument is a function or a list in a column."""
    if isinstance(node, exp.Func):
        return called_relation(node, scope, tracer, called)
    if isinstance(node, exp.Column):
        return _unnested([node], scope, tracer, replace(called, alias="column_value"))
    return unknown(f"table({node.sql(tracer.dialect)}) names no table that is known")


def _series(call: _Call, scope: Scope, tracer: Tracer, called: Called) -> Relation:
    """Return the relation of a series: a constant, unless its bounds are columns."""
    value = combine(
        Kind.TRANSFORMED, [derive(argument, scope, tracer) for argument in call.arguments]
    )
    tracer.keys.add("unnest", value)
    name = "range" if call.node.args.get("is_end_exclusive") else call.name
    own = functions.SERIES_COLUMNS.get((tracer.dialect, name))
    return Relation(((own or called.named(name).alias, value),), also={name: value})


def _elements(call: _Call, scope: Scope, tracer: Tracer, called: Called) -> Relation:
    """Return the relation of a function that yields a row for each element of a value."""
    node, name = call.node, call.name
    if name in functions.JSON_ENTRIES:
        value = combine(
            Kind.TRANSFORMED, [derive(argument, scope, tracer) for argument in call.arguments]
        )
        tracer.keys.add("unnest", value)
        listed = functions.JSON_COLUMNS if tracer.dialect == "duckdb" else ("key", "value")
        return Relation(tuple((column, value) for column in listed), also={"json": value})
    if tracer.dialect == "snowflake" and isinstance(node, exp.Explode | exp.Flatten):
        return _flattened(call.arguments, scope, tracer)
    if isinstance(node, exp.Inline):
        return _unnested([node.this], scope, tracer, replace(called, is_split=True))
    if isinstance(node, exp.Posexplode):
        item = at_least(element(derive(node.this, scope, tracer)), Kind.TRANSFORMED)
        tracer.keys.add("unnest", item)
        return Relation((("pos", CONSTANT), ("col", item)))
    rows = _unnested(call.arguments[:1], scope, tracer, called.named(name))
    return replace(rows, also={name: rows.columns[0][1]})


def _flattened(arguments: Sequence[exp.Expression], scope: Scope, tracer: Tracer) -> Relation:
    """Return the relation of Snowflake's FLATTEN."""
    inputs = [
        argument
        for argument in arguments
        if isinstance(argument, exp.Kwarg) and argument.name == "input"
    ]
    whole = combine(Kind.TRANSFORMED, [value := derive((inputs or arguments)[0], scope, tracer)])
    tracer.keys.add("unnest", whole)
    item = at_least(element(value), Kind.TRANSFORMED)
    has_structure = item.fields is not None or item.elements is not None
    return _placed(_FLATTEN_COLUMNS, whole, item if has_structure else combine(item.kind, [item]))


def _placed(names: Sequence[str], whole: Derivation, item: Derivation) -> Relation:
    def values() -> Iterator[tuple[str, Derivation]]:
        for name in names:
            yield name, CONSTANT if name in _INDEX_COLUMNS else item if name == "value" else whole

    return Relation(tuple(values()))


def _read(call: _Call, tracer: Tracer) -> Relation:
    """Return the relation of a call that reads relations or files. For files it is the source whose
    location is the call, or its first argument.
    """
    texts = [
        argument.name
        for argument in call.arguments
        if isinstance(argument, exp.Literal) and argument.is_string
    ]
    if call.name in ("query", "query_table") and len(texts) == len(call.arguments) == 1:
        return _named_in_text(call.name, texts[0], tracer)
    found = tracer.file(call.node.sql(tracer.dialect))
    paths = texts[:1] if call.arguments and isinstance(call.arguments[0], exp.Literal) else []
    if found is None and paths:
        found = tracer.file(paths[0])
    return found or unknown(f"{call.name} reads from outside the project's relations")


def _named_in_text(name: str, text: str, tracer: Tracer) -> Relation:
    """Return the relation of DuckDB's `query('select ...')` or `query_table('name')`."""
    if name == "query_table":
        return tracer.table([part.name for part in exp.to_table(text).parts])
    try:
        return tracer.query(parse(text, tracer.dialect), Scope({}), tracer)
    except NotParsedError as error:
        return unknown(f"parse: {error}")
