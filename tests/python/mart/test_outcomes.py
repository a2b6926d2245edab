from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from logmart.mart.landed_outcomes import Outcomes, read_outcomes

SOME = (("unplanned_event", 30), ("unreadable_line", 20), ("future_time", 4), ("too_late", 1))


def test_a_source_is_told_by_its_counts_and_most_frequent_reasons() -> None:
    outcomes = Outcomes("app", 2, 1_055, 990, 55, 10, reasons=SOME)
    assert outcomes.sentences() == [
        "  app: 1,055 lines in 2 files: 990 valid, 55 rejected, 10 duplicate",
        "    rejected: unplanned_event (30), unreadable_line (20), future_time (4),"
        " and 1 more reason",
    ]


def test_a_source_without_rejected_lines_is_one_line() -> None:
    assert Outcomes("app", 1, 0, 0, 0, 0, reasons=()).sentences() == [
        "  app: 0 lines in 1 file: 0 valid, 0 rejected, 0 duplicate"
    ]


def test_a_source_that_was_rejected_whole_says_so() -> None:
    reasons = (("unreadable_line", 1_000),)
    assert Outcomes("own", 1, 1_000, 0, 1_000, 0, reasons=reasons).sentences() == [
        "  own: 1,000 lines in 1 file, all 1,000 rejected: unreadable_line"
    ]


def test_a_source_whose_every_line_has_one_reason_is_refused_with_the_remedy() -> None:
    late = Outcomes("own", 1, 9, 0, 9, 0, reasons=(("too_late", 9), ("wrong_type:a", 2)))
    assert late.refusal().startswith(
        "all 9 lines of own were rejected as too_late: if the files are history, set"
        " `history_until: "
    )
    assert "models/staging/own/_own__sources.yml" in late.refusal()


@pytest.mark.parametrize(
    "outcomes",
    [
        Outcomes("own", 1, 0, 0, 0, 0, reasons=()),
        Outcomes("own", 1, 9, 0, 8, 1, reasons=(("too_late", 8),)),
        Outcomes("own", 1, 9, 0, 9, 0, reasons=(("too_late", 5), ("unreadable_line", 4))),
    ],
)
def test_a_source_of_which_something_was_taken_is_not_refused(outcomes: Outcomes) -> None:
    assert outcomes.refusal() == ""


def test_each_source_is_counted_apart(tmp_path: Path) -> None:
    database = tmp_path / "logmart.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create schema marts;"
            "create table marts.fct_landed_files as from (values"
            " ('own', 3, 0, 3, 0, 0), ('app', 6, 4, 0, 1, 1), ('app', 2, 1, 1, 0, 0))"
            " as files(source, line_count, valid_count, rejected_count, duplicate_count,"
            " erased_count);"
            "create table marts.fct_rejected_events as from (values"
            " ('own', ['b']), ('own', ['a', 'b']), ('own', ['a']), ('app', ['c']))"
            " as events(source, violations);"
            "insert into marts.fct_landed_files values ('bank', 3, 1, 2, 0, 0);"
            "create table marts.fct_rejected_records as from (values"
            " ('bank', ['d']), ('bank', ['d'])) as records(source, violations)"
        )
    assert read_outcomes(database) == [
        Outcomes("app", 2, 8, 5, 1, 1, reasons=(("c", 1),), erased_count=1),
        Outcomes("bank", 1, 3, 1, 2, 0, reasons=(("d", 2),)),
        Outcomes("own", 1, 3, 0, 3, 0, reasons=(("a", 2), ("b", 2))),
    ]
