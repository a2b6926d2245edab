"""A metric is asked at the grains that it has."""

from __future__ import annotations

import subprocess
import sys

import pytest

from logmart.errors import CommandError
from logmart.mart.metric_query import check_grains, metrics_of_days
from logmart.settings import PROJECT

DAYS = {"stickiness", "weekly_active_users"}


@pytest.mark.parametrize(
    "group_by",
    [
        [],
        ["metric_time__week"],
        ["metric_time__month", "user_day__platform"],
        ["user_day__activity_date__month"],
        ["metric_time__extract_month"],
    ],
)
def test_a_metric_of_days_is_refused_at_another_grain(group_by: list[str]) -> None:
    with pytest.raises(CommandError, match="^stickiness: .* metric_time__day"):
        check_grains(["events", "stickiness"], group_by, DAYS)
    check_grains(["events"], group_by, DAYS)


@pytest.mark.parametrize("name", ["metric_time", "metric_time__day"])
def test_a_metric_of_days_is_asked_by_day(name: str) -> None:
    check_grains(["stickiness"], [name, "user_day__platform"], DAYS)


def test_the_command_refuses_in_one_line_before_it_asks() -> None:
    assert metrics_of_days(PROJECT) >= DAYS
    done = subprocess.run(
        [sys.executable, "-m", "logmart", "mart", "query"]
        + ["--metrics", "events,Weekly_Active_Users", "--group-by", "metric_time__week"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    told = [line for line in done.stderr.splitlines() if line.startswith("logmart:")]
    assert len(told) == 1
    assert "weekly_active_users: a value of days alone" in told[0]
