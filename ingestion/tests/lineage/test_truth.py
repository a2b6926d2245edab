"""Every row of the truth table."""

from __future__ import annotations

import pytest

from logmart_catalog.lineage.model import Kind

from .cases import Case, Expected, read_cases, read_schema, spelled, traced

CASES = read_cases()
SCHEMA = read_schema()


def _name(case: Case) -> str:
    return case.construct


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_column_lineage_is_exact(case: Case) -> None:
    found = {
        one.column: Expected(
            one.kind,
            tuple(sorted(map(spelled, one.parents))),
            _known(case.columns[one.column].reason, one.reasons),
        )
        for one in traced(case, SCHEMA).columns
        if one.column not in case.missed
    }
    assert found == {name: told for name, told in case.columns.items() if name not in case.missed}


@pytest.mark.parametrize("case", [case for case in CASES if case.missed], ids=_name)
def test_what_is_missed_is_said_and_not_guessed(case: Case) -> None:
    found = {one.column: one for one in traced(case, SCHEMA).columns}
    for name in case.missed:
        assert found[name].kind is Kind.UNTRACED
        assert {spelled(one) for one in found[name].parents} <= set(case.columns[name].parents)


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_what_decides_about_rows_is_among_the_keys(case: Case) -> None:
    found = traced(case, SCHEMA)
    assert case.keys <= {f"{key.column.relation}.{key.column.column}" for key in found.keys}


def _known(word: str, reasons: tuple[str, ...]) -> str:
    is_told = word and any(word.lower() in reason.lower() for reason in reasons)
    return word if is_told else " ".join(reasons)


def test_the_truth_table_is_large_enough() -> None:
    assert sum(len(case.columns) for case in CASES) >= 150
