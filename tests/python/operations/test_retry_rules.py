from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmart.errors import CommandError
from logmart.operations.pipeline import TASKS
from logmart.operations.retry_rules import WAIT_VARIABLE, RetryRule

RULES = st.builds(
    RetryRule,
    st.integers(1, 20),
    st.floats(0, 1000, allow_nan=False),
    st.floats(1, 5, allow_nan=False),
)


@given(RULES, st.integers(1, 30))
def test_what_cannot_succeed_is_not_tried_again(rule: RetryRule, attempt: int) -> None:
    assert rule.is_final(attempt, "permanent")


@given(RULES)
def test_a_transient_failure_is_tried_as_often_as_the_rule_says(rule: RetryRule) -> None:
    attempt = 1
    while not rule.is_final(attempt, "transient"):
        attempt += 1
    assert attempt == rule.most_attempts


@given(RULES, st.integers(1, 8))
def test_the_wait_never_shrinks(rule: RetryRule, attempt: int) -> None:
    assert rule.first_wait_seconds <= rule.wait_seconds(attempt) <= rule.wait_seconds(attempt + 1)


def test_the_environment_sets_the_wait_and_nothing_else() -> None:
    rule = RetryRule(3, 120, 2)
    assert rule.changed_by({}) == rule
    assert rule.changed_by({WAIT_VARIABLE: "0.5"}) == RetryRule(3, 0.5, 2)


@pytest.mark.parametrize("text", ["soon", "-5", "nan", "inf"])
def test_a_wait_that_is_no_number_of_seconds_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match=f"LOGMART_RETRY_SECONDS is '{text}'"):
        RetryRule(3, 120, 2).changed_by({WAIT_VARIABLE: text})


def test_the_pipeline_waits_an_hour_for_files_and_minutes_for_the_rest() -> None:
    waits = {
        task.name: sum(map(task.retry.wait_seconds, range(1, task.retry.most_attempts))) / 60
        for task in TASKS
    }
    assert waits == {
        "migrate": 3,
        "land_check": 55,
        "quality": 3,
        "build": 6,
        "findings": 3,
        "pages": 3,
        "catalog_apply": 6,
        "catalog_verify": 6,
        "messages": 6,
    }
