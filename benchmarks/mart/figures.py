"""Writes figures.md from the measurements in figures.json."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).with_name("figures.md")
_PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb")
_MIB = 1 << 20
_GIB = 1 << 30
_RUNS = {"models": "first build", "models_next_day": "one more day", "by_hand": "by hand"}

Case = dict[str, Any]


def write_figures(cases: Sequence[Case]) -> str:
    """Write figures.md and return its text."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    text = "\n".join(
        [
            "Written by `python -m benchmarks.mart.run`, on two cores and 24 GiB of memory; dbt has"
            " two threads. Where nothing is said of the script by hand, it was not run.",
            f"Python {platform.python_version()}, {versions}. Seconds on the clock unless they"
            " are called the processors'.",
            "",
            "## The first build, of thirty days",
            "",
            *_first_builds(cases),
            "",
            "## One more day",
            "",
            *_next_days(cases),
            "",
            *(line for case in cases for line in _slowest(case)),
        ]
    )
    FIGURES.write_text(text.rstrip() + "\n", encoding="utf-8")
    return text


def _first_builds(cases: Sequence[Case]) -> list[str]:
    rows = [
        (
            _name(case),
            f"{case['landed_bytes'] / _MIB:,.0f}",
            _seconds(case, "floor_lines"),
            _seconds(case, "floor_typed"),
            _seconds(case, "by_hand"),
            _seconds(case, "models"),
            f"{case['models']['seconds'] - case['models']['node_seconds']:,.1f}",
            _ratio(case, "models", "by_hand"),
            _seconds(case, "tests"),
            f"{case.get('equal_tables', '')}",
        )
        for case in cases
    ]
    head = (
        "events, planned",
        "MiB landed",
        "reading lines",
        "reading typed columns",
        "by hand",
        "models",
        "of it dbt's start",
        "models / by hand",
        "tests",
        "tables equal",
    )
    resources = [
        (
            _name(case),
            case["memory_limit"],
            *(
                figure
                for made_by in ("by_hand", "models")
                for figure in _resources(case.get(made_by))
            ),
        )
        for case in cases
    ]
    resource_head = (
        "events, planned",
        "DuckDB's memory limit",
        "by hand: processors' seconds",
        "GiB at most",
        "MiB of database",
        "models: processors' seconds",
        "GiB at most",
        "MiB of database",
    )
    return [*table(head, rows), "", *table(resource_head, resources)]


def _next_days(cases: Sequence[Case]) -> list[str]:
    rows = [
        (
            _name(case),
            f"{case['lines']['next app']:,}",
            _seconds(case, "by_hand_next_day"),
            _seconds(case, "models_next_day"),
            f"{_start(case, 'models_next_day'):,.1f}",
            _ratio(case, "models_next_day", "by_hand"),
            _ratio(case, "models_next_day", "models"),
            f"{case['models_next_day']['peak_bytes'] / _GIB:.2f}",
            f"{case.get('equal_tables_next_day', '')}",
        )
        for case in cases
    ]
    head = (
        "events, planned",
        "new events",
        "by hand, all days again",
        "models",
        "of it dbt's start",
        "models / by hand of thirty days",
        "models / their first build",
        "GiB at most",
        "tables equal",
    )
    return table(head, rows)


def _slowest(case: Case) -> list[str]:
    runs = {
        label: list(case[name]["slowest"].items()) for name, label in _RUNS.items() if name in case
    }
    rows = [
        tuple(text for name, seconds in row for text in (f"`{name}`", f"{seconds:,.2f}"))
        for row in zip(*runs.values(), strict=False)
    ]
    head = [text for label in runs for text in (label, "seconds")]
    return [f"## Where the time goes: {_name(case)}", "", *table(head, rows), ""]


def _resources(run: dict[str, Any] | None) -> tuple[str, str, str]:
    if run is None:
        return ("", "", "")
    return (
        f"{run['processor_seconds']:,.1f}",
        f"{run['peak_bytes'] / _GIB:.2f}",
        f"{run['database_bytes'] / _MIB:,.0f}",
    )


def _ratio(case: Case, name: str, beside: str) -> str:
    return f"{case[name]['seconds'] / case[beside]['seconds']:.2f}" if beside in case else ""


def _start(case: Case, name: str) -> float:
    run: dict[str, float] = case[name]
    return run["seconds"] - run["node_seconds"]


def _name(case: Case) -> str:
    return f"{case['lines']['app']:,}, {case['planned']}"


def _seconds(case: Case, name: str) -> str:
    return f"{case[name]['seconds']:,.1f}" if name in case else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a Markdown table, one line for each row."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
