"""The latest results of tests, as the pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from openmetadata_standin.models import Json
from openmetadata_standin.names import incidents_key
from openmetadata_standin.pages.links import (
    Link,
    column_link,
    entity_link,
    entity_url,
    short_name,
    shown,
)
from openmetadata_standin.pages.markdown import excerpt
from openmetadata_standin.pages.reading import Reader, tested_table
from openmetadata_standin.quality import parse_link

_VERDICTS = {"Success": "passed", "Failed": "failed"}
# The mark that the catalog sync adds to the description of its tests.
_MARK = "Maintained by logmart for the dbt project "
PASSED, NEVER_RUN = "passed", "never run"
_ORDER = {"failed": 0, "unknown": 1, "passed": 2}


@dataclass(frozen=True)
class Outcome:
    """The latest result of a test: the verdict as a word, the time (UTC), the message."""

    verdict: str
    moment: str
    message: str

    @property
    def css_class(self) -> str:
        """The CSS class of the verdict."""
        return {PASSED: "passed", NEVER_RUN: "unknown"}.get(self.verdict, "failed")


@dataclass(frozen=True)
class TestRow:
    """A test case: its table, its column if any, what it checks, the platform that does, the status
    of its incident ("" for none), and its latest result.
    """

    link: Link
    table: Link
    column: Link | None
    checks: str
    platform: str
    incident: str
    outcome: Outcome


@dataclass(frozen=True)
class Tally:
    """The numbers of tests: all, passed, and never run."""

    all: int
    passed: int
    never_run: int

    @property
    def not_passed(self) -> int:
        """The number of tests whose latest result is no pass."""
        return self.all - self.passed - self.never_run


def moment(timestamp: int | None) -> str:
    """Return milliseconds since the epoch as a UTC text for people, "" for None."""
    if timestamp is None:
        return ""
    return datetime.fromtimestamp(timestamp / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def outcome(result: Json | None) -> Outcome:
    """Return the outcome of a stored result; None means that the test never ran."""
    if result is None:
        return Outcome(NEVER_RUN, "", "")
    status = str(result.get("testCaseStatus"))
    verdict = _VERDICTS.get(status, status.lower())
    message = result.get("result", "")
    return Outcome(verdict, moment(result["timestamp"]), "" if message == "pass" else message)


def latest_tests(reader: Reader, table_fqn: str, column_fqn: str | None = None) -> list[TestRow]:
    """Return the tests of a table or of one of its columns, failed ones first."""
    cases = [
        case for case in reader.living("testCase", table_fqn) if tested_table(case) == table_fqn
    ]
    if column_fqn is not None:
        cases = [case for case in cases if case["entityFQN"] == column_fqn]
    found = []
    for case in cases:
        latest = reader.store.results(case["fullyQualifiedName"], limit=1)
        found.append(_test(reader, case, latest[0] if latest else None))
    return sorted(found, key=lambda test: _ORDER[test.outcome.css_class])


def tests_by_table(reader: Reader) -> dict[str, list[TestRow]]:
    """Return the tests of each table that has any, by its FQN."""
    latest = reader.store.latest_results()
    found: dict[str, list[TestRow]] = {}
    for case in reader.living("testCase"):
        test = _test(reader, case, latest.get(case["fullyQualifiedName"]))
        found.setdefault(tested_table(case), []).append(test)
    return found


def tally(outcomes: Iterable[Outcome]) -> Tally:
    """Count outcomes."""
    verdicts = [item.verdict for item in outcomes]
    return Tally(len(verdicts), verdicts.count(PASSED), verdicts.count(NEVER_RUN))


def tallies(reader: Reader) -> dict[str, Tally]:
    """Return the tally of each table that has tests, by its FQN."""
    latest = reader.store.latest_results()
    found: dict[str, list[Outcome]] = {}
    for case in reader.living("testCase"):
        result = latest.get(case["fullyQualifiedName"])
        found.setdefault(tested_table(case), []).append(outcome(result))
    return {fqn: tally(outcomes) for fqn, outcomes in found.items()}


def _test(reader: Reader, case: Json, result: Json | None) -> TestRow:
    tested = parse_link(case["entityLink"])
    definition = reader.store.by_id(case["testDefinition"]["id"]) or {}
    status = reader.store.results(incidents_key(case["fullyQualifiedName"]), limit=1)
    return TestRow(
        link=entity_link("testCase", case),
        table=Link(shown(short_name(tested.fqn, 2)), entity_url("table", tested.fqn)),
        column=column_link(case["entityFQN"], 1) if tested.column is not None else None,
        checks=_checks(reader, case),
        platform=", ".join(definition.get("testPlatforms", [])),
        incident=status[0]["testCaseResolutionStatusType"] if status else "",
        outcome=outcome(result),
    )


def _checks(reader: Reader, case: Json) -> str:
    """Return a text that says what a test checks: the first sentence of its description, or else
    its definition and arguments.
    """
    written = case.get("description", "").partition(_MARK)[0]
    if sentence := excerpt(written):
        return sentence
    definition = reader.shaper.reference(case["testDefinition"]["id"])
    parts = [shown(definition["name"])] if definition else []
    parts += [
        f"{value.get('name')}: {value.get('value')}" for value in case.get("parameterValues", [])
    ]
    return ", ".join(parts)
