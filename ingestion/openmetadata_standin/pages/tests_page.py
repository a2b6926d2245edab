"""The page of all tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openmetadata_standin.pages.latest_results import (
    NEVER_RUN,
    PASSED,
    Tally,
    tally,
    tests_by_table,
)
from openmetadata_standin.pages.links import Link, entity_url, short_name, shown
from openmetadata_standin.pages.reading import Reader


@dataclass(frozen=True)
class TestedTable:
    """A table and the tally of its tests."""

    link: Link
    tally: Tally


def tests_context(reader: Reader) -> dict[str, Any]:
    """Return the context of the template: failed tests, tests that never ran, and the tally of all
    tests and of each table.
    """
    by_table = tests_by_table(reader)
    tests = [test for _, some in sorted(by_table.items()) for test in some]
    tables = [
        TestedTable(
            link=Link(shown(short_name(fqn, 2)), f"{entity_url('table', fqn)}#tests"),
            tally=tally(test.outcome for test in some),
        )
        for fqn, some in sorted(by_table.items())
    ]
    return {
        "tally": tally(test.outcome for test in tests),
        "tables": tables,
        "not_passed": [test for test in tests if test.outcome.verdict not in {PASSED, NEVER_RUN}],
        "never_run": [test for test in tests if test.outcome.verdict == NEVER_RUN],
    }
