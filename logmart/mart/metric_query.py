"""Queries metrics with MetricFlow, and refuses grains that a metric does not have:
`logmart mart query --metrics NAMES [--group-by NAMES] [options of mf query]`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import click

from logmart.dbt.project_yaml import entries
from logmart.errors import CommandError
from logmart.settings import PROJECT, settings

BY_DAY = ("metric_time", "metric_time__day")


def metrics_of_days(project: Path) -> frozenset[str]:
    """Return the metrics of models/semantic/ that have daily values only."""
    return frozenset(
        entry["name"]
        for entry in entries(project, "semantic", "metrics")
        if entry["config"]["meta"].get("coarser_grain") == "none"
    )


def check_grains(
    metrics: Collection[str], group_by: Collection[str], days: Collection[str]
) -> None:
    """Raise CommandError when a metric with daily values only is queried at another grain."""
    refused = sorted(set(metrics) & set(days))
    if refused and not set(group_by) & set(BY_DAY):
        raise CommandError(
            f"{', '.join(refused)}: a value of days alone, group by metric_time__day; for the users"
            " who were active in a week or month, query daily_active_users by metric_time__week"
            " or metric_time__month"
        )


def _names(text: str) -> list[str]:
    return [name.strip().lower() for name in text.split(",") if name.strip()]


@click.command(help=__doc__, context_settings={"ignore_unknown_options": True})
@click.option("--metrics", required=True, help="Names, separated by commas.")
@click.option("--group-by", default="", help="Names, separated by commas.")
@click.argument("others", nargs=-1, type=click.UNPROCESSED)
def main(metrics: str, group_by: str, others: tuple[str, ...]) -> int:
    """Check the grains and run `mf query`; return its exit code."""
    check_grains(_names(metrics), _names(group_by), metrics_of_days(PROJECT))
    command = [str(Path(sys.executable).with_name("mf")), "query", "--quiet"]
    command += ["--metrics", metrics]
    command += ["--group-by", group_by] if group_by else []
    # Read the published file, read-only so that others can read it too; never the build's file.
    places = {"LOGMART_DATABASE": str(settings().published), "LOGMART_ACCESS_MODE": "READ_ONLY"}
    environment = os.environ | places
    return subprocess.run([*command, *others], env=environment, check=False).returncode
