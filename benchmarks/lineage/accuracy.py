"""Scores column lineage on the truth table: ours, the stock parser of openmetadata-ingestion, and
plain sqlglot.

    PYTHONPATH=ingestion ingestion/.venv/bin/python -m benchmarks.lineage.accuracy [--details]
        [--misses TOOL] [--out FILE]

Prints tables in Markdown: columns by verdict and the seconds each tool takes for all queries, then
exact columns by theme; with --details by construct. `scoring.Verdict` defines the verdicts, `tools`
the input of each tool. All tools see the same SQL, dialect and schema.

A parent is a column whose values can change this column's values while the rows stay the same. Some
tools also count a window's ordering or a join's key as a parent: "keys let pass" is the share of
exact columns when such keys of the query are not counted as errors.

The rows of the truth table were written before our engine passed them, and DuckDB checks those that
it can run. Our engine has been fixed on its failures since; the other tools have not. The table
holds constructs, not the queries of a mart, so rare constructs weigh as much as common ones.

Verdicts are the same in every run; seconds are not. They are measured on one thread, after a first
query that is not counted, and without imports.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lineage import tools
from benchmarks.lineage.scoring import TRACEABLE, UNTRACEABLE, Judged, Verdict, counted, judge
from tests.lineage.cases import Case, read_cases, read_schema

TOOLS: dict[str, tools.Tool] = {
    "ours": tools.ours,
    "stock parser": tools.stock,
    "plain sqlglot": tools.sqlglot,
}


@dataclass(frozen=True)
class Score:
    """The score of one tool on the truth table."""

    tool: str
    judged: tuple[Judged, ...]
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Score the tools and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--details", action="store_true", help="a row for each construct")
    parser.add_argument("--misses", choices=TOOLS, help="list what this tool has not exact")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the tables here too")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    cases = read_cases()
    scores = [_score(name, tool, cases) for name, tool in TOOLS.items()]
    parts = [_summary(cases, scores), _untraceable(scores), _grouped("theme", scores)]
    if options.details:
        parts.append(_grouped("construct", scores))
    if options.misses:
        parts.append(_misses(next(score for score in scores if score.tool == options.misses)))
    text = "\n\n".join(parts) + "\n"
    print(text, end="")
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    return 0


def _score(name: str, tool: tools.Tool, cases: Sequence[Case]) -> Score:
    schema = read_schema()
    tool(cases[0], schema)
    judged: list[Judged] = []
    seconds = 0.0
    for case in cases:
        started = time.perf_counter()
        answers = tool(case, schema)
        seconds += time.perf_counter() - started
        theme, keys = case.construct.partition(":")[0], tools.keys(case, schema)
        for column, expected in case.columns.items():
            verdicts = judge(expected, answers[column]), judge(expected, answers[column], keys)
            judged.append(Judged(theme, case.construct, column, *verdicts))
    return Score(name, tuple(judged), seconds)


def _summary(cases: Sequence[Case], scores: Sequence[Score]) -> str:
    total = sum(judged.verdict in TRACEABLE for judged in scores[0].judged)
    rows = []
    for score in scores:
        counts, lenient = counted(score.judged), counted(score.judged, leniently=True)
        numbers = [str(counts[verdict]) for verdict in TRACEABLE]
        shares = [
            f"{100 * counted_verdicts[Verdict.EXACT] / total:.1f} %"
            for counted_verdicts in (counts, lenient)
        ]
        rows.append([score.tool, *numbers, *shares, f"{score.seconds:.2f}"])
    title = f"{total} columns that can be traced, of {len(cases)} queries"
    header = ["", *TRACEABLE, "share exact", "keys let pass", "seconds"]
    return f"{title}:\n\n" + _table(header, rows)


def _untraceable(scores: Sequence[Score]) -> str:
    total = sum(judged.verdict in UNTRACEABLE for judged in scores[0].judged)
    rows = []
    for score in scores:
        counts = counted(score.judged)
        rows.append([score.tool, *(str(counts[verdict]) for verdict in UNTRACEABLE)])
    return f"{total} columns that cannot:\n\n" + _table(["", *UNTRACEABLE], rows)


def _grouped(by: str, scores: Sequence[Score]) -> str:
    """Return the exact and named columns of each theme or construct, by tool."""
    names = dict.fromkeys(_group(by, judged) for judged in scores[0].judged)
    rows = []
    for name in names:
        of_group = [
            [judged for judged in score.judged if _group(by, judged) == name] for score in scores
        ]
        good = [_good(judged) for judged in of_group]
        rows.append([name, str(len(of_group[0])), *map(str, good)])
    header = [by, "columns", *(score.tool for score in scores)]
    return f"Exact or named, by {by}:\n\n" + _table(header, rows)


def _group(by: str, judged: Judged) -> str:
    return judged.theme if by == "theme" else judged.construct


def _good(judged: Iterable[Judged]) -> int:
    counts = counted(judged)
    return counts[Verdict.EXACT] + counts[Verdict.NAMED]


def _misses(score: Score) -> str:
    missed = [
        judged for judged in score.judged if judged.verdict not in (Verdict.EXACT, Verdict.NAMED)
    ]
    rows = [[judged.construct, judged.column, str(judged.verdict)] for judged in missed]
    return f"Not exact, {score.tool}:\n\n" + _table(["construct", "column", "verdict"], rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        raise SystemExit(main())
