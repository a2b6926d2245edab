"""Names and fully qualified names (FQNs) as OpenMetadata stores them. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from logmart_catalog.errors import ArtifactError

MAX_NAME_LENGTH = 256
# The official client replaces characters that a name may not hold by these words, and back.
_RESERVED = {
    "::": "__reserved__colon__",
    ">": "__reserved__arrow__",
    '"': "__reserved__quote__",
    "\n": "__reserved__newline__",
    "\r": "__reserved__carriage_return__",
    "\t": "__reserved__tab__",
}
_ILLEGAL = re.compile("[\u0085\u2028\u2029]")


def stored_name(name: str, node: str) -> str:
    """Return a name as the catalog stores it.

    In: `node`, the node to name in an error. Raises ArtifactError when the catalog cannot hold the
    name: it is empty, holds a Unicode line separator, or is longer than 256 characters as stored.
    """
    for plain, word in _RESERVED.items():
        name = name.replace(plain, word)
    if not name or len(name) > MAX_NAME_LENGTH or _ILLEGAL.search(name):
        raise ArtifactError(
            f"{node}: the name {name[:40]!r} ({len(name)} characters) cannot be stored:"
            f" a name has 1 to {MAX_NAME_LENGTH} characters, no line separators; give it an alias"
        )
    return name


def fqn(parts: Iterable[str]) -> str:
    """Return the FQN of stored names, outermost first: a name with a dot stands in quotes."""
    return ".".join(f'"{part}"' if "." in part else part for part in parts)


def split_fqn(name: str) -> tuple[str, ...]:
    """Return the stored names of an FQN, outermost first."""
    return tuple(part.strip('"') for part in re.findall(r'"[^"]*"|[^."]+', name))
