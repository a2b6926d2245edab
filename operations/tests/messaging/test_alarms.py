"""Each alarm goes off when it must, stays silent when it must, and becomes a check result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations.messaging.alarm_evaluation import ALARM, AlarmError, metrics_of, states
from operations.messaging.handler import alarm as alarm_handler
from operations.messaging.handler.alarm import ALARMS, check_result
from operations.tests.messaging.message_desk import template

SERIES: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parent / "alarm_series.yml").read_text(encoding="utf-8")
)


def alarm(name: str) -> dict[str, Any]:
    """Return an alarm's properties by its name without the prefix."""
    (found,) = [
        one
        for one in template().of_type("AWS::CloudWatch::Alarm").values()
        if one["AlarmName"] == f"logmart-{name}"
    ]
    return found


def state_change(name: str, state: str = "ALARM") -> dict[str, Any]:
    """Return what CloudWatch gives a function that is an alarm's action."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}",
        "accountId": "123456789012",
        "time": "2026-03-02T05:00:01.000+0000",
        "region": "us-east-1",
        "alarmData": {
            "alarmName": name,
            "state": {
                "value": state,
                "reason": "Threshold Crossed: 1 datapoint [3.0] was greater than 0.0",
                "timestamp": "2026-03-02T05:00:00.123+0000",
            },
            "previousState": {"value": "OK", "timestamp": "2026-03-02T04:00:00.000+0000"},
        },
    }


@pytest.mark.parametrize(
    ("name", "case"),
    [(name, case) for name, cases in SERIES.items() for case in cases],
    ids=lambda value: value["case"] if isinstance(value, dict) else value,
)
def test_an_alarm_goes_off_on_these_metrics_then_and_only_then(
    name: str, case: dict[str, Any]
) -> None:
    this, step = alarm(name), case["step"]
    recorded = {
        metric: {
            index * step: [float(value)] for index, value in enumerate(values) if value is not None
        }
        for metric, values in case["metrics"].items()
    }
    minutes = step * max((len(values) for values in case["metrics"].values()), default=12)
    (period,) = {metric.period // 60 for metric in metrics_of(this).values()}
    found = states(this, recorded, minutes)
    at = [(index + 1) * period for index, state in enumerate(found) if state == ALARM]
    assert at == case["alarms_at"]


def test_each_alarm_is_tried_on_metrics_that_set_it_off_and_that_do_not() -> None:
    assert SERIES.keys() == ALARMS.keys()
    for name, cases in SERIES.items():
        assert {bool(case["alarms_at"]) for case in cases} == {True, False}, name


def test_what_the_evaluation_does_not_know_is_an_error() -> None:
    this = alarm("failed-attempts")
    with pytest.raises(AlarmError, match="no metric attempt"):
        states(this, {"attempt": {}}, 5)
    unknown = {**this["Metrics"][0], "Expression": "ANOMALY_DETECTION_BAND(failed, 2)"}
    metrics = [unknown, *this["Metrics"][1:]]
    with pytest.raises(AlarmError, match="ANOMALY_DETECTION_BAND"):
        states({**this, "Metrics": metrics}, {"failed": {0: [1]}}, 5)
    with pytest.raises(AlarmError, match="does not breach"):
        states({**this, "TreatMissingData": "breaching"}, {"failed": {0: [1]}}, 5)


def test_an_alarm_becomes_a_check_result() -> None:
    assert check_result(state_change("logmart-dead-letters"), "logmart") == {
        "runId": "alarm-dead-letters-20260302T050000Z",
        "runDate": "2026-03-02",
        "task": "messages",
        "stage": "anomaly",
        "platform": "alarm",
        "check": "dead_letters",
        "checkKind": "alarm",
        "subjectKind": "queue",
        "subject": "messages-dead",
        "status": "failed",
        "severity": "critical",
        "owner": "crm",
        "checkedAt": "2026-03-02T05:00:00.123Z",
        "message": "expected that there are no dead letters",
    }
    ended = check_result(state_change("logmart-dead-letters", "OK"), "logmart")
    assert ended is not None
    assert (ended["status"], ended["severity"]) == ("passed", "info")
    assert "message" not in ended
    unknown = state_change("logmart-dead-letters", "INSUFFICIENT_DATA")
    assert check_result(unknown, "logmart") is None
    with pytest.raises(KeyError):
        check_result(state_change("logmart-other"), "logmart")


def test_the_function_keeps_a_change_once(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    table = desk.tables["alarms"]
    monkeypatch.setenv("ALARMS_TABLE", table.name)
    monkeypatch.setenv("PREFIX", "logmart")
    monkeypatch.setattr(alarm_handler, "_table", lambda: table)
    for state in ("ALARM", "ALARM", "INSUFFICIENT_DATA"):
        alarm_handler.handler(state_change("logmart-throttles", state), None)
    (item,) = table.scan()["Items"]
    assert item["alarm_id"] == "alarm-throttles-20260302T050000Z"
    assert json.loads(item["record"])["severity"] == "warning"
