"""Where the page of each entity is, and how its name is written there. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from openmetadata_standin.models import Json
from openmetadata_standin.names import parent_fqn

STYLE_URL = "/browse/style.css"
SEARCH_URL = "/browse/search"
# The official client spells what a name may not hold in these words.
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
    """A name and the page behind it; `note` is what to say beside it."""

    text: str
    url: str
    note: str = ""


def entity_url(kind: str, fqn: str) -> str:
    """Return the path of an entity's page; every character of the FQN may be any."""
    return f"/browse/{kind}/{quote(fqn, safe='')}"


def lineage_url(kind: str, fqn: str) -> str:
    """Return the path of the page of all that an entity comes from and goes to."""
    return f"/browse/lineage/{kind}/{quote(fqn, safe='')}"


def shown(name: str) -> str:
    """Return a stored name or FQN as it was before the client replaced characters in it."""
    for word, plain in _RESERVED.items():
        name = name.replace(word, plain)
    return name


def entity_link(kind: str, document: Json, note: str = "") -> Link:
    """Return the link to an entity, by its display name where it has one.

    In: a document or reference with `name` and `fullyQualifiedName`.
    """
    notes = [note, "inherited" if document.get("inherited") else ""]
    notes.append("deleted" if document.get("deleted") else "")
    text = document.get("displayName") or document["name"]
    url = entity_url(kind, document["fullyQualifiedName"])
    return Link(shown(text), url, ", ".join(one for one in notes if one))


def path_link(kind: str, document: Json) -> Link:
    """Return the link to a table by schema and name, to anything else by its name."""
    if kind != "table":
        return entity_link(kind, document)
    fqn = document["fullyQualifiedName"]
    note = "deleted" if document.get("deleted") else ""
    return Link(shown(short_name(fqn, 2)), entity_url(kind, fqn), note)


def column_link(fqn: str, parts: int = 2) -> Link:
    """Return the link to a column, by the last names of its FQN."""
    return Link(shown(short_name(fqn, parts)), entity_url("column", fqn))


def short_name(fqn: str, parts: int) -> str:
    """Return the last names of an FQN."""
    above = fqn
    for _ in range(parts):
        above = parent_fqn(above)
    return fqn.removeprefix(f"{above}.") if above else fqn


def is_web_address(url: str) -> bool:
    """Whether a browser would go to a page of the web: an absolute address of http or https."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.netloc)
