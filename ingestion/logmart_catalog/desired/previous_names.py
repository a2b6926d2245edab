"""Reads the previous names of a table from `meta.previous_name`. Pure functions."""

from __future__ import annotations

from logmart_catalog.errors import ArtifactError
from logmart_catalog.records import Record
from logmart_catalog.state.names import fqn, split_fqn, stored_name

_META_KEY = "previous_name"
# Database, schema and table; the service never changes.
_MOST_PARTS = 3


def previous_names(node: Record, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the previous FQNs of a node, from `meta.previous_name`.

    The value is `name`, `schema.name` or `database.schema.name` in the catalog's names, or a list
    of them; a name with a dot stands in double quotes. In: `parts`, the node's names from the
    service down, which fill in the parts that are not given. Raises ArtifactError on other values.
    """
    given = node.record("config").record("meta").values.get(_META_KEY)
    names = given if isinstance(given, list) else [given] if given is not None else []
    found = []
    for name in names:
        last = split_fqn(name) if isinstance(name, str) else ()
        if not 0 < len(last) <= _MOST_PARTS:
            raise ArtifactError(
                f"{node.where}: meta.{_META_KEY} {str(name)[:80]!r} is no name; give `name`,"
                " `schema.name` or `database.schema.name`, or a list of them"
            )
        stored = (stored_name(part, node.where) for part in last)
        found.append(fqn((*parts[: len(parts) - len(last)], *stored)))
    return tuple(found)
