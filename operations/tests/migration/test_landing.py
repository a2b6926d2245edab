"""The landing zone as a target: the last record of a key wins, and deletes are tombstones."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.errors import CommandError
from logmart.landed.identifiers import erased_line
from operations.migration.mapping import Column, Load, Mapping, Source, Table, Target
from operations.migration.passes import RUN, VERIFY, Job, carry_out

COLUMNS = (
    Column("id", "bigint", "userId"),
    Column("name", "varchar"),
    Column("amount", "decimal(18,2)"),
    Column("at", "timestamptz", "updatedAt"),
    Column("local", "timestamp"),
    Column("rate", "double"),
    Column("day", "date"),
    Column("is_open", "boolean", "isOpen"),
    Column("more", "json"),
    Column("key", "uuid"),
)
USERS = Table("users", "users", ("id",), COLUMNS)
ROWS = """
    select range as id, '김 "' || range || chr(10) as name, range / 100 as amount,
        timestamptz '2026-03-01 00:00:00.000001+09' + to_days(range::int) as at,
        timestamp '2026-03-01 10:00:00.5' as local, range / 7 as rate,
        date '0044-03-15' as day, range % 2 = 0 as is_open,
        '{"a": [1, null, "나"]}'::json as more, md5(range::varchar)::uuid as key
    from range(40)
"""


class Landed:
    """A Parquet file that is copied into a landing zone."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._files = folder / "files"
        self._files.mkdir()
        self.landing, self.state = folder / "landing", folder / "state"
        monkeypatch.setenv("OLD_FILES", str(self._files))

    def write(self, query: str = ROWS, **types: str) -> None:
        with duckdb.connect() as connection:
            typed = ", ".join(
                f"cast({column.source} as {types.get(column.source, column.type)})"
                f' as "{column.source}"'
                for column in COLUMNS
            ).replace("cast(at ", 'cast("at" ')
            query = query.replace("as at,", 'as "at",')
            path = self._files / "users.parquet"
            connection.execute(f"copy (select {typed} from ({query})) to '{path}'")

    def carry_out(self, verb: str, table: Table = USERS) -> Any:
        mapping = Mapping(
            Source("files", "OLD_FILES"), Target("landing", source="bank"), (table,), Load(10)
        )
        (result,) = carry_out(Job(verb, mapping, self.state, self.landing, is_final=True))
        return result

    def files(self) -> list[Path]:
        return sorted(self.landing.glob("bank/dt=*/*"), key=lambda path: path.name)

    def records(self, path: Path) -> list[dict[str, Any]]:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Landed:
    return Landed(tmp_path, monkeypatch)


def test_rows_land_as_records_and_are_proved_from_the_files(old: Landed) -> None:
    old.write()
    old.carry_out(RUN)
    records = [record for path in old.files() for record in old.records(path)]
    assert len(records) == 40
    assert {record["userId"]: record for record in records}[1] == {
        "userId": 1,
        "name": '김 "1\n',
        "amount": 0.01,
        "updatedAt": "2026-03-01T15:00:00.000001Z",
        "local": "2026-03-01T10:00:00.500000",
        "rate": 1 / 7,
        "day": "0044-03-15",
        "isOpen": False,
        "more": '{"a": [1, null, "나"]}',
        "key": "c4ca4238-a0b9-2382-0dcc-509a6f75849b",
    }
    result = old.carry_out(VERIFY)
    assert result.is_equal
    assert result.sums[0].rows == 40
    assert [path.stat().st_mode & 0o777 for path in old.files()] == [0o600] * len(old.files())
    assert not list(old.state.glob("landed-*"))


def test_later_records_win_and_deletes_are_tombstones(old: Landed) -> None:
    old.write()
    old.carry_out(RUN)
    first = old.files()
    old.write(
        f"select * replace (case when id = 7 then null else name end as name) from ({ROWS})"
        " where id <> 3 union all by name select 100 as id"
    )
    assert not old.carry_out(VERIFY).is_equal
    old.carry_out(RUN)
    records = [record for path in old.files()[len(first) :] for record in old.records(path)]
    assert sorted((record["userId"], record.get("isDeleted", False)) for record in records) == [
        *((3, True), (7, False), (100, False)),
    ]
    (tombstone,) = [record for record in records if "isDeleted" in record]
    assert tombstone["name"] == '김 "3\n'
    (changed,) = [record for record in records if record["userId"] == 7]
    assert "name" not in changed
    assert old.carry_out(VERIFY).is_equal
    count = len(old.files())
    old.carry_out(RUN)
    assert len(old.files()) == count
    old.write()
    old.carry_out(RUN)
    assert old.carry_out(VERIFY).is_equal


@pytest.mark.deep
def test_what_is_no_whole_file_has_not_landed(old: Landed, monkeypatch: pytest.MonkeyPatch) -> None:
    old.write()

    def full(path: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", full)
        with pytest.raises(CommandError, match="disk may be full"):
            old.carry_out(RUN)
    assert old.files() == []
    old.carry_out(RUN)
    assert old.carry_out(VERIFY).is_equal


@pytest.mark.deep
def test_an_erased_line_is_no_row(old: Landed) -> None:
    old.write()
    old.carry_out(RUN)
    path = old.files()[0]
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([erased_line("ab" * 16), *lines[1:]]) + "\n", encoding="utf-8")
    result = old.carry_out(VERIFY)
    assert result.difference_counts() == {("missing", ""): 1}


def _keyless(table: Table) -> Table:
    return Table(table.source, table.target, (), table.columns)


def _renamed(table: Table) -> Table:
    columns = (*table.columns[:-1], Column("key", "uuid", "isDeleted"))
    return Table(table.source, table.target, table.key, columns)


@pytest.mark.parametrize(
    ("changed", "why"),
    [(_keyless, "has no key"), (_renamed, "isDeleted tells tombstones")],
)
def test_what_no_record_can_hold_is_refused_by_name(
    old: Landed, changed: Callable[[Table], Table], why: str
) -> None:
    old.write()
    with pytest.raises(CommandError, match=why):
        old.carry_out(RUN, changed(USERS))
    assert old.files() == []


@pytest.mark.deep
def test_a_value_that_no_record_can_hold_is_refused_by_column(old: Landed) -> None:
    old.write(
        f"select * replace (case when id = 5 then 'nan'::double else rate end as rate)"
        f" from ({ROWS})"
    )
    with pytest.raises(CommandError, match=r"users\.rate has a value that no record can hold"):
        old.carry_out(RUN)


@pytest.mark.deep
def test_a_clock_that_is_behind_is_refused(old: Landed) -> None:
    old.write()
    old.carry_out(RUN)
    path = old.files()[0]
    later = f"{datetime.now(UTC) + timedelta(days=1):%Y%m%dT%H%M%S%f}Z"
    path.rename(path.with_name(f"users-migrated-{later}-000001.jsonl"))
    with pytest.raises(CommandError, match="landed later than now"):
        old.carry_out(RUN)
