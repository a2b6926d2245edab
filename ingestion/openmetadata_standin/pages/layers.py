"""Groups tables by layer of the dbt project, marts first, and by area within the layer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from openmetadata_standin.models import Json
from openmetadata_standin.names import parent_fqn
from openmetadata_standin.pages.latest_results import Tally, tallies
from openmetadata_standin.pages.links import Link, entity_link, entity_url, short_name, shown
from openmetadata_standin.pages.markdown import excerpt
from openmetadata_standin.pages.reading import Reader, Tag, flat_columns

SOURCES = "sources and seeds"
_ORDER = {"marts": 0, "intermediate": 2, "staging": 3, "snapshots": 4, SOURCES: 5}
_BETWEEN = 1
_NO_TESTS = Tally(0, 0, 0)


@dataclass(frozen=True)
class TableRow:
    """A table in a list."""

    link: Link
    schema: Link
    summary: str
    owners: list[Link]
    columns: int
    described: int
    tags: list[Tag]
    tests: Tally


@dataclass(frozen=True)
class Area:
    """The tables in one folder of a layer; the name is "" for tables directly in the layer."""

    name: str
    rows: list[TableRow]


@dataclass(frozen=True)
class Layer:
    """A layer of the dbt project and its tables."""

    name: str
    areas: list[Area]

    @property
    def tables(self) -> int:
        """The number of tables in the layer."""
        return sum(len(area.rows) for area in self.areas)


def place(table: Json) -> tuple[str, str]:
    """Return layer and area of a stored table, from the path of its model.

    `models/marts/growth/x.sql` gives `marts` and `growth`. A table without a model is a source or a
    seed; its area is the schema.
    """
    schema = shown(short_name(parent_fqn(table["fullyQualifiedName"]), 1))
    model = table.get("dataModel", {})
    if model.get("resourceType") == "snapshot":
        return "snapshots", schema
    folders = model.get("path", "").split("/")[1:-1]
    if not model.get("path"):
        return SOURCES, schema
    return (folders[0], " / ".join(folders[1:])) if folders else ("models", "")


def rank(layer: str) -> tuple[int, str]:
    """Return the sort key of a layer: marts first, the layers that feed them later."""
    return _ORDER.get(layer, _BETWEEN), layer


def layers(reader: Reader, tables: Iterable[Json]) -> list[Layer]:
    """Return stored tables by layer and area."""
    tables = list(tables)
    counts = tallies(reader) if tables else {}
    found: dict[str, dict[str, list[TableRow]]] = {}
    for table in tables:
        layer, area = place(table)
        row = _row(reader, table, counts)
        found.setdefault(layer, {}).setdefault(area, []).append(row)
    return [
        Layer(name, [Area(area, rows) for area, rows in sorted(found[name].items())])
        for name in sorted(found, key=rank)
    ]


def _row(reader: Reader, table: Json, counts: dict[str, Tally]) -> TableRow:
    fqn = table["fullyQualifiedName"]
    schema = parent_fqn(fqn)
    columns = list(flat_columns(table["columns"]))
    return TableRow(
        link=entity_link("table", table),
        schema=Link(shown(short_name(schema, 1)), entity_url("databaseSchema", schema)),
        summary=excerpt(table.get("description")),
        owners=reader.owners("table", table),
        columns=len(columns),
        described=sum(bool(column.get("description")) for column in columns),
        tags=[*reader.tags(table.get("tags", [])), *reader.column_tags(table)],
        tests=counts.get(fqn, _NO_TESTS),
    )
