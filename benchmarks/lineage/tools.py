"""The tools that are compared: each is given a case and the schema, and answers for each column.

All are given the same SQL, the same dialect, the same columns of the relation the query makes, in
their order, and the same schema of the tables it reads. The columns dbt adds to a snapshot are in
no SQL that a tool is given; ours reads the snapshot's config.
"""

from __future__ import annotations

from collections.abc import Callable

from metadata.generated.schema.entity.data.table import Table
from metadata.ingestion.lineage.models import Dialect
from metadata.ingestion.lineage.parser import LineageParser
from metadata.ingestion.lineage.sql_lineage import get_column_lineage, populate_column_lineage_map
from sqlglot import exp, parse_one
from sqlglot.lineage import Node, to_node
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from benchmarks.lineage.scoring import Answer
from logmart_catalog.lineage.model import Kind
from tests.lineage.cases import Case, Schema, traced

TARGET = "it"
# The stock parser leaves it without types.
_pairs: Callable[[object], dict[str, dict[str, list[tuple[str, str]]]]] = (
    populate_column_lineage_map
)


Answers = dict[str, Answer]
Tool = Callable[[Case, Schema], Answers]
_UNKNOWN = Answer(is_traced=False)


def ours(case: Case, schema: Schema) -> Answers:
    """Answer as the tracer of this project does."""
    return {
        one.column: Answer(
            frozenset(f"{parent.relation}.{parent.column}" for parent in one.parents),
            one.kind is not Kind.UNTRACED,
        )
        for one in traced(case, schema).columns
    }


def keys(case: Case, schema: Schema) -> frozenset[str]:
    """Return the columns that decide which rows a query yields, or their order: those the truth
    tells, and all that the tracer finds.
    """
    found = {f"{key.column.relation}.{key.column.column}" for key in traced(case, schema).keys}
    return case.keys | found


def stock(case: Case, schema: Schema) -> Answers:
    """Answer as the dbt source of openmetadata-ingestion does.

    It parses `create table <model> as <sql>` and keeps the pairs whose columns both tables have,
    by its own functions. What it does not use is the schema: it only looks names up in it, and
    reads `*` as all columns of a table. It cannot say of a column that it has no parent; when it
    has read the query, no pair counts as that.
    """
    parser = LineageParser(f'create table "{TARGET}" as {case.sql}', _dialect(case))
    if parser.parser is None:
        return dict.fromkeys(case.columns, _UNKNOWN)
    pairs = _pairs(parser.column_lineage)
    target = _entity(TARGET, list(case.columns))
    found: dict[str, set[str]] = {name.lower(): set() for name in case.columns}
    sources = parser.intermediate_tables or parser.source_tables
    for to_name in map(str, parser.target_tables):
        for from_name in map(str, sources):
            table = from_name.rpartition(".")[2].strip('"').lower()
            if table in schema:
                source = _entity(table, list(schema[table]))
                for pair in get_column_lineage(target, source, to_name, from_name, pairs):
                    parents = {f"{table}.{_name(one.root)}" for one in pair.fromColumns or []}
                    found[_name(pair.toColumn.root if pair.toColumn else "").lower()] |= parents
    return {name: Answer(frozenset(found[name.lower()])) for name in case.columns}


def _dialect(case: Case) -> Dialect:
    """Return the dialect as the stock parser names it: for DuckDB, for which the stock source has
    no service and would say ANSI, the better of what it knows.
    """
    return Dialect("sparksql" if case.dialect == "spark" else case.dialect)


def _entity(name: str, columns: list[str]) -> Table:
    """Return a table as the catalog would hold it; names of columns follow a double colon."""
    return Table.model_validate(
        {
            "id": "00000000-0000-0000-0000-000000000001",
            "name": name,
            "fullyQualifiedName": f"service.database.main.{name}",
            "columns": [
                {"name": one, "dataType": "STRING", "fullyQualifiedName": f"{name}::{one}"}
                for one in columns
            ],
        }
    )


def _name(of_column: str) -> str:
    return of_column.rpartition("::")[2]


def sqlglot(case: Case, schema: Schema) -> Answers:
    """Answer as sqlglot's own lineage does, qualified with the schema as `sqlglot.lineage` does it,
    once for all columns.

    A column is found by name, else by position. Leaves that are no column of a table are passed
    over; a column that has a leaf of a source sqlglot could not find is not traced.
    """
    try:
        nodes = _nodes(case, schema)
    except Exception:  # A tool that is compared may fail in any way: it has no answer then.
        return dict.fromkeys(case.columns, _UNKNOWN)
    return {name: _answer(node, schema) for name, node in nodes.items()}


def _nodes(case: Case, schema: Schema) -> dict[str, Node | None]:
    tree = qualify(
        parse_one(case.sql, read=case.dialect),
        dialect=case.dialect,
        schema={table: dict(columns) for table, columns in schema.items()},
        validate_qualify_columns=False,
        identify=False,
    )
    scope = build_scope(tree)
    if scope is None:
        return dict.fromkeys(case.columns)
    selected = [one.alias_or_name.lower() for one in scope.expression.selects]
    are_all = len(selected) == len(case.columns)
    nodes: dict[str, Node | None] = {}
    for place, name in enumerate(case.columns):
        if name.lower() in selected:
            nodes[name] = to_node(selected.index(name.lower()), scope, case.dialect)
        else:
            nodes[name] = to_node(place, scope, case.dialect) if are_all else None
    return nodes


def _answer(node: Node | None, schema: Schema) -> Answer:
    if node is None:
        return _UNKNOWN
    parents, is_traced = set(), True
    for leaf in node.walk():
        if leaf.downstream:
            continue
        if isinstance(leaf.expression, exp.Table):
            table, column = leaf.expression.name.lower(), exp.to_column(leaf.name).name.lower()
            parents |= {f"{table}.{column}"} if column in schema.get(table, {}) else set()
        elif isinstance(leaf.expression, exp.Placeholder):
            is_traced = False
    return Answer(frozenset(parents), is_traced)
