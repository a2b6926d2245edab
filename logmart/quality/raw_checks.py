"""Checks landed files that are not loaded yet: stage `raw`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from logmart.dbt.base_events import read_events
from logmart.dbt.project_macros import ProjectMacros
from logmart.landed.source_options import SourceOptions, source_options
from logmart.landed.whole_files import is_whole
from logmart.policies.results import CheckResult
from logmart.quality import file_facts
from logmart.quality.batches import (
    read_lines,
    read_records,
    time_text,
    write_batch,
)
from logmart.quality.suites import (
    Expectation,
    Suite,
    file_suite,
    time_values,
    with_bounds_as_texts,
)
from logmart.quality.witness import Verdict, Witness
from logmart.sql_text import sql_text

# How many places of a check a page lists.
MOST_PLACES = 20


@dataclass(frozen=True)
class FileGroup:
    """New files of a source whose lines are read alike: events, or the records of one entity.

    `suites` are those of the planned events, or of the entity; none where no entity is known.
    """

    source: str
    entity: str
    files: Mapping[str, Path]
    suites: Sequence[Suite]


@dataclass(frozen=True)
class Workplace:
    """What the checks of a run work with."""

    connection: duckdb.DuckDBPyConnection
    witness: Witness
    macros: ProjectMacros
    project: Path
    folder: Path
    variables: Mapping[str, Any]
    marks: Sequence[str] = ()


@dataclass
class Checked:
    """The results of a source. For its pages: what each check expects, and the first places that it
    flagged.
    """

    results: list[CheckResult] = field(default_factory=list)
    rules: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)
    expectation_count: int = 0


def check_source(
    work: Workplace, source: str, groups: Sequence[FileGroup], history: Mapping[str, int]
) -> Checked:
    """Check the new files of a source, in groups. Raises CommandError.

    In: `history`, the number of lines of files that earlier runs checked.
    """
    checked = Checked()
    file_facts.start_facts(work.connection)
    for group in groups:
        _check_group(work, group, checked)
    _check_files(work, source, history, checked)
    return checked


def _check_group(work: Workplace, group: FileGroup, checked: Checked) -> None:
    connection = work.connection
    whole = {name: is_whole(path) for name, path in group.files.items()}
    readable = [(name, path) for name, path in group.files.items() if whole[name]]
    options = source_options(work.project).get(group.source, SourceOptions())
    read_lines(connection, readable, work.marks, options.table_form())
    if group.entity == "events":
        read_events(connection, work.macros, work.project, group.source)
    else:
        read_records(connection, group.entity)
    connection.execute('create or replace table flagged_rows (check_name varchar, "row" bigint)')
    texts = {
        (column, value): time_text(connection, data_type, value)
        for column, data_type, value in time_values(group.suites)
    }
    for suite in group.suites:
        written = with_bounds_as_texts(suite, texts)
        batch, keys = work.folder / "batch.parquet", work.folder / "keys.parquet"
        if write_batch(connection, suite, batch):
            verdicts = work.witness.validate(batch, written.expectations, keys)
            _keep_flagged(connection, suite.expectations, keys)
            checked.results += _of_model(connection, suite, verdicts)
            checked.expectation_count += len(verdicts)
            for each in suite.expectations:
                checked.rules.setdefault(each.check, []).append(each.sentence())
    checked.results += _of_files(connection, group)
    connection.execute(
        "insert into flagged_lines select check_name, landing_file, line_number"
        ' from flagged_rows inner join read_rows using ("row")'
    )
    checked.places.update(_places(connection, group))
    file_facts.add_facts(connection, whole, [suite.entity for suite in group.suites])


def _keep_flagged(
    connection: duckdb.DuckDBPyConnection, expectations: Sequence[Expectation], keys: Path
) -> None:
    connection.execute(
        'insert into flagged_rows select distinct $names[position + 1], "row"'
        f" from read_parquet({sql_text(keys)})",
        {"names": [each.check for each in expectations]},
    )


def _of_model(
    connection: duckdb.DuckDBPyConnection, suite: Suite, verdicts: Sequence[Verdict]
) -> Iterator[CheckResult]:
    """Yield one result a check. A check of several expectations raised when one of them did."""
    counts = dict(
        connection.execute("select check_name, count(*) from flagged_rows group by 1").fetchall()
    )
    by_check: dict[str, list[Verdict]] = {}
    for expectation, verdict in zip(suite.expectations, verdicts, strict=True):
        by_check.setdefault(expectation.check, []).append(verdict)
    for check, found in by_check.items():
        raised = next((each.raised for each in found if each.outcome == "error"), "")
        failed = any(each.outcome == "failed" for each in found)
        yield CheckResult(
            source=suite.source,
            check_name=check,
            subject_kind="model",
            subject=suite.model,
            status="error" if raised else "failed" if failed else "passed",
            failure_count=counts.get(check, 0),
            checked_count=max(each.checked_count for each in found),
            owner=suite.owner,
            message=f"raised {raised}" if raised else "",
        )


def _of_files(connection: duckdb.DuckDBPyConnection, group: FileGroup) -> Iterator[CheckResult]:
    """Yield one result a file and check that flagged lines of it."""
    owners = {suite.entity: suite.owner for suite in group.suites}
    rows = connection.execute(
        """
        with counted as (
            select landing_file, entity, count(*) as checked_count
            from read_rows where is_readable group by all
        ),
        flagged as (
            select landing_file, entity, check_name, count(*) as failure_count
            from flagged_rows inner join read_rows using ("row") group by all
        )
        select landing_file, entity, check_name, failure_count, checked_count
        from flagged inner join counted using (landing_file, entity)
        order by all
        """
    ).fetchall()
    for landing_file, entity, check, failures, checked in rows:
        yield CheckResult(
            group.source,
            check,
            "file",
            landing_file,
            "failed",
            failures,
            checked,
            owner=owners.get(entity, ""),
        )


def _places(connection: duckdb.DuckDBPyConnection, group: FileGroup) -> dict[str, list[str]]:
    """Return the first places in a group's files of each check, `<file>:<line>`."""
    rows = connection.execute(
        "select check_name, list(landing_file || ':' || line_number"
        f" order by landing_file, line_number)[:{MOST_PLACES}] from flagged_lines"
        " where list_contains($files::varchar[], landing_file) group by check_name",
        {"files": list(group.files)},
    ).fetchall()
    return dict(rows)


def _check_files(
    work: Workplace, source: str, history: Mapping[str, int], checked: Checked
) -> None:
    connection = work.connection
    batch, keys = work.folder / "files.parquet", work.folder / "file_keys.parquet"
    file_facts.write_facts(connection, history, work.variables, batch)
    suite = file_suite(source, work.variables)
    verdicts = work.witness.validate(batch, suite.expectations, keys)
    checked.expectation_count += len(verdicts)
    connection.execute('create or replace table flagged_rows (check_name varchar, "row" bigint)')
    _keep_flagged(connection, suite.expectations, keys)
    checked.results += _of_facts(connection, source)
    for expectation, verdict in zip(suite.expectations, verdicts, strict=True):
        if verdict.raised:
            checked.results.append(
                CheckResult(
                    source,
                    f"{expectation.check}.{expectation.column}",
                    "source",
                    source,
                    "error",
                    0,
                    0,
                    message=f"raised {verdict.raised}",
                )
            )


def _of_facts(connection: duckdb.DuckDBPyConnection, source: str) -> Iterator[CheckResult]:
    """Yield the results of each file: of `truncated` and `volume` always, else where there are
    lines of the kind.
    """
    rows = connection.execute(
        """
        with results as (
            select
                landing_file, "row",
                unnest([
                    {'name': 'truncated:files', 'failures': 1 - is_whole::int, 'checked': 1},
                    {'name': 'volume:files', 'failures': null, 'checked': line_count},
                    {
                        'name': 'unreadable_line:files', 'failures': unreadable_count,
                        'checked': line_count
                    },
                    {
                        'name': 'unplanned_event:files', 'failures': unplanned_count,
                        'checked': line_count
                    },
                    {
                        'name': 'rejected_line:files', 'failures': rejected_count,
                        'checked': line_count
                    }
                ]) as result
            from file_facts
        )
        select landing_file, result.name, result.failures, result.checked,
            (result.name, "row") in (select (check_name, "row") from flagged_rows) as is_flagged
        from results
        where
            result.name in ('truncated:files', 'volume:files')
            or result.failures > 0
        order by all
        """
    ).fetchall()
    for landing_file, check, failures, count, is_flagged in rows:
        if check == "volume:files" and count is None:
            continue
        known = int(is_flagged) if failures is None else failures
        status = "failed" if is_flagged or (known and check != "volume:files") else "passed"
        yield CheckResult(source, check, "file", landing_file, status, known, count)
