"""Writes a mapping, and its parts, as the YAML that people review."""

from __future__ import annotations

import sys

import yaml

from operations.migration import mapping as mapped

# The project's bound of a line of YAML.
_LONGEST_LINE = 120
_Entry = dict[str, str]


def mapping_text(mapping: mapped.Mapping) -> str:
    """Return the content of the file of a mapping, which `read_mapping` reads as the same."""
    lines = [
        f"source: {_flow(_source_entry(mapping.source))}",
        f"target: {_flow(_present(vars(mapping.target)))}",
        f"load: {_flow(vars(mapping.load))}",
        "tables:" if mapping.tables else "tables: []",
    ]
    for table in mapping.tables:
        lines += table_lines(table)
    if mapping.excluded:
        lines.append("excluded:")
        for exclusion in mapping.excluded:
            lines += table_exclusion_lines(exclusion)
    return "\n".join(lines) + "\n"


def table_lines(table: mapped.Table, comments: dict[str, str] | None = None) -> list[str]:
    """Return the lines of a table, as an item of `tables`.

    In: `comments`, what a person has to decide, by the name of the column; that of "" is about the
    table.
    """
    comments = comments or {}
    lines = [f"  # {comments['']}"] if comments.get("") else []
    lines += [f"  - source: {_flow(table.source)}", f"    target: {_flow(table.target)}"]
    lines += [f"    key: {_flow(list(table.key))}", "    columns:"]
    for column in table.columns:
        lines += column_lines(column, comments.get(column.source, ""))
    if table.excluded:
        lines.append("    excluded:")
        for exclusion in table.excluded:
            lines += exclusion_lines(exclusion, comments.get(exclusion.name, ""))
    return lines


def column_lines(column: mapped.Column, comment: str = "") -> list[str]:
    """Return the lines of a column, as an item of the `columns` of a table."""
    entry = {
        "source": column.source,
        "type": column.type,
        "target": column.target if column.target != column.source else "",
        "transform": column.transform,
        "class": mapped.PERSONAL if column.is_personal else "",
        "reason": column.reason,
    }
    return _item(_present(entry), indent=6, comment=comment)


def exclusion_lines(exclusion: mapped.Exclusion, comment: str = "") -> list[str]:
    """Return the lines of a column that is not copied, as an item of `excluded` of a table."""
    entry = {"column": exclusion.name, "reason": exclusion.reason}
    return _item(entry, indent=6, comment=comment)


def table_exclusion_lines(exclusion: mapped.Exclusion) -> list[str]:
    """Return the lines of a table that is not copied, as an item of `excluded`."""
    return _item({"table": exclusion.name, "reason": exclusion.reason}, indent=2)


def _source_entry(source: mapped.Source) -> _Entry:
    return _present({"kind": source.kind, "url": source.url, "schema": source.schema})


def _present(entry: _Entry) -> _Entry:
    return {key: value for key, value in entry.items() if value != ""}


def _item(entry: _Entry, *, indent: int, comment: str = "") -> list[str]:
    margin = " " * indent
    lines = [f"{margin}# {comment}"] if comment else []
    line = f"{margin}- {_flow(entry)}"
    if len(line) <= _LONGEST_LINE:
        return [*lines, line]
    block = [f"{key}: {_flow(value)}" for key, value in entry.items()]
    return [*lines, f"{margin}- {block[0]}", *(f"{margin}  {each}" for each in block[1:])]


def _flow(value: object) -> str:
    text: str = yaml.safe_dump(
        value, default_flow_style=True, width=sys.maxsize, sort_keys=False, allow_unicode=True
    )
    return text.removesuffix("\n").removesuffix("\n...")
