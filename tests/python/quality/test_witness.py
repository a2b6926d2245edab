"""Great Expectations judges each kind of rule, and raises at none of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from logmart.operations_script import PYTHON
from logmart.plan.grammar import PlannedEvent, PlannedProperty
from logmart.quality import batches
from logmart.quality.suites import suite_of
from logmart.quality.witness import Witness, great_expectations

PROPERTIES = (
    PlannedProperty("code", "code", data_type="varchar", required=True, pattern="[0-9A-Z]{2}"),
    PlannedProperty("digits", "digits", data_type="varchar", pattern=r"\d{2}"),
    PlannedProperty("state", "state", data_type="varchar", allowed=("on", "off")),
    PlannedProperty("amount", "amount", data_type="bigint", minimum=1, maximum=9),
)
SOUND = '{"code":"A1","digits":"12","state":"on","amount":9}'
LINES = {
    SOUND: [],
    '{"digits":null}': ["missing_required:sent.code"],
    '{"code":"a1"}': ["pattern_mismatch:sent.code"],
    '{"code":"A1\\n"}': ["pattern_mismatch:sent.code"],
    '{"code":"A1","digits":"１２"}': ["pattern_mismatch:sent.digits"],
    '{"code":"A1","state":"ON"}': ["not_allowed:sent.state"],
    '{"code":"A1","amount":10}': ["out_of_range:sent.amount"],
    '{"code":"A1","amount":"7"}': ["wrong_type:sent.amount"],
    '{"code":["A1"],"amount":0}': ["out_of_range:sent.amount", "wrong_type:sent.code"],
}


@pytest.fixture(scope="module")
def witness() -> Iterator[Witness]:
    if not PYTHON.exists():
        pytest.skip("operations/.venv is not installed: `make operations/.venv/.locked`")
    with great_expectations() as started:
        yield started


@pytest.mark.parametrize("lines", [list(LINES), [SOUND] * 3], ids=["violations", "none"])
def test_each_rule_flags_its_rows_and_raises_at_no_value(
    witness: Witness, tmp_path: Path, lines: list[str]
) -> None:
    suite = suite_of(PlannedEvent("app", "sent", properties=PROPERTIES))
    (tmp_path / "file.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    batch, keys = tmp_path / "batch.parquet", tmp_path / "keys.parquet"
    with batches.open_workplace(tmp_path) as connection:
        batches.read_lines(connection, [("file.jsonl", tmp_path / "file.jsonl")], [])
        batches.read_records(connection, suite.entity)
        batches.write_batch(connection, suite, batch)
        verdicts = witness.validate(batch, suite.expectations, keys)
        found = connection.execute(f"from '{keys}' select position, row").fetchall()
    assert [each.raised for each in verdicts] == [""] * len(suite.expectations)
    flagged = {(row, suite.expectations[position].check) for position, row in found}
    due = {(row, check) for row, line in enumerate(lines) for check in LINES[line]}
    assert flagged == due
