"""Runs the hand-written script, the files of `script/` in order:
`python -m benchmarks.mart.by_hand --landing FOLDER --database FILE`.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import duckdb

from logmart.errors import CommandError, run_command
from logmart.landed.duckdb_plugin import give_key
from logmart.landed.identifiers import load_id_key
from logmart.settings import PROJECT

SCRIPT = sorted(Path(__file__).with_name("script").glob("*.sql"))


def build(
    landing: Path, database: Path, settings: dict[str, str] | None = None
) -> dict[str, float]:
    """Make the tables in a new database from a landing zone; return the seconds of each statement,
    by its first words.

    `settings` are DuckDB's, such as memory_limit; the environment's key is used for hashes.
    """
    database.unlink(missing_ok=True)
    database.parent.mkdir(parents=True, exist_ok=True)
    places = {"$landing": str(landing), "$seeds": str(PROJECT / "seeds")}
    seconds: dict[str, float] = {}
    with duckdb.connect(str(database)) as connection:
        for name, value in (settings or {}).items():
            connection.execute(f"set {name} = '{value}'")
        give_key(connection, load_id_key(database))
        for file in SCRIPT:
            text = file.read_text(encoding="utf-8")
            for name, place in places.items():
                text = text.replace(name, place.replace("'", "''"))
            for statement in connection.extract_statements(text):
                started = time.monotonic()
                try:
                    connection.execute(statement)
                except duckdb.Error as error:
                    raise CommandError(f"{file}: {_name(statement.query)}: {error}") from error
                seconds[_name(statement.query)] = time.monotonic() - started
        started = time.monotonic()
        connection.execute("checkpoint")
        seconds["checkpoint"] = time.monotonic() - started
    return seconds


def _name(query: str) -> str:
    lines = (line for line in query.strip().splitlines() if line and not line.startswith("--"))
    return next(lines).split(" as")[0].split("(")[0].strip()


def main() -> int:
    """Build, and print the seconds of the slowest statements."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mart.by_hand", description=__doc__)
    parser.add_argument("--landing", type=Path, required=True)
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--seconds", type=Path, help="where to write the seconds of each statement")
    options = parser.parse_args()
    limit = os.environ.get("LOGMART_MEMORY_LIMIT")
    settings = {"memory_limit": limit} if limit else {}
    seconds = build(options.landing, options.database, settings)
    if options.seconds:
        options.seconds.write_text(json.dumps(seconds, indent=2) + "\n", encoding="utf-8")
    for name, taken in sorted(seconds.items(), key=lambda each: -each[1])[:25]:
        print(f"{taken:8.2f}  {name}")
    print(f"{sum(seconds.values()):8.2f}  all")
    return 0


if __name__ == "__main__":
    run_command(main)
