"""Measures `logmart pages write` on many metrics over years, and a chart as SVG and as PNG.

`python -m benchmarks.pages.run` takes the artifacts and the published mart of `make demo`, puts
copies of one metric with generated values in their place, writes the pages, and writes figures.md.
The PNG picture of a chart is the alternative: what a job that mails pictures of a dashboard makes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import vl_convert

from logmart.errors import run_command
from logmart.pages.site import charts, svg
from logmart.pages.site.figures import Figure, Series
from logmart.settings import PROJECT

FIGURES = Path(__file__).parent / "figures.md"
COPIED = "metric.logmart.daily_active_users"
CHARTS = 40
_ROWS = """
create or replace table marts.metrics_daily as
with dates as (
    select cast(unnest(range(date '2026-03-03' - to_days($days), date '2026-03-03',
        interval 1 day)) as date) as metric_date
),
names as (
    select 'metric_' || lpad(cast(n as varchar), 4, '0') as metric, n from range($metrics) as t(n)
),
parts as (
    select 'all' as dimension, 'all' as dimension_value
    union all
    select 'platform', unnest(['android', 'ios', 'web'])
)
select metric, metric_date, dimension, dimension_value,
    cast(hash(n, metric_date, dimension_value) % 100000 as double) as value, value as numerator,
    cast(null as double) as denominator, 'users' as unit, 'neither' as value_additive_over,
    case when metric_date < date '2026-01-30' then 'final' else 'settling' end as date_state,
    cast(1 as double) as arrived_share, metric_date as final_from_date
from dates, names, parts
"""


def main() -> int:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages.run", description=__doc__)
    parser.add_argument("--metrics", type=int, default=500)
    parser.add_argument("--days", type=int, default=1096)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pages-") as parent:
        folder = Path(parent)
        _make(folder, given.metrics, given.days)
        started = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "logmart", "pages", "write", "--out", str(folder / "pages")]
            + ["--target-path", str(folder / "target")],
            check=True,
            env={**os.environ, "LOGMART_PUBLISHED": str(folder / "logmart.duckdb")},
        )
        seconds = time.monotonic() - started
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        pages = [file.stat().st_size for file in (folder / "pages").rglob("*.html")]
        tables = [file.stat().st_size for file in (folder / "pages").rglob("*.csv")]
    text = (
        "Written by `python -m benchmarks.pages.run`.\n\n"
        f"{given.metrics} metrics over {given.days} dates, {os.cpu_count()} cores:"
        f" {len(pages):,} pages in {seconds:.0f} s ({used.ru_utime + used.ru_stime:.0f} s of"
        f" processors), {used.ru_maxrss / 1024:.0f} MiB in the largest process. The largest page"
        f" has {max(pages) / 1024:.0f} KiB, all pages {sum(pages) / 2**20:.0f} MiB, the CSV files"
        f" {sum(tables) / 2**20:.0f} MiB.\n\n"
        f"| {CHARTS} charts of 92 dates | milliseconds a chart | KiB a chart |\n|---|---|---|\n"
        + "".join(_timed(form) for form in ("SVG", "PNG"))
    )
    FIGURES.write_text(text, encoding="utf-8")
    print(text)
    return 0


def _make(folder: Path, metrics: int, days: int) -> None:
    """Write a published mart and artifacts with copies of one metric."""
    shutil.copyfile(PROJECT / "data/logmart.duckdb", folder / "logmart.duckdb")
    with duckdb.connect(str(folder / "logmart.duckdb")) as connection:
        connection.execute(_ROWS, {"metrics": metrics, "days": days})
    (folder / "target").mkdir()
    shutil.copyfile(PROJECT / "target/run_results.json", folder / "target/run_results.json")
    manifest = json.loads((PROJECT / "target/manifest.json").read_bytes())
    metric = manifest["metrics"][COPIED]
    names = [f"metric_{number:04}" for number in range(metrics)]
    manifest["metrics"] = {name: {**metric, "name": name} for name in names}
    for node in manifest["nodes"].values():
        if node["name"] == "metrics_daily":
            node["config"]["meta"].pop("beyond_metricflow", None)
    (folder / "target/manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def _timed(form: str) -> str:
    """Return the row of a form: milliseconds and size of a chart."""
    first = dt.date(2026, 1, 1)
    figures = [
        Figure(first + dt.timedelta(n), 100.0 + n * 37 % 61, None, None, "final", 1.0, first)
        for n in range(92)
    ]
    spec = charts.trend(Series("m", "all", "all", tuple(figures)), "users", 1040, 300)
    assert spec is not None
    size = 0
    started = time.process_time()
    for _ in range(CHARTS):
        drawn = (
            svg.draw(spec, "a chart").encode()
            if form == "SVG"
            else vl_convert.vegalite_to_png(spec, scale=2)
        )
        size += len(drawn)
    milliseconds = (time.process_time() - started) * 1000 / CHARTS
    return f"| {form} | {milliseconds:.0f} | {size / CHARTS / 1024:.0f} |\n"


if __name__ == "__main__":
    run_command(main)
