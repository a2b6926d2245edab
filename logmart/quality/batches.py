"""Reads landed files into DuckDB, and types them for Great Expectations.

Great Expectations judges values in pandas. There a text in a column of numbers makes an expectation
raise, so it would be blind on exactly the rows that it is to find. So DuckDB types each property
first: `<column>__json` is the JSON type of the landed value, and `<column>` the value in the
planned type, null where there is none.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from logmart.landed.identifiers import MARK, ErasedId, erased_line
from logmart.landed.private_files import make_private_folder
from logmart.landed.table_functions import register_table_functions
from logmart.landed.text_files import read_text_lines
from logmart.plan.grammar import PlannedProperty
from logmart.plan.key_types import by_platform, version_rank
from logmart.quality.suites import JSON_TYPES, TIMES, Suite
from logmart.sql_text import sql_text

_BATCHES = "checked-"
_SECONDS_OF_A_DAY = 86_400
_OFFSET = r"(Z|[+-](0\d|1[0-3])(:?[0-5]\d)?|[+-]14(:?00)?)"
_MOMENT = rf"\d{{4}}-\d{{2}}-\d{{2}}[T ]\d{{2}}:\d{{2}}(:\d{{2}}(\.\d{{1,9}})?)?{_OFFSET}"
_DATE = r"\d{4}-\d{2}-\d{2}"
_VERSION = "[0-9]{1,8}([.][0-9]{1,8}){0,3}"


@contextmanager
def batch_folder(build_folder: Path) -> Iterator[Path]:
    """Make a private folder beside the build database for batches, which hold landed values, and
    remove it; remove those that killed runs left more than a day ago.
    """
    make_private_folder(build_folder)
    for left in build_folder.glob(f"{_BATCHES}*"):
        if time.time() - left.stat().st_mtime > _SECONDS_OF_A_DAY:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_BATCHES, dir=build_folder) as name:
        yield Path(name)


def open_workplace(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection to a database in memory, which spills into a folder.

    Its table flagged_lines takes the lines that the checks of a run flag.
    """
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set temp_directory = {sql_text(folder)}")
    connection.create_function(
        "landing_file_lines", lambda path: read_text_lines(Path(path)), ["varchar"], "varchar[]"
    )
    register_table_functions(connection)
    connection.execute(
        "create table flagged_lines (check_name varchar, landing_file varchar, line_number bigint)"
    )
    return connection


def read_lines(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[str, Path]],
    marks: Sequence[str],
    form: str = "",
) -> None:
    """Make the table landed_lines of whole files: landing_file, line_number, line.

    In: `files`, each with its name below the landing zone; `marks` of erased lines, which are left
    out, because erased text is no violation; `form` of files with columns, whose rows are read as
    JSON objects (logmart/landed/table_functions.py).
    """
    connection.execute(
        "create or replace table landed_lines"
        " (landing_file varchar, line_number bigint, line varchar)"
    )
    texts = [(name, str(path)) for name, path in files if path.suffix != ".parquet"]
    rows = (
        f"unnest(landing_table_rows(path, {sql_text(form)}), recursive := true)"
        if form
        else "generate_subscripts(lines, 1), unnest(lines)"
    )
    lines = "null" if form else "landing_file_lines(path)"
    connection.execute(
        f"insert into landed_lines select name, {rows} from (select name, path, {lines} as lines"
        " from (select unnest($names::varchar[]) as name, unnest($paths::varchar[]) as path))",
        {"names": [name for name, _ in texts], "paths": [path for _, path in texts]},
    )
    for name, path in files:
        if path.suffix == ".parquet":
            line = "json_merge_patch('{}', to_json(rows))" if form else "coalesce(line, '')"
            connection.execute(
                f"insert into landed_lines select $name, file_row_number + 1, {line}"
                " from read_parquet($path, hive_partitioning = false) as rows"
                # A name with a star is a pattern, too.
                " where filename = $path",
                {"name": name, "path": str(path)},
            )
    connection.execute(
        "delete from landed_lines where list_contains($marked, line)",
        {"marked": [erased_line(mark) for mark in marks]},
    )


def marks_of(erased: Sequence[ErasedId]) -> list[str]:
    """Return the marks of erased lines in the list of erased ids."""
    return [item.hash for item in erased if item.kind == MARK]


def read_records(connection: duckdb.DuckDBPyConnection, entity: str) -> None:
    """Make the table read_rows of landed_lines that hold one record each."""
    connection.execute(
        """
        create or replace table read_rows as
        select
            row_number() over () - 1 as "row", landing_file, line_number,
            starts_with(ltrim(line), '{') and json_valid(line) as is_readable,
            $entity as entity, null::varchar as platform, null::varchar as app_version,
            case when is_readable then line end as properties
        from landed_lines
        """,
        {"entity": entity},
    )


def write_batch(connection: duckdb.DuckDBPyConnection, suite: Suite, path: Path) -> int:
    """Write the typed rows of a suite's event or entity to a Parquet file; return their number."""
    columns = ['"row"', *(one for each in suite.properties for one in _columns(each))]
    connection.execute(
        f"""
        copy (
            select {", ".join(columns)} from read_rows
            where entity = {sql_text(suite.entity)} and is_readable order by "row"
        ) to {sql_text(path)} (format parquet)
        """
    )
    row = connection.execute(f"select count(*) from {sql_text(path)}").fetchone()
    return int(row[0]) if row else 0


def time_text(connection: duckdb.DuckDBPyConnection, data_type: str, value: Any) -> str:
    """Return a bound of a time as the batch writes its values."""
    row = connection.execute(
        f"select {_time_form(data_type, f'cast($value as {data_type})')}", {"value": str(value)}
    ).fetchone()
    return str(row[0]) if row else ""


def _columns(each: PlannedProperty) -> list[str]:
    value = f"""json_extract(properties, '$."{each.name.replace("'", "''")}"')"""
    json_type = f"nullif(json_type({value}), 'NULL')"
    types = ", ".join(map(sql_text, JSON_TYPES[each.data_type]))
    typed = f"case when {json_type} in ({types}) then {_typed(each.data_type, value)} end"
    found = [f'{json_type} as "{each.column}__json"', f'{typed} as "{each.column}"']
    if each.required and (each.since or each.until):
        found.append(f'{_exempt(each)} as "{each.column}__exempt"')
    return found


def _typed(data_type: str, value: str) -> str:
    text = f"json_extract_string({value}, '$')"
    if data_type == "timestamp":
        moment = f"try_cast({text} as timestamptz) at time zone 'UTC'"
        form = _time_form(data_type, moment)
        return f"case when regexp_full_match({text}, '{_MOMENT}') then {form} end"
    if data_type == "date":
        form = _time_form(data_type, f"try_cast({text} as date)")
        return f"case when regexp_full_match({text}, '{_DATE}') then {form} end"
    if data_type == "double":
        number = f"try_cast({text} as double)"
        return f"case when isfinite({number}) then {number} end"
    return text if data_type == "varchar" else f"try_cast({text} as {data_type})"


def _time_form(data_type: str, value: str) -> str:
    form = "%Y-%m-%d" if data_type == TIMES[1] else "%Y-%m-%dT%H:%M:%S.%f"
    return f"strftime({value}, '{form}')"


def _exempt(each: PlannedProperty) -> str:
    """Return the condition under which an app version may lack a property."""
    rank = (
        f"case when regexp_full_match(app_version, '{_VERSION}') then list_resize("
        "list_transform(string_split(app_version, '.'), lambda part: cast(part as bigint)), 4, 0)"
        " end"
    )
    conditions = []
    for operator, versions in (("<", each.since), (">", each.until)):
        for platform, version in by_platform(versions):
            ranked = f"{rank} {operator} {list(version_rank(version))}"
            on = f"platform = {sql_text(platform)} and " if platform else ""
            conditions.append(f"({on}{ranked})")
    return f"coalesce({' or '.join(conditions)}, false)"
