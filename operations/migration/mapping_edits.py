"""Adds what is new to the text of a mapping. All that a person wrote stays as it is."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import yaml

from operations.migration import mapping_text
from operations.migration.mapping import Exclusion, Mapping
from operations.migration.scaffold import Proposal, ProposedColumns

_HEAD = "# Written by `logmart migrate map`. Review each line: as it stands here it is copied.\n"


@dataclass(frozen=True)
class _Edit:
    """A text to insert before a character."""

    index: int
    text: str


def new_text(mapping: Mapping, proposal: Proposal) -> str:
    """Return the text of a mapping that has no table yet, with what is proposed."""
    bare = Mapping(mapping.source, mapping.target, (), mapping.load, proposal.excluded)
    text = mapping_text.mapping_text(bare)
    if proposal.tables:
        lines = "".join(f"{line}\n" for line in _table_lines(proposal))
        text = text.replace("tables: []\n", f"tables:\n{lines}")
    return _HEAD + text


def _table_lines(proposal: Proposal) -> list[str]:
    return [
        line
        for each in proposal.tables
        for line in mapping_text.table_lines(each.table, each.comments)
    ]


def added_text(text: str, proposal: Proposal) -> str:
    """Return the text of a mapping that has tables, with what is proposed added to it."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    tables = _entry(root, "tables")
    assert isinstance(tables, yaml.SequenceNode)
    edits: list[_Edit] = []
    by_name = {_scalar(_entry(node, "source")): node for node in tables.value}
    for proposed in proposal.columns:
        edits += _column_edits(text, by_name[proposed.table.source], proposed)
    if proposal.tables:
        edits.append(_block_edit(text, tables, _table_lines(proposal)))
    if proposal.excluded:
        edits.append(_exclusion_edit(text, root, proposal.excluded))
    # The last one first, so that the places of the others stay.
    for edit in sorted(edits, key=lambda each: each.index)[::-1]:
        text = text[: edit.index] + edit.text + text[edit.index :]
    return text


def _column_edits(text: str, table: yaml.Node, proposed: ProposedColumns) -> list[_Edit]:
    edits = []
    columns = _entry(table, "columns")
    assert isinstance(columns, yaml.SequenceNode)
    if proposed.columns:
        lines = [line for column in proposed.columns for line in mapping_text.column_lines(column)]
        edits.append(_sequence_edit(text, columns, lines))
    if not proposed.undecided:
        return edits
    lines = [
        line
        for each in proposed.undecided
        for line in mapping_text.exclusion_lines(each, proposed.comments[each.name])
    ]
    excluded = _find(table, "excluded")
    if isinstance(excluded, yaml.SequenceNode) and excluded.value:
        edits.append(_sequence_edit(text, excluded, lines))
    else:
        margin = " " * _key_column(table)
        block = textwrap.indent(textwrap.dedent("\n".join(lines)), f"{margin}  ")
        edits.append(_Edit(_end_of(text, columns), f"{margin}excluded:\n{block}\n"))
    return edits


def _exclusion_edit(text: str, root: yaml.Node, excluded: tuple[Exclusion, ...]) -> _Edit:
    lines = [line for each in excluded for line in mapping_text.table_exclusion_lines(each)]
    found = _find(root, "excluded")
    if isinstance(found, yaml.SequenceNode) and found.value:
        return _sequence_edit(text, found, lines)
    end = "" if text.endswith("\n") else "\n"
    return _Edit(len(text), f"{end}excluded:\n" + "\n".join(lines) + "\n")


def _sequence_edit(text: str, sequence: yaml.SequenceNode, lines: list[str]) -> _Edit:
    if not sequence.flow_style:
        return _block_edit(text, sequence, lines)
    items = [line.strip().removeprefix("- ") for line in lines if not line.strip().startswith("#")]
    return _Edit(sequence.end_mark.index - 1, "".join(f", {item}" for item in items))


def _block_edit(text: str, sequence: yaml.SequenceNode, lines: list[str]) -> _Edit:
    margin = " " * (sequence.value[0].start_mark.column - 2)
    block = textwrap.indent(textwrap.dedent("\n".join(lines)), margin)
    return _Edit(_end_of(text, sequence), f"{block}\n")


def _end_of(text: str, node: yaml.Node) -> int:
    """Return the start of the line below the last line of a node."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end: int = node.end_mark.index
    if end and text[end - 1] == "\n":
        return end
    below = text.find("\n", end)
    return len(text) if below < 0 else below + 1


def _entry(node: yaml.Node, name: str) -> yaml.Node:
    found = _find(node, name)
    assert found is not None
    return found


def _find(node: yaml.Node, name: str) -> yaml.Node | None:
    assert isinstance(node, yaml.MappingNode)
    return next((value for key, value in node.value if key.value == name), None)


def _key_column(node: yaml.Node) -> int:
    assert isinstance(node, yaml.MappingNode)
    column: int = node.value[0][0].start_mark.column
    return column


def _scalar(node: yaml.Node) -> str:
    return str(node.value)
