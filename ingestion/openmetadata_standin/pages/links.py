"""Builds the paths of pages, and the links and names that the pages show. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from openmetadata_standin.models import Json
from openmetadata_standin.names import parent_fqn

STYLE_URL = "/browse/style.css"
SEARCH_URL = "/browse/search"
# The official client replaces characters that a name may not hold by these words.
_RESERVED = {
    "__reserved__colon__": "::",
    "__reserved__arrow__": ">",
    "__reserved__quote__": '"',
    "__reserved__newline__": "\n",
    "__reserved__carriage_return__": "\r",
    "__reserved__tab__": "\t",
}


@dataclass(frozen=True)
class Link:
    """A link: its text, its URL, and a note to show after it."""

    text: str
    url: str
    note: str = ""


def entity_url(kind: str, fqn: str) -> str:
    """Return the path of an entity's page. The FQN may hold any character."""
    return f"/browse/{kind}/{quote(fqn, safe='')}"


def lineage_url(kind: str, fqn: str) -> str:
    """Return the path of an entity's page of full lineage."""
    return f"/browse/lineage/{kind}/{quote(fqn, safe='')}"


def shown(name: str) -> str:
    """Return a stored name or FQN with the characters that the client replaced."""
    for word, plain in _RESERVED.items():
        name = name.replace(word, plain)
    return name


def entity_link(kind: str, document: Json, note: str = "") -> Link:
    """Return the link to an entity; the text is its display name if it has one.

    In: a document or reference with `name` and `fullyQualifiedName`.
    """
    notes = [note, "inherited" if document.get("inherited") else ""]
    notes.append("deleted" if document.get("deleted") else "")
    text = document.get("displayName") or document["name"]
    url = entity_url(kind, document["fullyQualifiedName"])
    return Link(shown(text), url, ", ".join(text_note for text_note in notes if text_note))


def path_link(kind: str, document: Json) -> Link:
    """Return the link to a table as `schema.name`, to other entities by name."""
    if kind != "table":
        return entity_link(kind, document)
    fqn = document["fullyQualifiedName"]
    note = "deleted" if document.get("deleted") else ""
    return Link(shown(short_name(fqn, 2)), entity_url(kind, fqn), note)


def column_link(fqn: str, parts: int = 2) -> Link:
    """Return the link to a column; the text is the last `parts` names of its FQN."""
    return Link(shown(short_name(fqn, parts)), entity_url("column", fqn))


def short_name(fqn: str, parts: int) -> str:
    """Return the last `parts` names of an FQN."""
    above = fqn
    for _ in range(parts):
        above = parent_fqn(above)
    return fqn.removeprefix(f"{above}.") if above else fqn


def is_web_address(url: str) -> bool:
    """Whether a URL is an absolute address of http or https."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.netloc)
