"""Both sides give a value the same text, and different values different texts, for each type."""

from __future__ import annotations

import contextlib
import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from operations.migration.chunks import Range
from operations.migration.mapping import Column, Table
from operations.migration.sources.postgresql import PostgresqlSource
from operations.migration.targets.base import CopyDiffersError
from operations.migration.targets.duckdb import DuckdbTarget
from operations.tests.migration.bank import Bank

_EVERYTHING = Range(None, None)
# PostgreSQL's text has every character but the null character.
_TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    | st.sampled_from("가힣ㄱ김,:~'\"\\{}[] \t\n\x01\x7f\u200b"),
    max_size=12,
)
_HOSTILE = st.sampled_from(
    ["", " ", "~", "1:a", "a,1:b", "a ", "NULL", "{}", "\\", "''", "한글", "한글"]
)
_DATES = st.dates(date(1, 1, 1), date(9999, 12, 31)).map(str) | st.sampled_from(
    ["infinity", "-infinity", "0044-03-15 BC", "4713-01-01 BC", "5874897-12-31", "12345-01-02"]
)
_MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(str) | st.sampled_from(
    [
        *("infinity", "-infinity", "0044-03-15 01:02:03.5 BC", "0001-01-01 00:00:00"),
        *("290000-01-01 00:00:00", "1969-12-31 23:59:59.999999", "4713-01-01 00:00:00 BC"),
    ]
)
_DOUBLES = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.sampled_from(
    ["NaN", "Infinity", "-Infinity", "0", "-0", "5e-324", "0.1", "1e22"]
)
_REALS = st.floats(width=32, allow_nan=False, allow_infinity=False).map(repr) | st.sampled_from(
    ["NaN", "Infinity", "-Infinity", "0", "-0", "1e-45", "0.1"]
)


def _whole(bits: int) -> SearchStrategy[str]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1).map(str)


def _decimals(digits: int, scale: int) -> SearchStrategy[str]:
    most = 10**digits - 1
    return st.integers(-most, most).map(lambda number: f"{Decimal(f'{number}e-{scale}'):f}")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _array(elements: SearchStrategy[str]) -> SearchStrategy[str]:
    def literal(items: list[str | None]) -> str:
        quoted = (
            "NULL" if item is None else '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'
            for item in items
        )
        return "{" + ",".join(quoted) + "}"

    return st.lists(st.none() | elements, max_size=4).map(literal)


_BYTES = st.binary(max_size=9).map(lambda value: "\\x" + value.hex())
# The type at the source, that of the copy, and texts of values that PostgreSQL reads.
TYPES: list[tuple[str, str, SearchStrategy[str]]] = [
    ("smallint", "smallint", _whole(16)),
    ("integer", "integer", _whole(32)),
    ("integer", "bigint", _whole(32)),
    ("bigint", "bigint", _whole(64)),
    ("bigint", "decimal(20,1)", _whole(60)),
    ("boolean", "boolean", st.sampled_from(["true", "false"])),
    ("numeric(18,2)", "decimal(18,2)", _decimals(18, 2)),
    ("numeric(38,10)", "decimal(38,10)", _decimals(38, 10)),
    ("numeric(4,4)", "decimal(4,4)", _decimals(4, 4)),
    ("numeric", "decimal(30,6)", _decimals(24, 6) | _decimals(9, 2)),
    ("numeric", "varchar", _decimals(60, 30) | st.sampled_from(["NaN", "Infinity"])),
    ("numeric(20,0)", "hugeint", _decimals(20, 0)),
    ("real", "real", _REALS),
    ("double precision", "double", _DOUBLES),
    ("text", "varchar", _TEXT | _HOSTILE),
    ("varchar(20)", "varchar", _TEXT | _HOSTILE),
    ("char(12)", "varchar", _TEXT | _HOSTILE),
    ("bytea", "blob", _BYTES),
    ("date", "date", _DATES),
    ("time", "time", st.times().map(str) | st.just("24:00:00")),
    ("timestamp", "timestamp", _MOMENTS),
    ("timestamptz", "timestamptz", _MOMENTS),
    ("timestamptz(3)", "timestamptz", _MOMENTS),
    ("timetz", "varchar", st.times().map(lambda value: f"{value}+09")),
    ("interval", "varchar", st.timedeltas(-timedelta(9999), timedelta(9999)).map(str)),
    ("uuid", "uuid", st.uuids().map(str)),
    ("json", "json", _JSON.map(_json).filter(lambda text: "\\u0000" not in text)),
    ("jsonb", "json", _JSON.map(_json).filter(lambda text: "\\u0000" not in text)),
    ("jsonb", "varchar", _JSON.map(_json).filter(lambda text: "\\u0000" not in text)),
    ("inet", "varchar", st.ip_addresses().map(str)),
    ("integer[]", "integer[]", _array(_whole(32))),
    ("text[]", "varchar[]", _array(_TEXT | _HOSTILE)),
    ("numeric(18,2)[]", "decimal(18,2)[]", _array(_decimals(18, 2))),
    ("boolean[]", "boolean[]", _array(st.sampled_from(["true", "false"]))),
    ("uuid[]", "uuid[]", _array(st.uuids().map(str))),
    ("date[]", "date[]", _array(_DATES)),
    ("timestamp[]", "timestamp[]", _array(_MOMENTS)),
    ("timestamptz[]", "timestamptz[]", _array(_MOMENTS)),
    ("double precision[]", "varchar", _array(_DOUBLES)),
]


class _Pair:
    """A table with a column of each type, at both sides."""

    def __init__(self, bank: Bank) -> None:
        columns = [f"v{number}" for number in range(len(TYPES))]
        mapped = (Column(name, target) for name, (_, target, _) in zip(columns, TYPES, strict=True))
        self.table = Table("values", "values", ("k",), (Column("k", "integer"), *mapped))
        shown = ", ".join(
            f"{name} {source}" for name, (source, _, _) in zip(columns, TYPES, strict=True)
        )
        bank.execute(f'create table "values" (k integer primary key, {shown})')
        self._bank = bank
        self._source = PostgresqlSource(bank.server.url(), "OLD_BANK", bank.schema, 60)
        self._target = DuckdbTarget(bank.path, writes=True)
        self._plan = self._source.plan(self.table)
        self._target.prepare([self._plan])

    def check(self, rows: list[tuple[str | None, ...]]) -> None:
        """Copy rows and check the texts of their values."""
        values = ", ".join(
            f"({number}, {', '.join(map(_literal, row))})" for number, row in enumerate(rows)
        )
        self._bank.execute('truncate "values"', f'insert into "values" values {values}')
        columns = self.table.columns
        with (
            self._source.snapshot() as snapshot,
            snapshot.reader() as reader,
            self._target.session() as session,
        ):
            wanted = reader.sums(self._plan, _EVERYTHING, by_column=True)
            assert wanted[0].rows == len(rows)
            with contextlib.suppress(CopyDiffersError):
                sent = reader.rows(self._plan, _EVERYTHING)
                session.replace(self._plan, _EVERYTHING, sent, wanted[0])
            texts = list(reader.texts(self._plan, _EVERYTHING, columns))
            found = session.differences(self._plan, _EVERYTHING, columns, iter(texts), 3)
            assert not found.first
            assert session.sums(self._plan, _EVERYTHING, by_column=True) == wanted
        self._check_apart(pa.Table.from_batches(texts).to_pydict())

    def _check_apart(self, told: dict[str, list[str | None]]) -> None:
        """Check that values that the source prints differently have different texts."""
        # The zeros at the end of a numeric without a scale are not of its value.
        types = ["integer", *(source for source, _, _ in TYPES)]
        printed = ", ".join(
            f"{'trim_scale' if source == 'numeric' else ''}({column.source})::text"
            for column, source in zip(self.table.columns, types, strict=True)
        )
        rows = self._bank.server.rows(f'select {printed} from {self._bank.schema}."values"')
        for number, column in enumerate(self.table.columns):
            shown = [row[number] for row in rows]
            texts = told[f"c{number}"]
            assert len(set(texts)) >= len(set(shown)), column
            assert texts.count(None) == shown.count(None), column


def _literal(value: str | None) -> str:
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


def _check(bank: Bank, examples: int) -> None:
    pair = _Pair(bank)
    row = st.tuples(*(st.none() | texts for _, _, texts in TYPES))

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(row, min_size=5, max_size=40))
    def check(rows: list[tuple[str | None, ...]]) -> None:
        pair.check(rows)

    check()


def test_both_sides_give_a_value_the_same_text(bank: Bank) -> None:
    _check(bank, 5)


@pytest.mark.deep  # 60 tables of up to 40 rows of random values.
def test_both_sides_give_any_value_the_same_text(bank: Bank) -> None:
    _check(bank, 60)
