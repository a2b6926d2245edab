"""Writes figures.md from the measurements in figures.json."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.mart.figures import table
from logmart.trino.install import VERSION

FIGURES = Path(__file__).with_name("figures.md")
_PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "dbt-trino")
_MIB = 1 << 20
_GIB = 1 << 30
_RUNS = {"first": "first build", "next_day": "one more day"}
_SHOWN = 8
_IN_PART = (
    "base_app__events",
    "int_judged_events",
    "int_sessionized_events",
    "int_sessions",
    "int_session_identities",
    "int_user_days",
    "fct_events",
    "fct_sessions",
    "fct_funnel_steps",
)

Case = dict[str, Any]


def write_figures(cases: Sequence[Case]) -> str:
    """Write figures.md and return its text."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    text = "\n".join(
        [
            "Written by `python -m benchmarks.trino.run`, on two cores and 24 GiB of memory, which"
            " Trino (one node, Iceberg tables on the same disk) and dbt share; dbt has two"
            " threads. No tests are run.",
            f"Python {platform.python_version()}, {versions}, Trino {VERSION}. Seconds on the clock"
            " unless they are called the processors'.",
            "",
            *table(
                (
                    "events, models",
                    "run",
                    "DuckDB",
                    "Trino",
                    "of it receiving",
                    "Trino / DuckDB",
                    "processors' seconds: DuckDB",
                    "Trino",
                    "GiB at most: DuckDB",
                    "Trino, with a heap of",
                    "MiB stored: DuckDB",
                    "Trino",
                    "tables with as many rows",
                    "equal in every value",
                ),
                [_run(case, run) for case in cases for run in _RUNS],
            ),
            "",
            "## What Trino reads",
            "",
            "By its statistics of all queries of a build, dbt's own among them.",
            "",
            *table(
                (
                    "events, models",
                    "run",
                    "queries",
                    "MiB read",
                    "million rows read",
                    "bytes a landed event",
                ),
                [_reads(case, run) for case in cases for run in _RUNS],
            ),
            "",
            *(line for case in cases for line in _one_more_day(case)),
            "## Maintenance",
            "",
            "`logmart trino maintain` after one more day, keeping nothing of what tables were"
            " before.",
            "",
            *table(
                ("events, models", "seconds", "files before", "after", "MiB before", "after"),
                [_maintenance(case) for case in cases],
            ),
            "",
            *(line for case in cases for line in _slowest(case)),
        ]
    )
    FIGURES.write_text(text.rstrip() + "\n", encoding="utf-8")
    return text


def _name(case: Case) -> str:
    return f"{case['lines']['app']:,}, {case['selection'].removeprefix('--select ') or 'all'}"


def _run(case: Case, run: str) -> tuple[str, ...]:
    duckdb, trino, equal = case[f"duckdb_{run}"], case[f"trino_{run}"], case[f"equal_{run}"]
    return (
        _name(case),
        _RUNS[run],
        f"{duckdb['seconds']:,.1f}",
        f"{trino['seconds']:,.1f}",
        f"{trino['receive_seconds']:,.1f}",
        f"{trino['seconds'] / duckdb['seconds']:.1f}",
        f"{duckdb['processor_seconds']:,.1f}",
        f"{trino['processor_seconds']:,.1f}",
        f"{duckdb['peak_bytes'] / _GIB:.2f}",
        f"{trino['peak_bytes'] / _GIB:.2f} of {case['heap_gib']}",
        f"{duckdb['database_bytes'] / _MIB:,.0f}",
        f"{trino['stored_bytes'] / _MIB:,.0f}",
        f"{equal['tables']}",
        f"{equal['compared']}",
    )


def _reads(case: Case, run: str) -> tuple[str, ...]:
    there = case[f"trino_{run}"]
    landed = case["lines"]["app"] + (case["lines"]["next app"] if run == "next_day" else 0)
    return (
        _name(case),
        _RUNS[run],
        f"{there['queries']:,}",
        f"{there['read_bytes'] / _MIB:,.1f}",
        f"{there['read_rows'] / 1e6:,.2f}",
        f"{there['read_bytes'] / landed:,.0f}",
    )


def _one_more_day(case: Case) -> list[str]:
    """Return the rows that incremental models read, and the rows that they hold."""
    runs = [case[f"trino_{run}"]["read_by_model"] for run in _RUNS]
    rows = [
        (
            f"`{model}`",
            f"{case['rows'][model] / 1e6:,.2f}",
            *(f"{figure:,.2f}" for run in runs for figure in run.get(model, (0, 0))),
        )
        for model in _IN_PART
        if model in case["rows"]
    ]
    head = ("model", "million rows", "first build: million rows read", "MiB")
    return [
        f"### One more day: {_name(case)}",
        "",
        *table((*head, "one more day: million rows read", "MiB"), rows),
        "",
    ]


def _maintenance(case: Case) -> tuple[str, ...]:
    found = case["maintenance"]
    return (
        _name(case),
        f"{found['seconds']:,.0f}",
        f"{found['files_before']:,}",
        f"{found['files_after']:,}",
        f"{found['bytes_before'] / _MIB:,.0f}",
        f"{found['bytes_after'] / _MIB:,.0f}",
    )


def _slowest(case: Case) -> list[str]:
    columns = [
        list(case[f"{engine}_{run}"]["slowest"].items())[:_SHOWN]
        for engine in ("duckdb", "trino")
        for run in _RUNS
    ]
    head = [
        text
        for engine in ("DuckDB", "Trino")
        for run in _RUNS.values()
        for text in (f"{engine}, {run}", "seconds")
    ]
    rows = [
        tuple(text for name, seconds in row for text in (f"`{name}`", f"{seconds:,.1f}"))
        for row in zip(*columns, strict=False)
    ]
    return [f"## Where the time goes: {_name(case)}", "", *table(head, rows), ""]
