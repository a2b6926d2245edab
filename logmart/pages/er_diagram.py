"""Makes docs/er.md from the YAML of the marts: diagrams of their keys and references.

The command is `logmart pages er`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logmart.dbt.project_yaml import entries
from logmart.pages.generated_page import page_command

PAGE = Path("docs/er.md")
HEAD = """\
# The marts and their keys

`logmart pages er` generates this page from the YAML of the marts: edit the YAML, not this page.
There is one diagram for each area. `PK` marks the columns that identify a row, by the tests of
uniqueness. A line is a relationship test; the table with the test is on its many side. Only the
key columns of a mart are shown; `dbt docs` shows all columns.
"""


@dataclass(frozen=True)
class Column:
    """A key column: part of its table's key, or a reference to another table."""

    name: str
    data_type: str
    is_key: bool
    refers_to: str = ""
    field: str = ""


@dataclass(frozen=True)
class Table:
    """A mart and its key columns."""

    name: str
    area: str
    columns: tuple[Column, ...]

    @property
    def keys(self) -> tuple[Column, ...]:
        """Return the columns that identify a row."""
        return tuple(column for column in self.columns if column.is_key)


def pictures(project: Path) -> str:
    """Return the page of a dbt project."""
    tables = read_tables(project)
    parts = [HEAD]
    for area in sorted({table.area for table in tables}):
        drawn = [table for table in tables if table.area == area]
        lines = ["```mermaid", "erDiagram", *_lines(drawn, tables), "```"]
        parts.append(f"## {area.capitalize()}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def read_tables(project: Path) -> list[Table]:
    """Return the marts, file by file, with the key columns that their tests declare."""
    found = []
    for model in entries(project, "marts", "models"):
        combined = next(_arguments(model, "unique_combination_of_columns"), {}).get("columns", [])
        columns = [_column(column, combined) for column in model["columns"]]
        found.append(
            Table(
                name=model["name"],
                area=model["file"].parent.name,
                columns=tuple(column for column in columns if column.is_key or column.refers_to),
            )
        )
    return found


def _column(entry: dict[str, Any], combined: list[str]) -> Column:
    relationship = next(_arguments(entry, "relationships"), {})
    refers_to = re.findall(r"ref\('(\w+)'\)", relationship.get("to", ""))
    return Column(
        name=entry["name"],
        data_type=entry["data_type"],
        is_key="unique" in entry.get("data_tests", []) or entry["name"] in combined,
        refers_to=refers_to[0] if refers_to else "",
        field=relationship.get("field", ""),
    )


def _arguments(entry: dict[str, Any], test: str) -> Iterator[dict[str, Any]]:
    """Yield the arguments of each test of a given name on a model or column."""
    for declared_test in entry.get("data_tests", []):
        if isinstance(declared_test, dict) and test in declared_test:
            yield declared_test[test]["arguments"]


def _lines(drawn: list[Table], tables: list[Table]) -> Iterator[str]:
    by_name = {table.name: table for table in tables}
    names = {table.name for table in drawn}
    referred = {
        column.refers_to: column.field
        for table in drawn
        for column in table.columns
        if column.refers_to
    }
    for table in drawn:
        yield from _entity(table.name, table.columns)
    for name, field in sorted(referred.items()):
        if name not in names:
            others = by_name[name].keys if name in by_name else ()
            yield from _entity(name, others or (Column(field, "varchar", is_key=False),))
    for table in drawn:
        for column in table.columns:
            if column.refers_to:
                yield f'    {column.refers_to} ||--o{{ {table.name} : "{column.name}"'


def _entity(name: str, columns: tuple[Column, ...]) -> Iterator[str]:
    yield f"    {name} {{" if columns else f"    {name}"
    for column in columns:
        marks = [mark for mark, has in (("PK", column.is_key), ("FK", column.refers_to)) if has]
        yield f"        {column.data_type} {column.name} {', '.join(marks)}".rstrip()
    if columns:
        yield "    }"


main = page_command("er", __doc__, PAGE, pictures)
