"""Extracts keep every type and value: what is read back is what was written."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logmart.errors import CommandError
from logmart.operations_script import PYTHON
from logmart.tableau import extracts
from logmart.tableau.extracts import ExtractWriter, extract_writer
from logmart.tableau.types import ExtractType, extract_type

TYPES = {
    "flag": "BOOLEAN",
    "tiny": "TINYINT",
    "small": "SMALLINT",
    "whole": "INTEGER",
    "big": "BIGINT",
    "fraction": "DOUBLE",
    "cents": "DECIMAL(18,2)",
    "exact": "DECIMAL(38,10)",
    "text": "VARCHAR",
    "day": "DATE",
    "moment": "TIMESTAMP",
    "zoned": "TIMESTAMP WITH TIME ZONE",
    "list": "VARCHAR[]",
    "pair": "STRUCT(a BIGINT, b VARCHAR)",
}


def number(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def decimals(digits: int, places: int) -> st.SearchStrategy[Decimal]:
    most = 10**digits - 1
    return st.integers(-most, most).map(lambda whole: Decimal(f"{whole}e-{places}"))


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
MOMENT = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30))
ROW = st.tuples(
    *(
        st.none() | values
        for values in (
            st.booleans(),
            number(8),
            number(16),
            number(32),
            number(64),
            st.floats(),
            decimals(18, 2),
            decimals(38, 10),
            TEXT,
            st.dates(),
            MOMENT,
            MOMENT.map(lambda moment: moment.replace(tzinfo=dt.UTC)),
            st.lists(st.none() | TEXT, max_size=3),
            st.fixed_dictionaries({"a": number(64), "b": TEXT}),
        )
    )
)


def types() -> dict[str, ExtractType]:
    found = {name: extract_type(sql_type) for name, sql_type in TYPES.items()}
    return {name: kind for name, kind in found.items() if kind}


@pytest.fixture(scope="module")
def writer() -> Iterator[ExtractWriter]:
    needs_hyper_api()
    with extract_writer() as writer:
        yield writer


def needs_hyper_api() -> None:
    check = [str(PYTHON), "-c", "import tableauhyperapi"]
    try:
        installed = subprocess.run(check, capture_output=True, check=False).returncode == 0
    except OSError:
        installed = False
    if not installed:
        pytest.skip("Tableau's extracts: operations/.venv has no Hyper API")


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(ROW, min_size=1, max_size=4))
def test_every_value_of_every_type_is_read_back_equal(
    writer: ExtractWriter, tmp_path: Path, rows: list[tuple[Any, ...]]
) -> None:
    with duckdb.connect() as connection:
        columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
        connection.execute(f"set TimeZone = 'UTC'; create table made ({columns})")
        connection.executemany(
            f"insert into made values ({', '.join('?' * len(TYPES))})",
            [list(row) for row in [*rows, rows[0]]],
        )
        extract = tmp_path / "made.hyper"
        assert writer.write(connection, "made", types(), extract) == len(rows) + 1
    assert [path.name for path in tmp_path.iterdir()] == ["made.hyper"]


def test_an_extract_that_differs_from_its_rows_is_told(tmp_path: Path) -> None:
    class Lossy(ExtractWriter):
        def __init__(self) -> None:
            pass

        def _ask(self, **job: object) -> None:
            duckdb.sql(f"copy (select unnest([1, 2]) as big) to '{job['read_back']}'")

    with duckdb.connect() as connection:
        connection.execute("create table made as select unnest([1, 3]) as big")
        big = {"big": types()["whole"]}
        with pytest.raises(CommandError, match="differs from the mart .* in 1 of 2 rows"):
            Lossy().write(connection, "made", big, tmp_path / "made.hyper")


def test_a_column_that_is_read_back_in_another_type_is_told(
    writer: ExtractWriter, tmp_path: Path
) -> None:
    class Widened(ExtractType):
        def expression(self, column: str) -> str:
            return f"cast({column} as double)"

    with duckdb.connect() as connection:
        connection.execute("create table made as select 1::bigint as big")
        widened = {"big": Widened("BIGINT", "integer", 20)}
        with pytest.raises(CommandError, match="big is read back as DOUBLE instead of BIGINT"):
            writer.write(connection, "made", widened, tmp_path / "made.hyper")


def test_an_environment_that_is_not_installed_is_one_line_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(extracts, "PYTHON", tmp_path / "python")
    with pytest.raises(CommandError, match="install it with `make operations/.venv/.locked`"):
        extract_writer().__enter__()


def test_an_environment_without_the_hyper_api_is_one_line_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "script"
    error = "ModuleNotFoundError: No module named 'tableauhyperapi'"
    script.write_text(f'#!/bin/sh\necho "{error}" >&2\nexit 1\n', encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(extracts, "PYTHON", Path("/usr/bin/env"))
    monkeypatch.setattr(extracts, "SCRIPT", script)
    with duckdb.connect() as connection:
        connection.execute("create table made as select 1 as whole")
        whole = {"whole": types()["whole"]}
        with (
            extract_writer() as writer,
            pytest.raises(CommandError, match="has no Hyper API .*make operations"),
        ):
            writer.write(connection, "made", whole, tmp_path / "made.hyper")
