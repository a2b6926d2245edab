"""Findings on the columns of a model and their types. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from logmart.findings import Finding
from logmart.gate.compared import Compared
from logmart.gate.impact import reach

_INTEGERS = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"]
_WIDER = {
    *((narrow, wide) for n, narrow in enumerate(_INTEGERS) for wide in _INTEGERS[n + 1 :]),
    *((narrow, "DOUBLE") for narrow in ("TINYINT", "SMALLINT", "INTEGER", "FLOAT")),
    *((narrow, "FLOAT") for narrow in ("TINYINT", "SMALLINT")),
    ("DATE", "TIMESTAMP"),
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


def type_kind(before: str, after: str) -> str:
    """Return the kind of finding for a changed column type."""
    was, now = before.upper(), after.upper()
    if _is_wider(was, now):
        return "type_widened"
    return "type_narrowed" if _is_wider(now, was) else "type_changed"


def _is_wider(narrow: str, wide: str) -> bool:
    """Return whether the wide type can hold every value of the narrow type."""
    small, large = _DECIMAL.fullmatch(narrow), _DECIMAL.fullmatch(wide)
    if small and large:
        digits, scale = int(small[1]), int(small[2])
        return int(large[2]) >= scale and int(large[1]) - int(large[2]) >= digits - scale
    return (narrow, wide) in _WIDER


def column_findings(compared: Compared, unique_id: str) -> Iterator[Finding]:
    """Yield the findings on the columns, and their types, of a node that both sides build."""
    if unique_id in compared.unbuilt:
        return
    node = compared.head.manifest.built[unique_id]
    before = compared.base_catalog.columns.get(unique_id, {})
    after = compared.head_catalog.columns.get(unique_id, {})
    if not before or not after:
        return
    renamed = renamed_columns(compared, unique_id)

    def finding(kind: str, message: str, column: str, *, breaks: bool = True) -> Finding:
        reached = (
            reach(compared.base.manifest, compared.base_lineage, unique_id, [column])
            if breaks
            else None
        )
        return Finding(
            kind, message, node["name"], column, node["original_file_path"], reach=reached
        )

    for column, data_type in before.items():
        if column in renamed:
            yield finding("column_renamed", f"renamed to {renamed[column]}", column)
        elif column not in after:
            yield finding("column_removed", f"removed, was {data_type.lower()}", column)
        elif after[column] != data_type:
            kind = type_kind(data_type, after[column])
            message = f"{data_type.lower()} -> {after[column].lower()}"
            yield finding(kind, message, column)
    for column, data_type in after.items():
        if column not in before and column not in renamed.values():
            yield finding("column_added", f"added, {data_type.lower()}", column, breaks=False)


def renamed_columns(compared: Compared, unique_id: str) -> dict[str, str]:
    """Return the renamed columns, old to new: both are computed in the same way, or are the same
    column of a seed's file.
    """
    before = compared.base_catalog.columns.get(unique_id, {})
    after = compared.head_catalog.columns.get(unique_id, {})
    removed = [column for column in before if column not in after]
    added = [column for column in after if column not in before]
    found: dict[str, str] = {}
    for old in removed:
        made = compared.base_lineage.signature(unique_id, old)
        candidates = [
            new
            for new in added
            if new not in found.values()
            and after[new] == before[old]
            and compared.head_lineage.signature(unique_id, new) == made
            and made != (None, None)
        ]
        same_place = [
            new for new in candidates if list(after).index(new) == list(before).index(old)
        ]
        chosen = same_place or candidates
        if len(chosen) == 1:
            found[old] = chosen[0]
    return found


def column_names(finding: Finding) -> list[str]:
    """Return the columns that a finding is about; for a renamed column, both names."""
    renamed = finding.message.removeprefix("renamed to ")
    return [finding.column, renamed] if finding.kind == "column_renamed" else [finding.column]
