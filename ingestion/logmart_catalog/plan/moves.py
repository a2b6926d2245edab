"""Plans renamed and moved models: a removed and an added table become one move. Pure functions."""

from __future__ import annotations

from logmart_catalog.plan.actions import Action, Verb
from logmart_catalog.plan.merge import merge_table
from logmart_catalog.state.model import CatalogState, Table


def with_moves(
    actions: list[Action], removed: list[Action], desired: CatalogState, actual: CatalogState
) -> tuple[list[Action], list[Action]]:
    """Return the actions on tables (added and changed, removed) with each move as one action.

    In: `actions` that add and change tables, and `removed`, each sorted by name. When a removed
    table is a previous name of a desired table, its removal and the addition are replaced by a
    move, which keeps what others wrote on both. If the new table exists already, because an apply
    was interrupted, it takes over what is left on the old one.
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
    """Return the removals of the old tables, with which moves end."""
    return [Action(action.before, None) for action in actions if action.verb is Verb.MOVE]
