"""Validates landed events again after a change of the plan: `logmart plan replay`.

Builds the mart as `make build` does, and reports which events became valid or invalid, by event and
reason. The old verdicts are kept in a file beside the database until a replay has ended. So when a
replay is interrupted or fails, the next one is still compared with the original verdicts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import duckdb

from logmart.errors import CommandError
from logmart.mart.build import build_mart
from logmart.mart.build_options import BuildOptions, build_options
from logmart.mart.preflight import check_build
from logmart.settings import settings

VERDICTS_FILE = "verdicts-before-replay.duckdb"
REPORT_FILE = "replay.json"
_VERDICTS = "build.intermediate.int_judged_events"
_RESTATED = f"""
from verdicts.before as old
inner join {_VERDICTS} as new using (landing_file, line_number)
where old.plan_hash <> new.plan_hash
"""
_CHANGES = f"""
with restated as (
    select
        new.source,
        coalesce(new.event_name, old.event_name, '') as event_name,
        old.outcome as old_outcome,
        new.outcome as new_outcome,
        old.violations as old_violations,
        new.violations as new_violations
    {_RESTATED}
),

reasons as (
    select source, event_name, 'became valid' as change, unnest(old_violations) as reason
    from restated
    where old_outcome = 'rejected' and new_outcome = 'valid'
    union all
    select source, event_name, 'became invalid', unnest(new_violations)
    from restated
    where old_outcome = 'valid' and new_outcome = 'rejected'
    union all
    select source, event_name, 'rejected for this too', unnest(
        list_filter(new_violations, lambda reason: not list_contains(old_violations, reason))
    )
    from restated
    where old_outcome = 'rejected' and new_outcome = 'rejected'
    union all
    select source, event_name, 'rejected for this no more', unnest(
        list_filter(old_violations, lambda reason: not list_contains(new_violations, reason))
    )
    from restated
    where old_outcome = 'rejected' and new_outcome = 'rejected'
)

select change, source, event_name, reason, count(*)
from reasons
group by all
order by all
"""


@dataclass(frozen=True)
class Change:
    """The number of events of one name whose verdict changed in one way, for one reason."""

    change: str
    source: str
    event_name: str
    reason: str
    event_count: int


@dataclass(frozen=True)
class Replay:
    """The result of a replay.

    `restated` counts the events that were validated by another plan entry than before, `valid` and
    `invalid` the events that became so, `loaded` the lines that were loaded only now. `outdated`
    counts the events that keep a verdict by an older entry, because their text is emptied. An event
    with two reasons is counted in two changes.
    """

    restated: int
    valid: int
    invalid: int
    loaded: int
    outdated: int
    changes: tuple[Change, ...]


@click.command(help=__doc__)
@build_options
def main(build: BuildOptions) -> int:
    """Replay and report, or raise CommandError."""
    paths = settings()
    check_build(paths, build.variables)
    database = paths.database
    verdicts = database.with_name(VERDICTS_FILE)
    keep_verdicts(database, verdicts)
    build_mart(build)
    replay = compare(verdicts, database)
    report = build.target_path / REPORT_FILE
    report.write_text(json.dumps(asdict(replay), indent=2, ensure_ascii=False), encoding="utf-8")
    verdicts.unlink()
    print("\n".join(describe(replay)))
    return 0


def keep_verdicts(database: Path, verdicts: Path) -> None:
    """Copy every verdict of the database to a file, unless an earlier replay left the file.

    Raises CommandError when the database holds no verdicts.
    """
    if verdicts.exists():
        print(f"The last replay did not end: comparing with the verdicts before it ({verdicts})")
        return
    if not database.exists():
        raise CommandError(f"{database} is not there, nothing to replay: `make build` judges first")
    part = verdicts.with_suffix(".part")
    part.unlink(missing_ok=True)
    try:
        with duckdb.connect() as connection:
            connection.execute(f"attach '{_escaped(database)}' as build (read_only)")
            connection.execute(f"attach '{_escaped(part)}' as verdicts")
            connection.execute(
                "create table verdicts.before as select landing_file, line_number, event_name,"
                f" outcome, violations, plan_hash from {_VERDICTS}"
            )
            connection.execute("detach verdicts")
    except duckdb.Error as error:
        part.unlink(missing_ok=True)
        raise CommandError(
            f"{database} has no verdicts that can be read ({str(error).splitlines()[0]}): build"
            " with `make build`, which judges everything that landed"
        ) from error
    os.replace(part, verdicts)


def compare(verdicts: Path, database: Path) -> Replay:
    """Return the changes of a build: the kept verdicts compared with those of the database."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{_escaped(database)}' as build (read_only)")
        connection.execute(f"attach '{_escaped(verdicts)}' as verdicts (read_only)")
        counts = connection.execute(
            "select count(*),"
            " count(*) filter (where old.outcome = 'rejected' and new.outcome = 'valid'),"
            " count(*) filter (where old.outcome = 'valid' and new.outcome = 'rejected')"
            f" {_RESTATED}"
        ).fetchone()
        loaded = connection.execute(
            f"select count(*) from {_VERDICTS} as new anti join verdicts.before as old"
            " using (landing_file, line_number)"
        ).fetchone()
        changes = connection.execute(_CHANGES).fetchall()
    assert counts is not None
    assert loaded is not None
    restated, valid, invalid = counts
    made = tuple(Change(*row) for row in changes)
    return Replay(restated, valid, invalid, loaded[0], count_outdated(database), made)


def count_outdated(database: Path) -> int:
    """Return the number of events that cannot be validated again, because their text is emptied."""
    with duckdb.connect(str(database), read_only=True) as connection:
        views = connection.execute(
            "select table_name from information_schema.columns"
            " where table_schema = 'staging' and column_name = 'is_outdated' order by 1"
        ).fetchall()
        counts = [
            connection.execute(f"select count(*) from staging.{view} where is_outdated").fetchone()
            for (view,) in views
        ]
    return sum(row[0] for row in counts if row)


def describe(replay: Replay) -> Iterable[str]:
    """Yield the lines to print."""
    yield f"Replayed: {_events(replay.restated)} judged by another plan entry than before"
    yield f"  became valid    {replay.valid:>9,}"
    yield f"  became invalid  {replay.invalid:>9,}"
    if replay.loaded:
        yield f"  loaded only now {replay.loaded:>9,}  lines that landed after the last build"
    if replay.outdated:
        yield (
            f"  not judged again {replay.outdated:>8,}  their text is older than"
            " raw_text_retention_days; `logmart mart reload` validates those whose files are there"
        )
    before = ""
    for change in replay.changes:
        if change.change != before:
            yield f"{change.change}:"
            before = change.change
        name = f"{change.source}.{change.event_name or '(no event)'}"
        yield f"  {change.event_count:>9,}  {name}  {change.reason}"


def _events(count: int) -> str:
    return f"{count:,} event" + ("" if count == 1 else "s")


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
