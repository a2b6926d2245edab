"""Writes the pages of the metrics from the published mart: `logmart pages write`.

Each page is one file that makes no request: it opens from disk, from any web server, or as an
attachment. The first is index.html. Beside them lies a CSV file for each metric.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import duckdb

from logmart.dbt.artifacts import read_artifacts
from logmart.dbt.manifest import read_json
from logmart.errors import CommandError
from logmart.mart.stale_stamp import read_stamp, with_banner
from logmart.options import TARGET_PATH
from logmart.pages.site import fonts
from logmart.pages.site.definitions import Metric, read_metrics, scorecards
from logmart.pages.site.inputs import read_site
from logmart.pages.site.render import FONT_MARK, Site, file_name, metric_page, scorecard_page
from logmart.pages.site.sections import read_sections
from logmart.settings import PAGES_VARIABLE, project_variables, settings

_CSV = """
copy (
    select * from marts.metrics_daily where metric = {metric}
    order by metric_date, dimension, dimension_value
) to {file} (header, delimiter ',')
"""
# What a page says of its maker; a folder of other files is not replaced.
_GENERATOR = '<meta name="generator" content="logmart">'
# Starting a second process costs as much as drawing the pages of this many metrics.
_FEW = 10


@click.command("write", help=__doc__)
@TARGET_PATH
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data/pages"),
    envvar=PAGES_VARIABLE,
    show_default=True,
    help="Folder of the pages; it is replaced.",
)
@click.option(
    "--days",
    type=click.IntRange(14, 1100),
    default=92,
    show_default=True,
    help="How many dates a page shows; the CSV files have all.",
)
def main(target_path: Path, out: Path, days: int) -> int:
    """Write the pages; say which to open."""
    published = settings().published
    manifest = read_json(target_path / "manifest.json")
    variables = project_variables() | read_artifacts(target_path).variables
    metrics = read_metrics(manifest)
    cards = scorecards(metrics, manifest)
    check_is_ours(out)
    part = out.with_name(f"{out.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        (part / "metrics").mkdir(parents=True)
        (part / "figures").mkdir()
        with duckdb.connect(str(published), read_only=True) as connection:
            site = read_site(connection, manifest, cards, variables["business_time_zone"], days)
            sections = {card.name: read_sections(connection, card.name) for card in cards}
            for metric in metrics:
                file = part / "figures" / f"{metric.name}.csv"
                connection.execute(_CSV.format(metric=_text(metric.name), file=_text(str(file))))
        pages = {file_name(card): scorecard_page(site, card, sections[card.name]) for card in cards}
        pages |= metric_pages(site, metrics)
        font = fonts.font_subset("".join(pages.values()))
        stamp = read_stamp(published)
        for name, text in pages.items():
            page = text.replace(FONT_MARK, font)
            shown = with_banner(page, stamp) if stamp else page
            (part / name).write_text(shown, encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        part.rename(out)
    except duckdb.Error as error:
        raise CommandError(f"{published}: {error}: publish the marts with `make build`") from error
    except OSError as error:
        raise CommandError(f"the pages cannot be written to {out}: {error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    largest = max((out / name).stat().st_size for name in pages)
    dated = f", complete up to {site.data_date}" if site.data_date else ""
    print(
        f"{len(pages)} pages written to {out}{dated}, the largest {largest / 1024:.0f} KiB: open"
        f" {out / 'index.html'}"
    )
    return 0


def metric_pages(site: Site, metrics: Sequence[Metric]) -> dict[str, str]:
    """Return the page of each metric by file name, drawn by a process a core."""
    names = [f"metrics/{metric.name}.html" for metric in metrics]
    processes = min(os.cpu_count() or 1, 1 + len(metrics) // _FEW)
    sites = (site.of_metric(metric) for metric in metrics)
    if processes == 1:
        return dict(zip(names, map(metric_page, sites, metrics), strict=True))
    # A process that is forked would share the renderer's threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context) as pool:
        pages = pool.map(metric_page, sites, metrics, chunksize=4)
        return dict(zip(names, pages, strict=True))


def check_is_ours(out: Path) -> None:
    """Raise CommandError where a folder holds a file that no run of this command wrote."""
    files = [path for path in out.rglob("*") if path.is_file()] if out.exists() else []
    for path in sorted(files):
        is_page = path.suffix == ".html" and path.parent in (out, out / "metrics")
        is_csv = path.suffix == ".csv" and path.parent == out / "figures"
        if not is_csv and not (is_page and _GENERATOR in path.read_text("utf-8", "replace")):
            raise CommandError(
                f"{out} holds {path.relative_to(out)}, which this command did not write: move it,"
                " or name another folder with --out"
            )


def _text(value: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"
