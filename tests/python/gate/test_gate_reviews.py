"""What a reviewer reads about each change that was met in use: exactly the due findings."""

from __future__ import annotations

import pytest

from branches import Main, make_main
from logmart.gate.report import Report
from logmart.gate.report_text import terminal
from review_changes import LINES, REVIEWS, Due, Review

# Those that are tried at every run of the tests: a figure that moves, a key that breaks, and what
# dbt cannot read. The others take longer together; test_gate_changes.py tries a rename.
_SHORT = ("filter of a metric", "fan-out join", "Jinja error", "YAML error")


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory) -> Main:
    return make_main(tmp_path_factory.getbasetemp() / "gate")


def findings(report: Report) -> list[Due]:
    """Return the findings that count: severity, kind and place, reach by name, owners by name."""
    found = []
    for one in report.counted:
        reach = one.reach
        reached = reach and (*(reach.columns or reach.models), *reach.metrics, *reach.exposures)
        owners = [owner.partition(" <")[0] for owner in reach.owners] if reach else []
        text = f"{one.severity.word} {one.kind} {one.place}"
        found.append(Due(text, tuple(reached or ()), tuple(owners)))
    return found


@pytest.mark.parametrize(
    "review",
    [
        pytest.param(
            review, id=review.name, marks=[] if review.name in _SHORT else pytest.mark.deep
        )
        for review in REVIEWS
    ],
)
def test_a_reviewer_reads_exactly_this(main: Main, review: Review) -> None:
    report = main.report(review.change, review.name.replace(" ", "-"))
    assert findings(report) == list(review.due)
    assert report.fails == any(due.finding.startswith("error ") for due in review.due)
    lines = terminal(report).splitlines()
    assert len(lines) == LINES[review.name]
    text = " ".join(" ".join(lines).split())
    for words in review.words:
        assert words in text
