"""Reads the catalog for the pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from openmetadata_standin.answers import Shaper
from openmetadata_standin.catalog import Catalog
from openmetadata_standin.entity_kinds import BY_NAME
from openmetadata_standin.models import Json
from openmetadata_standin.names import parent_fqn
from openmetadata_standin.pages.links import Link, entity_link, entity_url, shown
from openmetadata_standin.quality import parse_link
from openmetadata_standin.store import Selection

# The kinds with owners, tags and lineage of their own, which are listed and searched.
ASSETS = ("table", "metric", "dashboard")
_SENSITIVE = ("PersonalData.", "PII.")
_HARMLESS = frozenset({"PII.None", "PII.NonSensitive"})


@dataclass(frozen=True)
class Tag:
    """A tag or glossary term, its meaning, whether it marks personal data, and the number of
    columns that bear it.
    """

    link: Link
    meaning: str
    sensitive: bool
    columns: int = 0


class Reader:
    """Reads the catalog for one page. Use inside a store's transaction."""

    def __init__(self, catalog: Catalog) -> None:
        """In: the catalog to show."""
        self.store = catalog.store
        self.shaper: Shaper = catalog.shaper()

    def find(self, kind: str, fqn: str) -> Json | None:
        """Return the full answer for an entity, deleted or not; None when there is none."""
        document = self.store.by_fqn(kind, fqn) if kind in BY_NAME else None
        return None if document is None else self.shaper.full(BY_NAME[kind], document)

    def living(self, kind: str, below: str | None = None) -> list[Json]:
        """Return the stored entities of a kind that are not deleted, by name."""
        return self.store.page(Selection(kind, below=below), limit=-1)

    def owners(self, kind: str, document: Json) -> list[Link]:
        """Return the owners of a stored entity, inherited ones too."""
        sent = self.shaper.answer(BY_NAME[kind], document, ("owners",))
        return references(sent.get("owners", []))

    def tags(self, labels: Iterable[Json]) -> list[Tag]:
        """Return the tags of stored labels."""
        return [sent_tag(label) for label in self.shaper.labels(labels)]

    def column_tags(self, table: Json) -> list[Tag]:
        """Return the tags of a stored table's columns, each with the number of columns."""
        counts: dict[str, list[Json]] = {}
        for column in flat_columns(table["columns"]):
            for label in column.get("tags", []):
                counts.setdefault(label["tagFQN"], []).append(label)
        found = ((self.tags(labels[:1])[0], len(labels)) for _, labels in sorted(counts.items()))
        return [Tag(tag.link, tag.meaning, tag.sensitive, count) for tag, count in found]

    def table_of_column(self, fqn: str) -> tuple[Json, Json] | None:
        """Return the stored table and the column with a column's FQN, None when unknown."""
        above = parent_fqn(fqn)
        while above:
            table = self.store.by_fqn("table", above)
            if table is not None:
                columns = flat_columns(table["columns"])
                found = next(
                    (column for column in columns if column["fullyQualifiedName"] == fqn), None
                )
                return None if found is None else (table, found)
            above = parent_fqn(above)
        return None


def flat_columns(columns: Iterable[Json]) -> Iterator[Json]:
    """Yield columns, each followed by the columns inside it."""
    for column in columns:
        yield column
        yield from flat_columns(column.get("children", []))


def column_name(table: Json, column: Json) -> str:
    """Return a column's name; for a nested column, with the names of the columns around it."""
    path: str = column["fullyQualifiedName"].removeprefix(f"{table['fullyQualifiedName']}.")
    is_nested = path.strip('"') != column["name"]
    return shown(path if is_nested else column["name"])


def references(sent: Iterable[Json]) -> list[Link]:
    """Return the links of the references in an answer."""
    return [entity_link(reference["type"], reference) for reference in sent]


def sent_tag(label: Json) -> Tag:
    """Return the tag of a label in an answer."""
    fqn = label["tagFQN"]
    kind = "glossaryTerm" if label["source"] == "Glossary" else "tag"
    sensitive = fqn.startswith(_SENSITIVE) and fqn not in _HARMLESS
    meaning = label.get("description", "")
    return Tag(Link(shown(fqn), entity_url(kind, fqn)), meaning, sensitive)


def tested_table(test_case: Json) -> str:
    """Return the FQN of the table that a stored test case tests."""
    return parse_link(test_case["entityLink"]).fqn
