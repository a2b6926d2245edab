"""Planted corruptions of a copy are found by column and key, all of them and no others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest

from benchmarks.migration import source_table
from operations.migration.mapping import Load
from operations.tests.migration.bank import Bank, copied_chunks


@dataclass(frozen=True)
class Corruption:
    """A change of the copy. `found` are the (kind, column) of the key's differences."""

    key: int
    statement: str
    found: tuple[tuple[str, str | None], ...]


def _changed(key: int, column: str, value: str) -> Corruption:
    statement = f"update accounts set {column} = {value} where account_id = {key}"
    return Corruption(key, statement, (("value", column),))


# Each changes a value of one column; the row has one that it changes.
_CHANGES = [
    ("amount", "amount + 0.01"),
    ("amount", "-amount"),
    ("amount", "null"),
    ("amount", "(amount * 10) % 1000 + 0.07"),
    ("rate", "'nan'"),
    ("rate", "nextafter(rate, 2.0)"),
    ("rate", "-rate"),
    ("rate", "null"),
    ("rate", "rate::real"),
    ("memo", "memo || ' '"),
    ("memo", "upper(memo) || 'x'"),
    ("memo", "null"),
    ("memo", "nfc_normalize(memo) || chr(8203)"),
    ("memo", "replace(memo, '김', '金') || '.'"),
    ("is_open", "not is_open"),
    ("is_open", "null"),
    ("opened_on", "opened_on + 1"),
    ("opened_on", "'infinity'"),
    ("opened_on", "null"),
    ("opened_at", "opened_at + interval 1 microsecond"),
    ("opened_at", "opened_at + interval 9 hours"),
    ("opened_at", "null"),
    ("local_at", "local_at - interval 1 microsecond"),
    ("local_at", "date_trunc('second', local_at) + interval 7 microseconds"),
    ("local_at", "null"),
    ("token", "uuid()"),
    ("token", "null"),
    ("details", "replace(details::varchar, ': ', ':')::json"),
    ("details", "'{}'"),
    ("details", "null"),
    ("signature", "signature || '\\x00'::blob"),
    ("signature", "''::blob"),
    ("signature", "null"),
    ("tags", "list_append(tags, null)"),
    ("tags", "list_reverse(tags)"),
    ("tags", "[]"),
    ("tags", "null"),
]


def plant(rows: int) -> list[Corruption]:
    """Return 50 corruptions of a copy of so many rows."""
    step = rows // 60
    # No value of such a row is null, and its memo has text.
    keys = (_whole(key) for key in range(step, rows, step))
    planted = [_changed(next(keys), column, value) for column, value in _CHANGES]
    for _ in range(3):
        key = next(keys)
        statement = f"delete from accounts where account_id = {key}"
        planted.append(Corruption(key, statement, (("missing", None),)))
    for number in range(3):
        key = rows + 10 + number if number else -5
        statement = f"insert into accounts by name select {key} as account_id, 'extra' as memo"
        planted.append(Corruption(key, statement, (("extra", None),)))
    repeated = next(keys)
    statement = f"insert into accounts select * from accounts where account_id = {repeated}"
    planted.append(Corruption(repeated, statement, (("extra", None),)))
    for column in ("amount", "memo", "opened_at"):
        first, second = next(keys), next(keys)
        swap = (
            f"update accounts set {column} = (select {column} from accounts as o where o.account_id"
            f" = {first + second} - accounts.account_id) where account_id in ({first}, {second})"
        )
        # The sums of the column alone would be equal.
        planted.append(Corruption(first, swap, (("value", column),)))
        planted.append(Corruption(second, "", (("value", column),)))
    return planted


def _whole(key: int) -> int:
    """Return the next key whose row has no null and a memo with a name."""
    divisors = (11, 13, 17, 19, 23, 5, 29, 31)
    while key % 10 != 7 or any(key % divisor == 0 for divisor in divisors):
        key += 1
    return key


def _check(bank: Bank, rows: int) -> None:
    bank.tables.append(source_table.table("accounts"))
    bank.execute(*source_table.statements("accounts", rows))
    bank.run()
    planted = plant(rows)
    assert len(planted) == 50
    assert len({corruption.key for corruption in planted}) == 50
    bank.change(*(corruption.statement for corruption in planted if corruption.statement))
    (result,) = bank.verify()
    found = Counter(
        (line["key"]["account_id"], line["kind"], line.get("column"))
        for line in bank.last_differences()
    )
    wanted = Counter(
        (str(corruption.key), kind, column)
        for corruption in planted
        for kind, column in corruption.found
    )
    assert found == wanted
    assert sum(result.difference_counts().values()) == 50
    bank.run()
    bank.assert_equal()


def test_50_corruptions_are_found_by_column_and_key(bank: Bank) -> None:
    bank.load = Load(chunk_rows=1_000)
    _check(bank, 4_000)


@pytest.mark.deep  # A million rows are made, copied and verified three times.
def test_50_corruptions_of_a_million_rows_are_found(bank: Bank) -> None:
    bank.load = Load(chunk_rows=50_000)
    _check(bank, 1_000_000)


def test_differences_tell_both_values_and_mask_personal_ones(bank: Bank) -> None:
    bank.add(
        source_table.table("accounts", personal=("memo",)), *source_table.statements("accounts", 20)
    )
    bank.run()
    bank.change(
        "update accounts set memo = 'somebody', rate = 0.1 where account_id = 4",
        "update accounts set memo = 'somebody' where account_id = 5",
    )
    bank.verify()
    lines = {(line["key"]["account_id"], line["column"]): line for line in bank.last_differences()}
    rate = lines["4", "rate"]
    assert rate["target"] == "0.1 (3fb999999999999a)"
    assert rate["source"].startswith("-0.151360499061585")
    memos = [lines[key, "memo"] for key in ("4", "5")]
    assert all(memo["isPersonal"] for memo in memos)
    assert memos[0]["target"] == memos[1]["target"]
    assert memos[0]["target"].startswith("masked:")
    assert memos[0]["source"] != memos[1]["source"]
    for path in bank.folder.glob("migration/*/*"):
        assert "somebody" not in path.read_text("utf-8")
        assert path.stat().st_mode & 0o077 == 0


def test_at_most_1000_differences_are_listed_and_all_are_counted(bank: Bank) -> None:
    bank.tables.append(source_table.table("accounts"))
    bank.execute(*source_table.statements("accounts", 1_100))
    bank.load = Load(chunk_rows=500)
    bank.run()
    bank.change("update accounts set is_open = null")
    (result,) = bank.verify()
    assert len(bank.last_differences()) == 1_000
    assert result.difference_counts() == {("value", "is_open"): 1_100 - 1_100 // 17}
    assert len(copied_chunks(bank.run())) == 3
