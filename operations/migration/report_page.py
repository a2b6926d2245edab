"""The report as one page, without a script and without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from logmart.operations.landing import utc_text
from operations.migration.report import Report, changes, exclusions, shown_differences
from operations.migration.report_lines import shown
from operations.migration.run_results import RunResult, TablePass

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="generator" content="logmart">
<meta name="color-scheme" content="light dark">
<title>Cut-over report · logmart</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:1100px;padding:1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
th,td{border-bottom:1px solid #8886;padding:.3rem .6rem;text-align:left;vertical-align:top}
th,td{overflow-wrap:anywhere}
td.number{text-align:right;white-space:nowrap}
code{font-size:.9em}
.verdict{border:2px solid;padding:.5rem 1rem}
.differs{font-weight:700}
</style>
</head>
<body>
<main>
<h1>Cut-over report</h1>
"""
# Cells are text, or numbers, which are aligned to the right.
_Cell = str | int | float


def as_page(report: Report) -> str:
    """Return the page. Every text of a table or person is escaped."""
    parts = [_HEAD, f'<p class="verdict">{escape(report.verdict)}</p>\n']
    parts.append(_facts(report))
    if report.proof is not None:
        parts += _proof(report.proof, shown_differences(report))
    parts.append(
        _section("What is not copied", ("Table or column", "Why"), exclusions(report.mapping))
    )
    renamed = changes(report.mapping)
    parts.append(_section("What is changed", ("Column", "Becomes", "Why"), renamed))
    parts.append("</main>\n</body>\n</html>\n")
    return "".join(parts)


def _facts(report: Report) -> str:
    facts: list[tuple[str, _Cell]] = [
        ("Mapping", report.mapping.mapping_id),
        ("Source", report.mapping.source.kind),
        ("Target", report.mapping.target.kind),
        ("Runs so far", len(report.runs)),
    ]
    proof = report.proof
    if proof is not None:
        seconds = (proof.ended_at - proof.started_at).total_seconds()
        facts += [
            ("Verified by", proof.run_id),
            ("From", utc_text(proof.started_at)),
            ("Seconds", round(seconds, 1)),
            ("Snapshot", ", ".join(sorted({table.snapshot_id for table in proof.tables}))),
            ("Declared freeze", "yes" if proof.is_frozen else "no"),
        ]
    return _table(("", ""), facts)


def _proof(proof: RunResult, differences: dict[str, list[dict[str, Any]]]) -> Iterable[str]:
    rows = [_summary(table) for table in proof.tables]
    heads = ("Table", "Copied to", "State", "Rows at source", "Rows at target", "Chunks", "Seconds")
    yield "<h2>Tables</h2>\n" + _table((*heads, "Checksum"), rows)
    for table in proof.tables:
        yield f"<h2>{escape(table.source_table)}</h2>\n"
        yield _columns(table)
        yield _staged(table)
        yield _differences(table, differences.get(table.source_table, []))


def _summary(table: TablePass) -> list[_Cell]:
    seconds: _Cell = "stopped"
    if table.ended_at is not None:
        seconds = round((table.ended_at - table.started_at).total_seconds(), 1)
    return [
        table.source_table,
        table.target_table,
        "equal" if table.is_equal else "differs",
        table.source_rows,
        table.target_rows,
        table.chunks,
        seconds,
        table.source_checksum,
    ]


def _columns(table: TablePass) -> str:
    rows = [
        [
            column.column,
            column.target_column,
            "equal" if column.is_equal else "differs",
            column.source,
            column.target,
        ]
        for column in table.columns
    ]
    heads = ("Column", "Copied to", "State", "Checksum at source", "Checksum at target")
    return _table(heads, rows)


def _staged(table: TablePass) -> str:
    if table.staged_rows is None:
        return ""
    faults = "".join(f"<li>{escape(fault)}</li>\n" for fault in table.staged_faults)
    listed = f"<ul>\n{faults}</ul>\n" if faults else ""
    return f"<p>{table.staged_rows:,} rows in the staging model.</p>\n{listed}"


def _differences(table: TablePass, differences: Sequence[dict[str, Any]]) -> str:
    if not table.difference_count:
        return "<p>No difference.</p>\n"
    rows = [
        [
            ", ".join(f"{name} {shown(text)}" for name, text in _row(each).items()),
            each.get("column", "the whole row"),
            "absent" if each["kind"] == "extra" else _value(each, "source"),
            "absent" if each["kind"] == "missing" else _value(each, "target"),
        ]
        for each in differences
    ]
    counted = f"<p>{table.difference_count:,} differences, {len(rows):,} shown.</p>\n"
    return counted + _table(("Key", "Column", "At the source", "At the target"), rows)


def _row(difference: dict[str, Any]) -> dict[str, str | None]:
    row: dict[str, str | None] = difference["key"] or difference.get("row", {})
    return row


def _value(difference: dict[str, Any], side: str) -> str:
    return shown(difference.get(side)) if difference["kind"] == "value" else "present"


def _section(title: str, heads: Sequence[str], rows: Sequence[Sequence[_Cell]]) -> str:
    return f"<h2>{title}</h2>\n" + (_table(heads, rows) if rows else "<p>Nothing.</p>\n")


def _table(heads: Sequence[str], rows: Sequence[Sequence[_Cell]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in rows)
    if not any(heads):
        return f"<table>\n<tbody>\n{body}</tbody>\n</table>\n"
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"


def _cell(value: _Cell) -> str:
    if isinstance(value, str):
        mark = ' class="differs"' if value == "differs" else ""
        return f"<td{mark}>{escape(value)}</td>"
    return f'<td class="number">{value:,}</td>'
