"""Properties of a plan that hold for all states."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from logmart_catalog.plan.actions import Verb, applied
from logmart_catalog.plan.diff import diff
from logmart_catalog.state.file import dump_state, load_state
from logmart_catalog.state.marks import marked
from logmart_catalog.state.model import CatalogState, Table

from .states import OURS, actual_states, desired_states

KINDS = ["team", "classification", "tag", "service", "database", "schema", "table", "edge"]


@given(desired_states())
def test_nothing_differs_from_itself(state: CatalogState) -> None:
    plan = diff(state, state)
    assert (plan.actions, plan.foreign) == ((), ())


@given(desired_states(), desired_states())
def test_applying_the_difference_gives_what_dbt_wants(
    desired: CatalogState, before: CatalogState
) -> None:
    after = applied(diff(desired, before).actions, before)
    assert (after.containers, after.tables, after.edges) == (
        desired.containers,
        desired.tables,
        desired.edges,
    )
    assert desired.teams.items() <= after.teams.items()


@given(desired_states(), actual_states())
def test_after_an_apply_nothing_is_left_to_do(desired: CatalogState, actual: CatalogState) -> None:
    after = applied(diff(desired, actual).actions, actual)
    assert diff(desired, after).actions == ()


@given(desired_states(), actual_states())
def test_what_bears_no_mark_of_ours_is_never_removed(
    desired: CatalogState, actual: CatalogState
) -> None:
    after = applied(diff(desired, actual).actions, actual)
    theirs = {key for key, one in actual.tables.items() if not one.mark or one.mark.project != OURS}
    assert theirs <= after.tables.keys()
    others = {key for key, one in actual.edges.items() if one.project != OURS}
    assert others <= after.edges.keys()


@given(desired_states(), actual_states())
def test_a_text_by_hand_is_kept_where_dbt_has_none(
    desired: CatalogState, actual: CatalogState
) -> None:
    unmarked = {
        key: one.description
        for key, one in actual.tables.items()
        if one.mark is None and key in desired.tables and not desired.tables[key].description
    }
    after = applied(diff(desired, actual).actions, actual)
    assert {key: after.tables[key].description for key in unmarked} == unmarked


@given(desired_states(), actual_states())
def test_actions_come_in_an_order_that_can_be_applied(
    desired: CatalogState, actual: CatalogState
) -> None:
    actions = diff(desired, actual).actions
    kept = [KINDS.index(one.kind) for one in actions if one.verb is not Verb.REMOVE]
    gone = [KINDS.index(one.kind) for one in actions if one.verb is Verb.REMOVE]
    assert kept == sorted(kept)
    assert gone == sorted(gone, reverse=True)
    first_removal = len(kept)
    assert all(one.verb is Verb.REMOVE for one in actions[first_removal:])


@given(desired_states(), actual_states())
def test_no_edge_is_left_to_a_table_that_is_removed(
    desired: CatalogState, actual: CatalogState
) -> None:
    after = applied(diff(desired, actual).actions, actual)
    ours = [edge for edge in after.edges.values() if edge.project == OURS]
    assert all({edge.upstream, edge.downstream} <= after.tables.keys() for edge in ours)


@given(actual_states())
def test_a_saved_state_is_read_back_as_it_was(state: CatalogState) -> None:
    assert load_state(dump_state(state), "saved") == state


@given(desired_states())
def test_an_emptied_doc_is_cleared_and_nothing_else_changes(state: CatalogState) -> None:
    described = [key for key, table in state.tables.items() if table.description]
    for key in described:
        emptied = {**state.tables, key: _without_description(state.tables[key])}
        plan = diff(replace(state, tables=emptied), state)
        assert [(one.name, one.verb) for one in plan.actions] == [(key, Verb.CHANGE)]
        after = plan.actions[0].after
        assert isinstance(after, Table)
        assert after.description == ""


def _without_description(table: Table) -> Table:
    return marked(replace(table, description=""), OURS)
