"""Renamed and moved models: a table that goes and one that comes, recognised as one. Pure
functions.
"""

from __future__ import annotations

from logmart_catalog.plan.actions import Action, Verb
from logmart_catalog.plan.merge import merge_table
from logmart_catalog.state.model import CatalogState, Table


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
