"""Asks MetricFlow for metrics, at grains they have:
`python -m scripts.metric_query --metrics NAMES [--group-by NAMES] [options of mf query]`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

from scripts.errors import CommandError, run_command
from scripts.generated_page import entries
from scripts.settings import PROJECT

BY_DAY = ("metric_time", "metric_time__day")


def metrics_of_days(project: Path) -> frozenset[str]:
    """Return the metrics of models/semantic/ that have no value but a day's."""
    return frozenset(
        entry["name"]
        for entry in entries(project, "semantic", "metrics")
        if entry["config"]["meta"].get("coarser_grain") == "none"
    )


def check_grains(asked: Collection[str], group_by: Collection[str], days: Collection[str]) -> None:
    """Raise CommandError when a metric of days alone is asked for anything but days."""
    refused = sorted(set(asked) & set(days))
    if refused and not set(group_by) & set(BY_DAY):
        raise CommandError(
            f"{', '.join(refused)}: a value of days alone, ask by metric_time__day; how many users"
            " were active in a week or month is daily_active_users by metric_time__week or"
            " metric_time__month"
        )


def _names(text: str) -> list[str]:
    return [name.strip().lower() for name in text.split(",") if name.strip()]


def main() -> int:
    """Check the grains and run `mf query`; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.metric_query", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--metrics", required=True, help="names, with commas between")
    parser.add_argument("--group-by", default="", help="names, with commas between")
    options, others = parser.parse_known_args()
    check_grains(_names(options.metrics), _names(options.group_by), metrics_of_days(PROJECT))
    command = [str(Path(sys.executable).with_name("mf")), "query", "--quiet"]
    command += ["--metrics", options.metrics]
    command += ["--group-by", options.group_by] if options.group_by else []
    return subprocess.run([*command, *others], check=False).returncode


if __name__ == "__main__":
    run_command(main)
