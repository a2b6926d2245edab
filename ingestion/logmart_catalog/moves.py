"""Renamed and moved models: a table that goes and one that comes, recognised as one. Pure
functions.
"""

from __future__ import annotations

from logmart_catalog.errors import ArtifactError
from logmart_catalog.merge import merge_table
from logmart_catalog.names import fqn, split_fqn, stored_name
from logmart_catalog.plan import Action, Verb
from logmart_catalog.records import Record
from logmart_catalog.state import CatalogState, Table

_META_KEY = "previous_name"
# A table's name, its schema's and its database's; the service never changes.
_MOST_PARTS = 3


def previous_names(node: Record, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the FQNs a node had before, from `meta.previous_name`.

    In: `parts`, its names from the service down, which fill in what is not given: a relation's name
    alone, `schema.name` or `database.schema.name` in the catalog's names, one or a list of them; a
    name with a dot stands in double quotes. Raises ArtifactError on anything else.
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
        stored = (stored_name(one, node.where) for one in last)
        found.append(fqn((*parts[: len(parts) - len(last)], *stored)))
    return tuple(found)


def with_moves(
    actions: list[Action], removed: list[Action], desired: CatalogState, actual: CatalogState
) -> tuple[list[Action], list[Action]]:
    """Return the actions on tables with each move as one action.

    In: the tables added and changed, and those removed, each sorted by name. A removed table that a
    table of dbt's was before leaves the second list, and the first says that the one becomes the
    other, which keeps what others wrote on both. A table that is there already, since an apply was
    cut short, takes over what is left on the old one.
    """
    leaving = {action.name: action for action in removed}
    moves: dict[str, Action] = {}
    for key, wanted in sorted(desired.tables.items()):
        old = next((name for name in wanted.previous if name in leaving), None)
        if old is None:
            continue
        before = leaving.pop(old).before
        if isinstance(before, Table):
            there = actual.tables.get(key)
            settled = merge_table(wanted, there, actual.exclusive)[0] if there else wanted
            merged = merge_table(settled, before, actual.exclusive)[0]
            moves[key] = Action(before, merged)
    others = [action for action in actions if action.name not in moves]
    return [*others, *moves.values()], list(leaving.values())


def moved_away(actions: tuple[Action, ...]) -> list[Action]:
    """Return the removals that the moves among the actions end with."""
    return [Action(action.before, None) for action in actions if action.verb is Verb.MOVE]
