from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmart.operations.pipeline import TASKS, Attempt, Run
from logmart.operations.task_records import (
    action_taken,
    masked,
    task_failed,
    task_skipped,
    task_started,
    task_succeeded,
)

RUN = Run("r1", date(2026, 3, 1), "airflow")
AT = datetime(2026, 3, 1, 17, 0, 0, 250_000, tzinfo=UTC)
COMMON = {
    "runId": "r1",
    "runDate": "2026-03-01",
    "task": "build",
    "attempt": 1,
    "orchestrator": "airflow",
    "occurredAt": "2026-03-01T17:00:00.250Z",
}


def attempt(number: int = 1, task: str = "build") -> Attempt:
    return Attempt(RUN, task, number)


def test_a_record_says_what_happened_to_an_attempt() -> None:
    assert task_started(attempt(), AT) == {**COMMON, "state": "started"}
    assert task_succeeded(attempt(), AT) == {**COMMON, "state": "succeeded"}
    dated = task_succeeded(attempt(), AT, date(2026, 2, 28))
    assert dated == {**COMMON, "state": "succeeded", "dataDate": "2026-02-28"}
    assert task_skipped(attempt(), AT, "no server") == {
        **COMMON,
        "state": "skipped",
        "failure": "no server",
    }


@pytest.mark.parametrize("task", [task.name for task in TASKS])
def test_a_failure_is_final_when_no_retry_follows(task: str) -> None:
    most = next(one.retry.most_attempts for one in TASKS if one.name == task)
    for number in range(1, most + 1):
        assert task_failed(attempt(number, task), AT, "permanent", "x")["isFinal"]
        record = task_failed(attempt(number, task), AT, "transient", "x")
        assert record["isFinal"] == (number == most)


def test_a_part_of_a_task_has_the_rule_of_the_task() -> None:
    record = task_failed(attempt(11, "land_check/app"), AT, "transient", "app: nothing landed")
    assert (record["task"], record["isFinal"]) == ("land_check/app", False)


def test_an_action_is_told_from_others_of_its_run() -> None:
    record = action_taken(attempt(2), "retry", AT, outcome="succeeded", dataDate="")
    assert record == {
        "actionId": "r1/build/retry/2",
        "action": "retry",
        "runId": "r1",
        "runDate": "2026-03-01",
        "task": "build",
        "actor": "airflow",
        "outcome": "succeeded",
        "occurredAt": "2026-03-01T17:00:00.250Z",
    }


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Conversion Error: Could not convert string 'kim-1' to INT32",
            "Conversion Error: Could not convert string 'aaa-9' to INT32",
        ),
        ("duplicate key u_123 of a@b.kr\n  line 7", "duplicate key a_999 of a@a.aa line 7"),
        ("card 4111111111111111", "card 9999999999999999"),
        (
            "dbt build failed: logs/dbt.log has the rest",
            "dbt build failed: logs/dbt.log has the rest",
        ),
        ("Duplicate key 12345678.", "Duplicate key 99999999."),
        ("call 010-1234-5678 or 02 123 4567", "call 999-9999-9999 or 99 999 9999"),
        ("card 4111-1111-1111-1111", "card 9999-9999-9999-9999"),
        ("user U12345678 not found", "user a99999999 not found"),
        (
            "id 3f2a9c1e-1111-2222-3333-444455556666 twice",
            "id 9a9a9a9a-9999-9999-9999-999999999999 twice",
        ),
        ("amount 1234567.89 of client 203.0.113.7", "amount 9999999.99 of client 999.9.999.9"),
        (
            "dt=2026-03-01/app-20260301.jsonl at 2026-03-01 17:00:00.123, dbt 1.10.13",
            "dt=2026-03-01/app-20260301.jsonl at 2026-03-01 17:00:00.123, dbt 1.10.13",
        ),
    ],
)
def test_a_message_shows_no_value(message: str, expected: str) -> None:
    assert masked(message) == expected


@given(st.from_regex(r"[A-Za-z0-9가-힣]{4,20}", fullmatch=True), st.sampled_from("'\""))
def test_a_quoted_value_is_never_shown(value: str, quote: str) -> None:
    shown = masked(f"the value {quote}{value}{quote} is wrong")
    assert "\n" not in shown
    assert set(shown.split(quote)[1]) <= {"a", "9"}


@given(st.text(max_size=2000))
def test_a_message_is_one_line_of_limited_length(text: str) -> None:
    assert len(masked(text)) <= 300
    assert len(masked(text).splitlines()) <= 1
