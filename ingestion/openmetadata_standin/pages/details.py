"""The head of every entity's page: path, kind, name, description, owners, tags."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from openmetadata_standin.models import Json
from openmetadata_standin.names import parent_fqn
from openmetadata_standin.pages.latest_results import moment
from openmetadata_standin.pages.links import Link, entity_url, short_name, shown
from openmetadata_standin.pages.markdown import rendered
from openmetadata_standin.pages.reading import ASSETS, Tag, references, sent_tag

_ABOVE = {
    "table": ("databaseSchema", "database", "databaseService"),
    "databaseSchema": ("database", "databaseService"),
    "database": ("databaseService",),
}
KIND_WORDS = {
    "databaseService": "service",
    "databaseSchema": "schema",
    "dashboardService": "dashboard service",
    "dataContract": "data contract",
    "dataProduct": "data product",
    "glossaryTerm": "glossary term",
    "testCase": "test",
    "testDefinition": "test definition",
    "testSuite": "test suite",
}
# Kinds whose name says little without the names above it.
_NAMED_IN_FULL = frozenset({"tag", "glossaryTerm"})
# The reference fields that are shown as a line, with their labels.
_REFERENCE_FACTS = {
    "domains": "Domain",
    "dataProducts": "Data product",
    "experts": "Experts",
    "reviewers": "Reviewers",
    "followers": "Followers",
    "users": "Members",
    "teams": "Teams",
    "parents": "Part of",
    "charts": "Charts",
    "relatedMetrics": "Related metrics",
    "qualityExpectations": "Tests",
}
_TEXT_FACTS = {
    "email": "E-mail",
    "metricType": "Type",
    "granularity": "Granularity",
    "dashboardType": "Type",
}


@dataclass(frozen=True)
class Fact:
    """A line about an entity: a label, and links, tags or a text."""

    label: str
    links: list[Link] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    text: str = ""


@dataclass(frozen=True)
class Details:
    """The head of an entity's page."""

    kind: str
    kind_word: str
    name: str
    title: str
    fqn: str
    trail: list[Link]
    description: Markup
    deleted: bool
    facts: list[Fact]

    @property
    def url(self) -> str:
        """The path of the page."""
        return entity_url(self.kind, self.fqn)


def details(kind: str, sent: Json, facts: list[Fact] | None = None) -> Details:
    """Return the head of an entity's page.

    In: the answer for the entity, and the lines for its kind; the lines for all kinds are added.
    """
    fqn = sent["fullyQualifiedName"]
    name = shown(fqn if kind in _NAMED_IN_FULL else sent["name"])
    return Details(
        kind=kind,
        kind_word=kind_word(kind),
        name=name,
        title=sent.get("displayName") or name,
        fqn=fqn,
        trail=trail(kind, fqn),
        description=rendered(sent.get("description")),
        deleted=bool(sent.get("deleted")),
        facts=[*_common(kind, sent), *(facts or []), *_changed(sent)],
    )


def kind_word(kind: str) -> str:
    """Return the word for a kind of entity."""
    return KIND_WORDS.get(kind, kind)


def trail(kind: str, fqn: str) -> list[Link]:
    """Return the links from the service down to the parent of a table, schema or database."""
    links, above = [], fqn
    for above_kind in _ABOVE.get(kind, ()):
        above = parent_fqn(above)
        links.append(Link(shown(short_name(above, 1)).strip('"'), entity_url(above_kind, above)))
    return links[::-1]


def _common(kind: str, sent: Json) -> list[Fact]:
    facts = []
    if owners := references(sent.get("owners", [])):
        facts.append(Fact("Owner", links=owners))
    elif kind in ASSETS:
        facts.append(Fact("Owner", text="nobody"))
    if tags := [sent_tag(label) for label in sent.get("tags", [])]:
        facts.append(Fact("Tags", tags=tags))
    for key, label in _REFERENCE_FACTS.items():
        if found := sent.get(key):
            facts.append(Fact(label, links=references(found)))
    for key, label in _TEXT_FACTS.items():
        if sent.get(key):
            facts.append(Fact(label, text=str(sent[key])))
    return facts


def _changed(sent: Json) -> list[Fact]:
    text = f"{moment(sent['updatedAt'])} by {sent['updatedBy']}, version {sent['version']}"
    return [Fact("Published", text=text)]
