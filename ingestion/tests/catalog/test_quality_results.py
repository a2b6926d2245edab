"""Checks that are no tests of dbt, from quality_results.json: test cases, results, incidents."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import pytest

from logmart_catalog.artifacts.quality_results import FILE, QualityCheck

from .support import Command, Json, StandIn, copied, remove_node

PICKERS, DAYS = "model.orchard.dim_pickers", "model.orchard.harvest_days"
SCALES = "source.orchard.scales.baskets"
NIGHT = "2026-03-0{}T02:00:00.000Z"
REQUIRED = QualityCheck(
    PICKERS,
    "missing_required:pickers.fullName",
    "missing_required",
    "great_expectations",
    "passed",
    NIGHT.format(1),
    message="0 of 12",
    owner="harvest",
    column="full_name",
    description="A property that the plan requires is there.",
)
QUARANTINED = QualityCheck(
    SCALES,
    "files_in_quarantine",
    "files_in_quarantine",
    "logmart",
    "failed",
    NIGHT.format(1),
    message="2 files since 2026-02-28 17:00 UTC",
    owner="data_platform",
    incident="open",
)
LOW = QualityCheck(
    DAYS, "volume_low", "volume_low", "logmart", "failed", NIGHT.format(1), incident="open"
)


@dataclass(frozen=True)
class Orchard:
    """The orchard's artifacts with checks, and the catalog that they are published to."""

    command: Command
    standin: StandIn
    folder: Path
    left_out: Mapping[str, int] = field(default_factory=dict)

    def write(self, *checks: QualityCheck) -> None:
        """Write the file as the pipeline does."""
        document = {
            "metadata": {"schema_version": "logmart/quality_results/v1"},
            "checks": [asdict(check) for check in checks],
            "left_out": dict(self.left_out),
        }
        (self.folder / FILE).write_text(json.dumps(document), encoding="utf-8")

    def apply(self, *checks: QualityCheck) -> None:
        """Publish these checks; verify then finds no drift."""
        self.write(*checks)
        assert self.command("apply", self.folder).code == 0
        verified = self.command("verify", self.folder)
        assert verified.code == 0, verified.out

    def case(self, check: QualityCheck) -> Json:
        """The test case of a check with all fields."""
        path = quote(self.name(check), safe="")
        return self.standin.call("GET", f"dataQuality/testCases/name/{path}?fields=*")

    def has(self, check: QualityCheck) -> bool:
        """Whether there is a test case of a check."""
        cases = self.standin.call(
            "GET",
            "dataQuality/testCases/search/list?includeAllTests=true&limit=1000"
            f"&serviceName={self.command.service}",
        )
        return self.name(check) in {case["fullyQualifiedName"] for case in cases["data"]}

    def name(self, check: QualityCheck) -> str:
        """The full name of a check's test case."""
        table = check.node.rpartition(".")[2]
        column = f".{check.column}" if check.column else ""
        shown = f'"{check.name}"' if "." in check.name else check.name
        return f"{self.command.service}.mart.main.{table}{column}.{shown}"

    def incidents(self, check: QualityCheck) -> list[str]:
        """The statuses of the incidents of a check, the oldest first."""
        statuses = self.standin.call(
            "GET",
            "dataQuality/testCases/testCaseIncidentStatus?startTs=0&endTs=9999999999999&limit=100"
            f"&testCaseFQN={quote(self.name(check), safe='')}",
        )
        return [status["testCaseResolutionStatusType"] for status in statuses["data"]][::-1]

    def set_status(self, check: QualityCheck, status: str) -> None:
        """Bring an incident to a status, as a person does."""
        body = {
            "testCaseReference": self.name(check),
            "testCaseResolutionStatusType": status,
        }
        self.standin.call("POST", "dataQuality/testCases/testCaseIncidentStatus", body)


@pytest.fixture
def orchard(command: Command, standin: StandIn, tmp_path: Path) -> Orchard:
    return Orchard(command, standin, copied("orchard", tmp_path))


def later(check: QualityCheck, night: int, **fields: str) -> QualityCheck:
    """A check with the result of a later night."""
    return replace(check, checked_at=NIGHT.format(night), **fields)


def test_checks_are_test_cases_with_platform_owner_and_last_result(orchard: Orchard) -> None:
    orchard.apply(REQUIRED, QUARANTINED)
    assert orchard.command.summary("apply", orchard.folder)["writes"] == 0
    required, quarantined = orchard.case(REQUIRED), orchard.case(QUARANTINED)
    assert required["entityLink"].endswith("dim_pickers::columns::full_name>")
    assert required["testCaseResult"]["testCaseStatus"] == "Success"
    assert required["testCaseResult"]["result"] == "passed: 0 of 12"
    assert required["testCaseResult"]["timestamp"] == 1772330400000
    # A group of dbt is published as its owner, another name as it is.
    assert [owner["name"] for owner in required["owners"]] == ["Harvest Team"]
    assert [owner["name"] for owner in quarantined["owners"]] == ["data_platform"]
    assert quarantined["entityLink"] == f"<#E::table::{orchard.command.service}.mart.main.baskets>"
    assert quarantined["testCaseResult"]["testCaseStatus"] == "Failed"
    platforms = [
        orchard.standin.call("GET", f"dataQuality/testDefinitions/name/{name}")["testPlatforms"]
        for name in (
            "great_expectations_missing_required",
            "logmart_files_in_quarantine_of_table",
            "dbt_not_null",
        )
    ]
    assert platforms == [["GreatExpectations"], ["Other"], ["dbt"]]


def test_a_check_that_raised_is_aborted_and_a_warning_a_success(orchard: Orchard) -> None:
    statuses = {"passed": "Success", "warned": "Success", "failed": "Failed", "error": "Aborted"}
    checks = {
        status: replace(REQUIRED, name=status, status=status, message="") for status in statuses
    }
    orchard.apply(*checks.values())
    results = {status: orchard.case(check)["testCaseResult"] for status, check in checks.items()}
    shown = {status: result["testCaseStatus"] for status, result in results.items()}
    assert shown == statuses
    assert {status: result["result"] for status, result in results.items()} == {
        status: status for status in statuses
    }
    incidents = {status: orchard.incidents(check) for status, check in checks.items()}
    assert incidents == {"passed": [], "warned": [], "failed": ["New"], "error": []}


def test_an_incident_is_acknowledged_and_resolved_as_the_mart_has_it(orchard: Orchard) -> None:
    orchard.apply(LOW)
    assert orchard.incidents(LOW) == ["New"]
    orchard.apply(later(LOW, 2, incident="acknowledged"))
    assert orchard.incidents(LOW) == ["New", "Ack"]
    orchard.apply(later(LOW, 3, status="passed", incident=""))
    assert orchard.incidents(LOW) == ["New", "Ack", "Resolved"]
    # What fails again is another incident, here one that somebody has taken already.
    orchard.apply(later(LOW, 4, incident="acknowledged"))
    assert orchard.incidents(LOW) == ["New", "Ack", "Resolved", "New", "Ack"]


def test_people_may_be_ahead_of_the_mart(orchard: Orchard) -> None:
    high = replace(LOW, name="volume_high", kind="volume_high")
    orchard.apply(LOW, high)
    orchard.set_status(LOW, "Assigned")
    orchard.set_status(high, "Resolved")
    orchard.apply(*(replace(check, incident="acknowledged") for check in (LOW, high)))
    assert orchard.incidents(LOW) == ["New", "Assigned"]
    assert orchard.incidents(high) == ["New", "Resolved"]


def test_a_check_that_could_not_run_leaves_its_incident_as_it_is(orchard: Orchard) -> None:
    orchard.apply(LOW)
    orchard.apply(later(LOW, 2, status="error", incident=""))
    assert orchard.incidents(LOW) == ["New"]


def test_checks_that_are_gone_are_removed_and_those_of_others_stay(orchard: Orchard) -> None:
    orchard.apply(REQUIRED, QUARANTINED, LOW)
    theirs = replace(LOW, name="theirs")
    body = {
        "name": theirs.name,
        "testDefinition": "logmart_volume_low_of_table",
        "entityLink": f"<#E::table::{orchard.command.service}.mart.main.harvest_days>",
    }
    orchard.standin.call("PUT", "dataQuality/testCases", body)
    orchard.apply(REQUIRED)
    found = [orchard.has(check) for check in (REQUIRED, QUARANTINED, LOW, theirs)]
    assert found == [True, False, False, True]


def test_without_the_file_nothing_is_published_or_removed(orchard: Orchard) -> None:
    orchard.apply(LOW)
    (orchard.folder / FILE).unlink()
    outcome = orchard.command("plan", orchard.folder, "--detailed-exitcode")
    assert outcome.code == 0, outcome.out
    assert orchard.command("verify", orchard.folder).code == 0
    assert orchard.has(LOW)
    assert orchard.incidents(LOW) == ["New"]


def test_an_empty_list_of_checks_removes_them(orchard: Orchard) -> None:
    orchard.apply(LOW)
    orchard.apply()
    assert not orchard.has(LOW)


def test_the_checks_of_a_removed_table_go_with_it(orchard: Orchard) -> None:
    totals = replace(LOW, node="model.orchard.orchard_totals")
    orchard.apply(LOW, totals)
    remove_node(orchard.folder, totals.node)
    orchard.write(LOW, totals)
    plan = orchard.command("plan", orchard.folder)
    assert "check on a node without a table" in plan.out
    orchard.command.summary("apply", orchard.folder, "--allow-removals")
    assert orchard.command("verify", orchard.folder).code == 0
    assert (orchard.has(LOW), orchard.has(totals)) == (True, False)


def test_what_is_about_no_table_is_counted(orchard: Orchard) -> None:
    about_tasks = {"open incident about a subject that is no table: task": 3}
    left = replace(orchard, left_out=about_tasks)
    left.write(replace(LOW, node="model.orchard.never_was"))
    out = orchard.command("plan", orchard.folder, "--offline").out
    assert "open incident about a subject that is no table: task" in out
    assert "check on a node without a table" in out


def test_owners_that_a_person_gave_a_test_of_dbt_stay(orchard: Orchard) -> None:
    orchard.apply(REQUIRED)
    team = orchard.standin.call("PUT", "teams", {"name": "Reviewers", "teamType": "Group"})
    cases = orchard.standin.call("GET", "dataQuality/testCases?limit=1000&includeAllTests=true")
    ours = f"{orchard.command.service}.mart.main.harvest_days."
    case = next(one for one in cases["data"] if one["fullyQualifiedName"].startswith(ours))
    owners = [{"id": team["id"], "type": "team"}]
    operation = {"op": "add", "path": "/owners", "value": owners}
    orchard.standin.call("PATCH", f"dataQuality/testCases/{case['id']}", [operation])
    assert orchard.command("verify", orchard.folder).code == 0
    orchard.apply(later(REQUIRED, 2, owner="data_platform"))
    stored = orchard.standin.call("GET", f"dataQuality/testCases/{case['id']}?fields=owners")
    assert [owner["name"] for owner in stored["owners"]] == ["Reviewers"]
    owners_of_ours = orchard.case(REQUIRED)["owners"]
    assert [owner["name"] for owner in owners_of_ours] == ["data_platform"]


def _doubled(document: Json) -> None:
    document["checks"] *= 2


def _without_checks(document: Json) -> None:
    del document["checks"]


def _of_another_version(document: Json) -> None:
    document["metadata"]["schema_version"] = "logmart/quality_results/v2"


def _edited(**fields: str) -> Callable[[Json], None]:
    return lambda document: document["checks"][0].update(fields)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (_doubled, f"check volume_low of {DAYS} is doubled"),
        (_without_checks, "or no checks"),
        (_of_another_version, "schema version logmart/quality_results/v2, not logmart/quality_re"),
        (_edited(status="fine"), "has the status 'fine', not one of passed, warned, failed, error"),
        (_edited(incident="lost"), "has the incident 'lost', not one of open, acknowledged"),
        (_edited(checked_at="soon"), "'soon' is no time"),
        (_edited(node=""), "a check without node"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    edit: Callable[[Json], None], said: str, orchard: Orchard
) -> None:
    orchard.write(LOW)
    path = orchard.folder / FILE
    document = json.loads(path.read_text(encoding="utf-8"))
    edit(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    line = orchard.command("plan", orchard.folder, "--offline").error_line()
    assert said in line
    assert str(path) in line


def test_a_truncated_file_is_refused_before_anything_is_written(orchard: Orchard) -> None:
    orchard.write(LOW)
    path = orchard.folder / FILE
    path.write_text(path.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    line = orchard.command("apply", orchard.folder).error_line()
    assert f"{path}: truncated or no JSON" in line
    assert orchard.standin.writes() == 0
