"""What a change does to the columns of a model and their types. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from logmart.findings import Finding
from logmart.gate.compared import Compared
from logmart.gate.impact import reach

_INTEGERS = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"]
_WIDER = {
    *((one, other) for n, one in enumerate(_INTEGERS) for other in _INTEGERS[n + 1 :]),
    *((one, "DOUBLE") for one in ("TINYINT", "SMALLINT", "INTEGER", "FLOAT")),
    *((one, "FLOAT") for one in ("TINYINT", "SMALLINT")),
    ("DATE", "TIMESTAMP"),
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


def type_kind(before: str, after: str) -> str:
    """Return which kind of finding a change of a column's type is."""
    was, now = before.upper(), after.upper()
    if _is_wider(was, now):
        return "type_widened"
    return "type_narrowed" if _is_wider(now, was) else "type_changed"


def _is_wider(one: str, other: str) -> bool:
    """Whether the other type holds every value of the one."""
    small, large = _DECIMAL.fullmatch(one), _DECIMAL.fullmatch(other)
    if small and large:
        digits, scale = int(small[1]), int(small[2])
        return int(large[2]) >= scale and int(large[1]) - int(large[2]) >= digits - scale
    return (one, other) in _WIDER


def column_findings(compared: Compared, unique_id: str) -> Iterator[Finding]:
    """Yield the findings on the columns of what both sides build, and their types."""
    if unique_id in compared.unbuilt:
        return
    node = compared.head.manifest.built[unique_id]
    before = compared.base_catalog.columns.get(unique_id, {})
    after = compared.head_catalog.columns.get(unique_id, {})
    if not before or not after:
        return
    renamed = _renamed(compared, unique_id, before, after)

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


def _renamed(
    compared: Compared, unique_id: str, before: Mapping[str, str], after: Mapping[str, str]
) -> dict[str, str]:
    """Return the columns that are made the same way under another name, old to new."""
    gone = [one for one in before if one not in after]
    come = [one for one in after if one not in before]
    found: dict[str, str] = {}
    for old in gone:
        made = compared.base_lineage.signature(unique_id, old)
        alike = [
            new
            for new in come
            if new not in found.values()
            and after[new] == before[old]
            and compared.head_lineage.signature(unique_id, new) == made
            and made != (None, None)
        ]
        same_place = [new for new in alike if list(after).index(new) == list(before).index(old)]
        chosen = same_place or alike
        if len(chosen) == 1:
            found[old] = chosen[0]
    return found


def column_names(finding: Finding) -> list[str]:
    """Return the columns that a finding is about: of a renamed one both names."""
    renamed = finding.message.removeprefix("renamed to ")
    return [finding.column, renamed] if finding.kind == "column_renamed" else [finding.column]
