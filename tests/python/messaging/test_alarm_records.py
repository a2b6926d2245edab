"""A change of an alarm's state lands once, and the watch tells people of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local_stack import LocalStack
from logmart.messaging.alarms import land_alarms
from logmart.messaging.store import MessageStore
from logmart.operations.watch_database import watch_database

pytest_plugins = ["message_stack"]

AT = datetime(2026, 3, 2, 5, 2, tzinfo=UTC)


def record(minute: int, status: str) -> dict[str, Any]:
    """Return a record as operations/messaging/handler/alarm.py makes it."""
    failed = {"severity": "critical", "message": "expected that there are no dead letters"}
    return {
        "runId": f"alarm-dead-letters-20260302T05{minute:02}00Z",
        "runDate": "2026-03-02",
        "task": "messages",
        "stage": "anomaly",
        "platform": "alarm",
        "check": "dead_letters",
        "checkKind": "alarm",
        "subjectKind": "queue",
        "subject": "messages-dead",
        "status": status,
        "owner": "crm",
        "checkedAt": f"2026-03-02T05:{minute:02}:00.000Z",
        **(failed if status == "failed" else {"severity": "info"}),
    }


def put(stack: LocalStack, *records: dict[str, Any]) -> None:
    for each in records:
        stack.put("alarms", {"alarm_id": each["runId"], "record": json.dumps(each)})


def landed(landing: Path) -> list[dict[str, Any]]:
    paths = sorted(landing.glob("operations/dt=2026-03-02/check_results-*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


def test_a_change_lands_once(store: MessageStore, stack: LocalStack, tmp_path: Path) -> None:
    put(stack, record(0, "failed"))
    assert land_alarms(tmp_path, store, AT) == 1
    assert land_alarms(tmp_path, store, AT) == 0
    put(stack, record(9, "passed"))
    # The one before was landed, and whoever landed it was killed before it was marked.
    put(stack, record(0, "failed"))
    assert land_alarms(tmp_path, store, AT) == 2
    assert landed(tmp_path) == [record(0, "failed"), record(9, "passed")]


@pytest.mark.deep  # builds the models of the watch
def test_the_watch_tells_of_an_alarm_until_it_ends(
    store: MessageStore,
    stack: LocalStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    landing = tmp_path / "landing"
    monkeypatch.setenv("LOGMART_LANDING", str(landing))
    put(stack, record(0, "failed"))
    land_alarms(landing, store, AT)
    database = watch_database(tmp_path / "build/logmart.duckdb")
    database.build(AT)
    (notice,) = database.notices_due()
    assert (notice.subject_kind, notice.subject) == ("queue", "messages-dead")
    assert (notice.owner, notice.severity) == ("crm", "critical")
    assert "no dead letters" in notice.observed
    put(stack, record(1, "passed"))
    land_alarms(landing, store, AT)
    database.build(AT)
    assert database.notices_due() == []
