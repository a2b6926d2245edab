"""The compared tools: each gets a case and the schema, and answers for each column.

All get the same SQL and dialect, the ordered columns of the query's result, and the schema of the
tables that it reads. The columns that dbt adds to a snapshot are not in the SQL; only ours reads
the snapshot's config.
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
# The stock parser's module has no types.
_pairs: Callable[[object], dict[str, dict[str, list[tuple[str, str]]]]] = (
    populate_column_lineage_map
)


Answers = dict[str, Answer]
Tool = Callable[[Case, Schema], Answers]
_UNKNOWN = Answer(is_traced=False)


def ours(case: Case, schema: Schema) -> Answers:
    """Answer as the tracer of this project does."""
    return {
        column.column: Answer(
            frozenset(f"{parent.relation}.{parent.column}" for parent in column.parents),
            column.kind is not Kind.UNTRACED,
        )
        for column in traced(case, schema).columns
    }


def keys(case: Case, schema: Schema) -> frozenset[str]:
    """Return the columns that decide which rows a query returns, or their order: those in the truth
    table, and all that the tracer finds.
    """
    found = {f"{key.column.relation}.{key.column.column}" for key in traced(case, schema).keys}
    return case.keys | found


def stock(case: Case, schema: Schema) -> Answers:
    """Answer as the dbt source of openmetadata-ingestion does.

    It parses `create table <model> as <sql>` and keeps the pairs whose columns both tables have,
    by its own functions. It uses the schema only to look up names, and reads `*` as all columns of
    a table. It cannot say that a column has no parent; when it has parsed the query, a column
    without a pair counts as one without parents.
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
                    parents = {f"{table}.{_name(source.root)}" for source in pair.fromColumns or []}
                    found[_name(pair.toColumn.root if pair.toColumn else "").lower()] |= parents
    return {name: Answer(frozenset(found[name.lower()])) for name in case.columns}


def _dialect(case: Case) -> Dialect:
    """Return the dialect in the stock parser's terms. The stock source has no service for DuckDB
    and would use ANSI; here the parser gets its better dialect.
    """
    return Dialect("sparksql" if case.dialect == "spark" else case.dialect)


def _entity(name: str, columns: list[str]) -> Table:
    """Return a table in the catalog's form; the columns' names follow a double colon."""
    return Table.model_validate(
        {
            "id": "00000000-0000-0000-0000-000000000001",
            "name": name,
            "fullyQualifiedName": f"service.database.main.{name}",
            "columns": [
                {"name": column, "dataType": "STRING", "fullyQualifiedName": f"{name}::{column}"}
                for column in columns
            ],
        }
    )


def _name(of_column: str) -> str:
    return of_column.rpartition("::")[2]


def sqlglot(case: Case, schema: Schema) -> Answers:
    """Answer as sqlglot's own lineage does, qualified with the schema as `sqlglot.lineage` does it,
    once for all columns.

    A column is found by name, else by position. Leaves that are no column of a table are ignored.
    A column is untraced when one of its leaves comes from a source that sqlglot could not find.
    """
    try:
        nodes = _nodes(case, schema)
    except Exception:  # A compared tool may fail in any way; then it has no answer.
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
    selected = [selection.alias_or_name.lower() for selection in scope.expression.selects]
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
