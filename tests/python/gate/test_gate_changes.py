"""What the gate says of each of fourteen changes, and that it says nothing else."""

from __future__ import annotations

import pytest

from branches import Main, make_main, said
from changes import CASES, Case
from logmart.gate.report_text import terminal

# Those that are tried at every run of the tests; the others take longer together.
_SHORT = ("rename", "tighten", "reformat")


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory) -> Main:
    return make_main(tmp_path_factory.getbasetemp() / "gate")


@pytest.mark.deep
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_is_told_of_exactly(main: Main, case: Case) -> None:
    report = main.report(case.change, f"{case.name}-whole", tools=True)
    assert said(report) == case.due
    assert report.fails == any(severity == "error" for severity, _, _ in case.due)
    for words in case.words:
        assert words in terminal(report)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name in _SHORT], ids=lambda case: case.name
)
def test_a_change_is_told_of(main: Main, case: Case) -> None:
    report = main.report(case.change, case.name)
    assert said(report) == case.due
    assert len(said(report)) == len(report.counted)
    for words in case.words:
        assert words in terminal(report)
