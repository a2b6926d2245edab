"""Targets of metrics are kept by hand: one of an unknown metric stops the build."""

from __future__ import annotations

from pathlib import Path

from mart_runs import Mart, copy_project

TARGETS = "seeds/metric_targets.csv"


def test_a_target_of_an_unknown_metric_stops_dbt(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    with (project / TARGETS).open("a", encoding="utf-8") as seed:
        seed.write("daily_users,2026-01-01,1000\n")
    mart = Mart(tmp_path / "mart", project=project)
    mart.dbt("seed", "--select", "metric_targets")
    told = mart.failures("run", "--select", "metric_targets_monthly")
    assert f"{TARGETS}: daily_users is no metric: name one of docs/metrics.md" in told
