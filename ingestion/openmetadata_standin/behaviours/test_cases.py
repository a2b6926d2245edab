"""Behaviours of test cases and their results."""

from __future__ import annotations

from openmetadata_standin.behaviours.behaviour import (
    EVERYWHERE,
    ONLY_READ_SINCE_1_12,
    READ_ALL,
    READ_EVERYWHERE,
    SINCE_1_12,
    Behaviour,
)

CREATE_MANY_500 = Behaviour(
    "create_many_500",
    "`testCases/createMany` with an existing or soft-deleted test case answers 500 and creates"
    " none.",
    SINCE_1_12,
)
CREATE_MANY_ALL_OR_NONE = Behaviour(
    "create_many_all_or_none",
    "`testCases/createMany` with one invalid row answers 404 and creates none.",
    READ_EVERYWHERE,
)
TEST_REVIVED_BY_PUT = Behaviour(
    "test_revived_by_put", "A PUT revives a soft-deleted test case with its id.", EVERYWHERE
)
TESTS_HOLD_TABLE = Behaviour(
    "tests_hold_table",
    "A table with tests can only be deleted with `recursive`, else 400.",
    EVERYWHERE,
)
TESTS_HIDE_WITH_TABLE = Behaviour(
    "tests_hide_with_table",
    "Soft deletion of a table hides its tests and contracts, and a PUT of the table restores them.",
    EVERYWHERE,
)
RESULT_TWICE = Behaviour(
    "result_twice", "A second result of the same timestamp answers 409.", EVERYWHERE
)
LATEST_RESULT = Behaviour(
    "latest_result", "An older result does not replace the latest.", EVERYWHERE
)
RESULT_STATUS = Behaviour("result_status", "The status `Warning` answers 400.", EVERYWHERE)
RESULT_IN_SECONDS = Behaviour(
    "result_in_seconds", "A timestamp in seconds, not milliseconds, answers 400.", SINCE_1_12
)
INCIDENT = Behaviour(
    "incident",
    "A Failed result opens an incident: the test case can then only be deleted with `recursive`,"
    " else 400.",
    SINCE_1_12,
)
INCIDENT_STATUSES = Behaviour(
    "incident_statuses",
    "`testCases/testCaseIncidentStatus` lists the statuses of incidents: `New` with a Failed"
    " result; a POST of `Ack` or `Resolved` is the next status of the open one.",
    ONLY_READ_SINCE_1_12,
)
INCIDENT_ONCE = Behaviour(
    "incident_once",
    "While an incident is open, a Failed result opens no other; after `Resolved` it does.",
    ONLY_READ_SINCE_1_12,
)
INCIDENT_OUTLIVES_SUCCESS = Behaviour(
    "incident_outlives_success", "A Success leaves an incident open.", ONLY_READ_SINCE_1_12
)
TEST_OWNERS = Behaviour(
    "test_owners",
    "`testCases/createMany` keeps owners; a test without any has those of its table, `inherited`.",
    ONLY_READ_SINCE_1_12,
)
TEST_PLATFORMS = Behaviour(
    "test_platforms",
    "The platform of a test definition may be `GreatExpectations` or `Other`.",
    READ_ALL,
)
TESTS_FROM_SEARCH = Behaviour(
    "tests_from_search",
    "`testCases/search/list?serviceName=...&includeAllTests=true` lists the tests of a service.",
    SINCE_1_12,
)

BEHAVIOURS = tuple(value for value in list(vars().values()) if isinstance(value, Behaviour))
