from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from logmart.errors import CommandError
from logmart.operations import nightly, task_attempt
from logmart.operations.nightly import main, run_pipeline
from logmart.operations.pipeline import TASKS, Attempt, Run
from logmart.operations.task_attempt import PermanentFailure, TransientFailure

RUN = Run("r1", date(2026, 3, 1), "nightly")


@pytest.fixture(autouse=True)
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOGMART_LANDING", str(tmp_path))
    for name in ("OPENMETADATA_HOST", "LOGMART_RETRY_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that says how the attempts of the build end; others succeed."""

    def end(*errors: Exception | None) -> None:
        def run_attempt(attempt: Attempt) -> date | None:
            error = errors[attempt.number - 1] if attempt.task == "build" else None
            if error:
                raise error
            return date(2026, 2, 28)

        monkeypatch.setattr(nightly, "run_attempt", run_attempt)

    return end


def states(landing: Path) -> list[tuple[str, int, str]]:
    files = landing.glob("operations/dt=*/task_runs-nightly-r1-*.jsonl")
    records = [json.loads(file.read_text()) for file in files]
    order = [task.name for task in TASKS]
    return sorted(
        ((one["task"], one["attempt"], one["state"]) for one in records),
        key=lambda step: (order.index(step[0]), step[1], step[2] != "started"),
    )


def test_a_transient_failure_is_retried_after_its_wait(
    attempts: Callable[..., None], landing: Path
) -> None:
    attempts(TransientFailure("busy"), TransientFailure("busy"), None)
    waits: list[float] = []
    assert run_pipeline(RUN, waits.append) is None
    assert waits == [120, 240]
    assert [step for step in states(landing) if step[0] == "build"] == [
        ("build", 1, "started"),
        ("build", 1, "failed"),
        ("build", 2, "started"),
        ("build", 2, "failed"),
        ("build", 3, "started"),
        ("build", 3, "succeeded"),
    ]


@pytest.mark.parametrize(
    ("errors", "count"),
    [([PermanentFailure("a test failed")], 1), ([TransientFailure("busy")] * 3, 3)],
)
def test_after_a_final_failure_no_later_task_runs(
    attempts: Callable[..., None], landing: Path, errors: list[Exception], count: int
) -> None:
    attempts(*errors)
    assert run_pipeline(RUN, lambda seconds: None) == "build"
    assert states(landing)[-1] == ("build", count, "failed")


def test_catalog_and_messages_are_skipped_and_say_why(
    attempts: Callable[..., None], landing: Path
) -> None:
    attempts(None)
    assert run_pipeline(RUN, lambda seconds: None) is None
    assert states(landing)[-6:] == [
        ("catalog_apply", 1, "started"),
        ("catalog_apply", 1, "skipped"),
        ("catalog_verify", 1, "started"),
        ("catalog_verify", 1, "skipped"),
        ("messages", 1, "started"),
        ("messages", 1, "skipped"),
    ]
    (skipped, *_) = landing.glob("operations/dt=*/task_runs-nightly-r1-catalog_verify-1-2.jsonl")
    assert json.loads(skipped.read_text())["failure"] == "OPENMETADATA_HOST is not set"


def test_a_night_started_in_another_folder_falls_back_in_the_project(
    attempts: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts(PermanentFailure("a test failed"))
    for module in (nightly, task_attempt):
        monkeypatch.setattr(module, "PROJECT", tmp_path)
    for name in ("LANDING", "DATABASE", "PUBLISHED", "PAGES"):
        monkeypatch.setenv(f"LOGMART_{name}", name.lower())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with pytest.raises(CommandError, match="the task build failed"):
        main.main(["--date", "2026-03-01"], standalone_mode=False)
    assert len(list(tmp_path.glob("landing/operations/dt=*/actions-nightly-*-fallback.jsonl"))) == 1
    assert list(elsewhere.iterdir()) == []


def test_a_date_that_has_not_come_is_refused(attempts: Callable[..., None], landing: Path) -> None:
    attempts(None)
    with pytest.raises(CommandError, match="2199-01-01 is in the future"):
        main.main(["--date", "2199-01-01"], standalone_mode=False)
    assert list(landing.iterdir()) == []
