"""Measures a log from its file to the first figure: `python -m benchmarks.source.run`.

For each log, on a clone of the last commit: `logmart source add --yes`, then `logmart mart build`
of the source alone. Nothing is written by hand. The real logs are read from LOGMART_REAL_DATA
(../shared/data); the other exports are made in their documented shapes. `--rows N` lands a CSV file
and a JSON file of the same N events instead, and measures how they load. Prints tables in Markdown.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("LOGMART_REAL_DATA", "../shared/data"))
_COUNTS = """
select sum(line_count), sum(valid_count), sum(rejected_count), sum(duplicate_count),
    (select count(distinct user_id) from marts.fct_events)
from marts.fct_landed_files where entity = 'events'
"""
_CSV = """
copy (
    select
        'e' || n as event_id, ['page_view', 'add-to-cart', 'Order Completed'][1 + n % 3] as event,
        'u' || (n % 50000) as user_id, 'd' || (n % 70000) as device_id,
        strftime(timestamp '2026-03-01' + to_milliseconds(n * 200), '%Y-%m-%dT%H:%M:%SZ') as ts,
        n % 1000 as amount, 'https://example.com/p/' || (n % 333) as url, 'Seoul, KR' as city
    from range({rows}) as numbers(n)
) to '{path}' (header)
"""


@dataclass(frozen=True)
class Log:
    """A log to add: the name of its source, its file, and the options of the command."""

    name: str
    title: str
    file: Path
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Used:
    """The seconds of a command: by the clock, and of the processors."""

    clock: float
    processors: float


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", default="", help="names of the logs, separated by commas")
    parser.add_argument("--rows", type=int, default=0, help="compare CSV and JSON of so many rows")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.rows:
            compare_formats(folder, options.rows)
            return
        chosen = options.logs.split(",") if options.logs else []
        print("| log | lines | valid | rejected | users | add, s | build, s | CPU, s |")
        print("|---|---|---|---|---|---|---|---|")
        for log in logs(folder):
            if not chosen or log.name in chosen:
                print(row(folder, log), flush=True)


def logs(folder: Path) -> list[Log]:
    """Return the logs; those that are made are written into the folder."""
    sys.path.append(str(PROJECT / "tests/python/mart"))
    from made_exports import (  # noqa: PLC0415
        amplitude_rows,
        ga4_rows,
        json_lines,
        segment_rows,
        table,
        tracks_rows,
    )

    made = {
        "ga4.json": json_lines(ga4_rows(1_000)),
        "segment.json": json_lines(segment_rows(1_000)),
        "tracks.csv": table(tracks_rows(1_000)),
        "amplitude.json": json_lines(amplitude_rows(1_000)),
    }
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    exports = REAL / "exports"
    wikipedia = REAL / "wikipedia_edits/wikiticker-2015-09-12-sampled.json.gz"
    return [
        Log("wiki", "Wikipedia's edits (JSON)", wikipedia, ("--time-zone", "UTC")),
        Log("weblog", "access log", REAL / "apache_access/apache_logs.gz"),
        Log("mixpanel", "Mixpanel's export (CSV)", exports / "mixpanel_event.csv"),
        Log("amplitude_csv", "Amplitude's export (CSV)", exports / "amplitude_event_data.csv"),
        Log("pages", "Segment's table of pages (CSV)", exports / "segment_pages.csv"),
        Log("ga4", "GA4 (JSON), made", folder / "ga4.json"),
        Log("segment", "Segment's calls (JSON), made", folder / "segment.json"),
        Log("tracks", "Segment's table of tracks (CSV), made", folder / "tracks.csv"),
        Log("amplitude", "Amplitude's export (JSON), made", folder / "amplitude.json"),
    ]


def row(folder: Path, log: Log) -> str:
    """Add and build a log; return its row of the table."""
    clone = cloned(folder / f"clone_{log.name}")
    add = ["source", "add", log.name, "--from", str(log.file.resolve()), "--yes", *log.options]
    added = run(clone, *add)
    built = run(clone, "mart", "build", "--sources", log.name)
    with duckdb.connect(str(clone / "data/logmart.duckdb"), read_only=True) as connection:
        (counts,) = connection.execute(_COUNTS).fetchall()
    lines, valid, rejected, _, users = (f"{count:,}" for count in counts)
    spent = added.processors + built.processors
    return (
        f"| {log.title} | {lines} | {valid} | {rejected} | {users} | {added.clock:.0f}"
        f" | {built.clock:.0f} | {spent:.0f} |"
    )


def compare_formats(folder: Path, rows: int) -> None:
    """Print the seconds that a CSV file and a JSON file of the same events take to load."""
    table, lines = folder / "events.csv", folder / "events.jsonl"
    with duckdb.connect() as connection:
        connection.execute(_CSV.format(rows=rows, path=table))
        connection.execute(
            f"copy (select * from read_csv('{table}', all_varchar = true)) to '{lines}'"
            " (format json)"
        )
    print(f"| {rows:,} rows | build of the base, s | CPU, s |\n|---|---|---|")
    for name, file in (("as_json", lines), ("as_csv", table)):
        clone = cloned(folder / f"clone_{name}")
        run(clone, "source", "add", name, "--from", str(file), "--yes")
        built = run_dbt(clone, name)
        print(f"| {file.suffix[1:]} | {built.clock:.0f} | {built.processors:.0f} |", flush=True)


def cloned(clone: Path) -> Path:
    """Return a clone of the last commit, with this project's environment."""
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
    (clone / ".venv").symlink_to(PROJECT / ".venv")
    return clone


def run(clone: Path, *words: str) -> Used:
    """Run a logmart command in a clone. Raises CalledProcessError."""
    return timed(clone, [".venv/bin/python", "-m", "logmart", *words])


def run_dbt(clone: Path, source: str) -> Used:
    """Build a source's ledger and base with dbt. Raises CalledProcessError."""
    variables = f"{{sources: [{source}]}}"
    select = ["--select", f"+base_{source}__events", "--vars", variables]
    return timed(clone, [".venv/bin/dbt", "build", *select, "--profiles-dir", "profiles"])


def timed(clone: Path, command: list[str]) -> Used:
    """Run a command in a clone. Raises CalledProcessError."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, cwd=clone, check=True, capture_output=True)
    clock, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Used(clock, spent)


if __name__ == "__main__":
    main()
