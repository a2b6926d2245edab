from __future__ import annotations

import gc
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from logmart.dbt.run import Progress, garbage_collection_off


def event(name: str, level: str = "info", msg: str = "", **data: Any) -> Any:
    return SimpleNamespace(
        info=SimpleNamespace(name=name, level=level, msg=msg), data=SimpleNamespace(**data)
    )


def finished(resource_type: str) -> Any:
    return event(
        "NodeFinished", node_info=SimpleNamespace(resource_type=resource_type, node_name="n")
    )


def test_progress_counts_what_the_total_counts() -> None:
    progress = Progress("built")
    progress(event("ConcurrencyLine", node_count=2))
    for resource_type in ("unit_test", "model", "unit_test", "test"):
        progress(finished(resource_type))
    assert (progress.done, progress.total) == (2, 2)


def test_errors_are_shown_and_tracebacks_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("built")
    progress(event("RunResultError", "error", "no such column"))
    progress(event("MainStackTrace", "error", "Traceback"))
    progress(event("LogModelResult", "info", "model 1 of 2"))
    assert capsys.readouterr().out == "no such column\n"


def test_garbage_is_collected_again_after_a_command_that_failed() -> None:
    with suppress(RuntimeError), garbage_collection_off():
        assert not gc.isenabled()
        raise RuntimeError
    assert gc.isenabled()
