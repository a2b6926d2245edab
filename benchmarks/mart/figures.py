"""Writes figures.md from the measurements in figures.json."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).with_name("figures.md")
_PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb")
_MIB = 1 << 20
_GIB = 1 << 30
_TOP = 15
_RUNS = {
    "first build": ("core", "rest"),
    "one more day": ("core_next_day", "rest_next_day"),
    "core by hand": ("by_hand",),
}

Case = dict[str, Any]


def write_figures(cases: Sequence[Case]) -> str:
    """Write figures.md and return its text."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    text = "\n".join(
        [
            "Written by `python -m benchmarks.mart.run`, on two cores and 24 GiB of memory; dbt has"
            " two threads. Where nothing is said of the script by hand, it was not run. The core"
            " are the models from the lines to `fct_sessions`, `fct_events` and"
            " `fct_rejected_events`: the tables that the script makes by hand.",
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
            case["measured_on"],
            f"{case['landed_bytes'] / _MIB:,.0f}",
            _seconds(case, "floor_lines"),
            _seconds(case, "floor_typed"),
            _seconds(case, "by_hand"),
            _seconds(case, "core"),
            _start(case, "core"),
            _ratio(case, "core", "by_hand"),
            _seconds(case, "rest"),
            _start(case, "rest"),
            _seconds(case, "tests"),
        )
        for case in cases
    ]
    head = (
        "events, planned",
        "measured on",
        "MiB landed",
        "reading lines",
        "reading typed columns",
        "core by hand",
        "core",
        "of it dbt's start",
        "core / by hand",
        "other models",
        "of it dbt's start",
        "tests",
    )
    made_by = {"by_hand": "core by hand", "core": "core", "rest": "other models"}
    resources = [
        (
            _name(case),
            case["memory_limit"],
            *(figure for name in made_by for figure in _resources(case.get(name))),
            _ratio(case, "core", "by_hand", "processor_seconds"),
        )
        for case in cases
    ]
    resource_head = (
        "events, planned",
        "DuckDB's memory limit",
        *(
            text
            for label in made_by.values()
            for text in (
                f"{label}: processors' seconds",
                "GiB at most",
                "MiB of database",
            )
        ),
        "core / by hand: processors' seconds",
    )
    return [*table(head, rows), "", *table(resource_head, resources)]


def _next_days(cases: Sequence[Case]) -> list[str]:
    rows = [
        (
            _name(case),
            f"{case['lines']['next app']:,}",
            _seconds(case, "by_hand_next_day"),
            _seconds(case, "core_next_day"),
            _start(case, "core_next_day"),
            _ratio(case, "core_next_day", "by_hand"),
            _seconds(case, "rest_next_day"),
            _start(case, "rest_next_day"),
            _share_of_first_build(case),
        )
        for case in cases
    ]
    head = (
        "events, planned",
        "new events",
        "core by hand, all days again",
        "core",
        "of it dbt's start",
        "core / by hand of thirty days",
        "other models",
        "of it dbt's start",
        "all models / their first build",
    )
    return table(head, rows)


def _slowest(case: Case) -> list[str]:
    runs = {}
    for label, names in _RUNS.items():
        if names[0] in case:
            took: Counter[str] = sum((Counter(case[name]["slowest"]) for name in names), Counter())
            runs[label] = took.most_common(_TOP)
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


def _ratio(case: Case, name: str, beside: str, figure: str = "seconds") -> str:
    return f"{case[name][figure] / case[beside][figure]:.2f}" if beside in case else ""


def _share_of_first_build(case: Case) -> str:
    first, next_day = (
        sum(case[name]["seconds"] for name in names)
        for names in (_RUNS["first build"], _RUNS["one more day"])
    )
    return f"{next_day / first:.2f}"


def _start(case: Case, name: str) -> str:
    return f"{case[name]['seconds'] - case[name]['node_seconds']:,.1f}"


def _name(case: Case) -> str:
    return f"{case['lines']['app']:,}, {case['planned']}"


def _seconds(case: Case, name: str) -> str:
    return f"{case[name]['seconds']:,.1f}" if name in case else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a Markdown table, one line for each row."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
