"""One more day reads the days that it touches, as Trino's own statistics of the queries say."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from logmart.sample.command import main as write_sample
from logmart.trino.build import build
from logmart.trino.server import CATALOG, Server, ask, query_info

DAYS = 75
# What is loaded and judged, in the order of the build.
LOADED = ("--select", "+int_judged_events", "+fct_events", "--exclude-resource-type")
LARGE = {
    "restricted.base_app__events": "landed_date",
    "intermediate.int_judged_events": "landed_date",
    "marts.fct_events": "event_date",
    "intermediate.int_sessionized_events": "event_date",
    "intermediate.int_sessions": "date(started_at)",
    "intermediate.int_session_identities": "date(started_at)",
}
# Of these, what is in order within a date.
SORTED = ("restricted.base_app__events", "intermediate.int_judged_events", "marts.fct_events")
# What new lines are merged into, and the column that says which run wrote a row.
MERGED = {
    "restricted.base_app__events": "load_number",
    "intermediate.int_judged_events": "restatement_number",
}
# The query in which new lines are read and compared with loaded ones.
LOADING = '"node_id": "model.logmart.base_app__events"} */ create table'


@dataclass(frozen=True)
class Read:
    """What a query read from tables: rows, and bytes on the disk."""

    sql: str
    rows: int
    size_bytes: int


def reads(server: Server) -> dict[str, Read]:
    """Return what each finished query that the server remembers has read, by its id."""
    found = {}
    for query in query_info(server):
        told = query_info(server, f"query/{query['queryId']}")
        stats = told["queryStats"]
        found[str(query["queryId"])] = Read(
            str(told["query"]),
            int(stats["physicalInputPositions"]),
            int(str(stats["physicalInputDataSize"]).removesuffix("B")),
        )
    return found


def test_one_more_day_reads_the_days_it_touches(server: Server, landing: Path) -> None:
    size = ("--users", "300", "--days", str(DAYS), "--workers", "1")
    assert write_sample(["--out", str(landing.parent), *size]) == 0
    last = max(path.name for path in (landing / "app").iterdir())
    shutil.move(landing / "app" / last, landing.parent / last)
    target_path = landing.parent / "target_trino"

    def build_events() -> None:
        build(
            server,
            landing,
            target_path=target_path,
            variables={"record_sources": {}},
            arguments=[*LOADED, "test", "--exclude-resource-type", "unit_test"],
        )

    build_events()
    for table, day in LARGE.items():
        schema, name = table.split(".")
        ((days,),) = ask(server, f"select count(distinct {day}) from {CATALOG}.{table}")
        parts = ask(server, f'select count(*) from {CATALOG}.{schema}."{name}$partitions"')
        assert parts == [[days]], table
        ((made,),) = ask(server, f"show create table {CATALOG}.{table}")
        assert ("sorted_by = ARRAY['event_name" in made) == (table in SORTED), made
    rows = {table: ask(server, f"select count(*) from {CATALOG}.{table}")[0][0] for table in MERGED}
    before = reads(server)
    shutil.move(landing.parent / last, landing / "app" / last)
    build_events()
    later = {query: read for query, read in reads(server).items() if query not in before}
    loading = [read for read in later.values() if LOADING in read.sql]
    whole = rows["restricted.base_app__events"]
    # Loaded copies of what has landed may be of any day: the ids and numbers of all are read.
    assert sum(read.rows for read in loading) < 5 * whole
    for table, number in MERGED.items():
        schema, name = table.split(".")
        into = f'merge into "{CATALOG}"."{schema}"."{name}" as kept'
        (merge,) = [read for read in later.values() if into in read.sql]
        ((whole, written),) = ask(
            server,
            f"select count(*), count_if({number} = (select max({number}) from {CATALOG}.{table}))"
            f" from {CATALOG}.{table}",
        )
        ((touched,),) = ask(
            server,
            f"select count(*) from {CATALOG}.{table} where landed_date in (select landed_date"
            f" from {CATALOG}.{table} where {number} = (select max({number}) from"
            f" {CATALOG}.{table}))",
        )
        # What is written is read twice, and the days that it touches once, as they were.
        print(f"{table}: {whole} rows, {merge.rows} read, {written} written")
        assert merge.rows == touched - (whole - rows[table]) + 2 * written, table
        assert merge.rows < whole / 10, table
    # What is restated reads its own days, and looks for what that touches in other tables.
    for table in sorted(set(LARGE) - set(MERGED)):
        schema, name = table.split(".")
        ((kept,),) = ask(server, f"select count(*) from {CATALOG}.{table}")
        into = f'merge into "{CATALOG}"."{schema}"."{name}" as kept'
        (merge,) = [read for read in later.values() if into in read.sql]
        of_model = [read.rows for read in later.values() if f'logmart.{name}"}} */' in read.sql]
        print(f"{table}: {kept} rows, {merge.rows} read by the merge, {sum(of_model)} in all")
        assert merge.rows < whole / 2, table
        # What its SQL reads is those days of this and other tables, some of them twice.
        assert sum(of_model) < 1.5 * whole, table
