"""A plan as a comment on a pull request."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from logmart_catalog.command.render_markdown import MAX_CHARACTERS, code, escaped, plan_markdown
from logmart_catalog.engine import Report
from logmart_catalog.plan.diff import diff
from logmart_catalog.state.column_types import parse_type
from logmart_catalog.state.model import CatalogState, Column, Table

from .states import actual_states, desired_states
from .support import ARTIFACTS, Command, copied, editing, remove_node, rename_column

LIBRARY = ARTIFACTS / "library"
hostile = st.text(st.sampled_from("ab`*_<>|[]()#@!&\\\n ~-"), max_size=20)


def report(desired: CatalogState, actual: CatalogState) -> Report:
    """The report of a plan."""
    return Report("nothing", desired, diff(desired, actual))


def test_totals_come_first_and_details_are_folded(command: Command, tmp_path: Path) -> None:
    saved = tmp_path / "state.json"
    folder = copied("library", tmp_path)
    command("plan", folder, "--offline", "--save", str(saved))
    rename_column(folder, "model.library.stg_loans", "member", "reader")
    remove_node(folder, "model.library.shelf_shapes")
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"]["seed.library.books"]["description"] = "All | the *books* of @everyone."
    outcome = command("plan", folder, "--against", str(saved), "--format", "markdown")
    assert outcome.lines[0] == ("### Catalog: 0 to add, 3 to change, 2 to remove, 27 unchanged")
    assert "<details><summary>Changed (3)</summary>" in outcome.lines
    assert "<details><summary>Removed (2)</summary>" in outcome.lines
    assert "| table |  | 2 |  | 1 |" in outcome.lines
    assert "  - ~ description: `The books.` → `All | the *books* of @everyone.`" in outcome.lines
    assert "  - + column reader: `varchar`" in outcome.lines


def test_a_refusal_to_come_stands_above_the_fold(command: Command, tmp_path: Path) -> None:
    saved = tmp_path / "state.json"
    folder = copied("library", tmp_path)
    command("plan", folder, "--offline", "--save", str(saved))
    for node in ("shelf_shapes", "book_loans.v1", "book_loans.v2"):
        remove_node(folder, f"model.library.{node}")
    out = command("plan", folder, "--against", str(saved), "--format", "markdown").out
    assert (
        "**`apply` will refuse this:** the plan removes 3 of 8 tables" in out.split("<details>")[0]
    )


@given(hostile)
def test_a_code_span_holds_any_name(text: str) -> None:
    shown = code(text)
    fence = re.match("`+", shown)
    assert fence is not None
    inner = shown[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall("`+", inner)
    assert inner.split() == text.split()
    assert "\n" not in shown


@given(hostile)
def test_nothing_in_a_text_is_markup(text: str) -> None:
    assert not re.search(r"(?<!\\)[`*_\[\]|@#]", escaped(text).replace("\\\\", ""))
    assert "<" not in escaped(text)
    assert "\n" not in escaped(text)


@given(desired_states(), actual_states())
def test_every_action_has_its_line_and_folds_are_closed(
    desired: CatalogState, actual: CatalogState
) -> None:
    found = report(desired, actual)
    text = plan_markdown(found)
    assert text.count("<details>") == text.count("</details>")
    for action in found.plan.actions:
        assert f"- {action.kind} {code(action.name)}" in text


def test_a_comment_is_never_too_long() -> None:
    columns = tuple(Column(f"column_{n}", parse_type("integer"), "x" * 500) for n in range(5))
    tables = {
        one.fqn: one
        for one in (Table(("s", "d", "s", f"t{n}"), "Regular", columns) for n in range(3000))
    }
    desired = CatalogState("s", "ours", tables=tables)
    text = plan_markdown(report(desired, CatalogState("s", "ours")))
    assert len(text) < MAX_CHARACTERS + 1000
    assert re.search(r"- \.\.\. and \d+ more lines: run `plan`", text)
    changed = {
        key: replace(one, columns=columns[::-1], description="y" * 9000)
        for key, one in tables.items()
    }
    assert len(plan_markdown(report(replace(desired, tables=changed), desired))) < 65_000
