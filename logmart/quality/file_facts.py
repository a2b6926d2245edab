"""What the checks on whole files read: one row a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb


def start_facts(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table file_counts."""
    connection.execute(
        "create or replace table file_counts (landing_file varchar, is_whole boolean,"
        " line_count bigint, unreadable_count bigint, unplanned_count bigint,"
        " rejected_count bigint)"
    )


def add_facts(
    connection: duckdb.DuckDBPyConnection, files: Mapping[str, bool], planned: Collection[str]
) -> None:
    """Count the lines of files, in the tables landed_lines, read_rows and flagged_rows.

    In: `files`, whether each file is whole; `planned`, the names of planned events or entities. A
    line is rejected when it is unreadable, of no planned event, or flagged by an expectation.
    """
    connection.execute(
        """
        insert into file_counts
        with files as (
            select unnest($names::varchar[]) as landing_file, unnest($whole::boolean[]) as is_whole
        ),
        lines as (
            select landing_file, count(*) as line_count from landed_lines group by all
        ),
        judged as (
            select
                landing_file,
                count(*) filter (not is_readable) as unreadable_count,
                count(*) filter (is_readable and not is_planned) as unplanned_count,
                count(*) filter (not is_readable or not is_planned or is_flagged) as rejected_count
            from (
                select
                    landing_file,
                    is_readable,
                    coalesce(list_contains($planned::varchar[], entity), false) as is_planned,
                    "row" in (select "row" from flagged_rows) as is_flagged
                from read_rows
            )
            group by landing_file
        )
        select
            landing_file, is_whole, coalesce(line_count, 0), coalesce(unreadable_count, 0),
            coalesce(unplanned_count, 0), coalesce(rejected_count, 0)
        from files left join lines using (landing_file) left join judged using (landing_file)
        """,
        {"names": list(files), "whole": list(files.values()), "planned": sorted(planned)},
    )


def write_facts(
    connection: duckdb.DuckDBPyConnection,
    history: Mapping[str, int],
    bounds: Mapping[str, float],
    path: Path,
) -> None:
    """Make the table file_facts of file_counts, and write it to a Parquet file.

    In: `history`, the lines of files that earlier runs checked; `bounds`, the variables
    volume_least_count and share_least_count. The volume of a file is compared with files of its
    source whose names begin with the same word, on the same weekday of the four weeks before.
    """
    connection.execute(
        f"""
        create or replace table file_facts as
        with known_files as (
            select landing_file, line_count from file_counts where is_whole
            union all
            select unnest($names::varchar[]), unnest($counts::bigint[])
        ),
        named_files as (
            select
                line_count,
                split_part(landing_file, '/', 1) as source,
                try_cast(split_part(split_part(landing_file, '/', 2), '=', 2) as date) as dated,
                regexp_extract(landing_file, '/([A-Za-z_]*)[^/]*$', 1) as word
            from known_files
        ),
        files as (
            select
                *,
                split_part(landing_file, '/', 1) as source,
                try_cast(split_part(split_part(landing_file, '/', 2), '=', 2) as date) as dated,
                regexp_extract(landing_file, '/([A-Za-z_]*)[^/]*$', 1) as word
            from file_counts
        ),
        volumes as (
            select
                files.landing_file,
                min(before.line_count) as lowest_count,
                max(before.line_count) as highest_count
            from files
            inner join named_files as before
                on
                    files.source = before.source and files.word = before.word
                    and list_contains([7, 14, 21, 28], files.dated - before.dated)
            group by files.landing_file
            having count(distinct before.dated) = 4
            and min(before.line_count) >= {bounds["volume_least_count"]}
        ),
        shares as (
            select landing_file, line_count
            from files where line_count >= {bounds["share_least_count"]}
        )
        select
            row_number() over (order by files.landing_file) - 1 as "row",
            files.landing_file, files.is_whole, files.unreadable_count, files.unplanned_count,
            files.rejected_count,
            case when files.is_whole then files.line_count end as line_count,
            files.line_count / volumes.lowest_count as share_of_lowest,
            files.line_count / volumes.highest_count as multiple_of_highest,
            files.unreadable_count / shares.line_count as unreadable_share,
            files.unplanned_count / shares.line_count as unplanned_share,
            files.rejected_count / shares.line_count as rejected_share
        from files
        left join volumes using (landing_file)
        left join shares using (landing_file)
        """,
        {"names": list(history), "counts": list(history.values())},
    )
    connection.execute(
        'copy (select * exclude (landing_file) from file_facts order by "row")'
        " to '" + str(path).replace("'", "''") + "' (format parquet)"
    )
