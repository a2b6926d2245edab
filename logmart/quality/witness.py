"""Asks Great Expectations to validate batches, in a process of operations/.venv."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from logmart.errors import CommandError
from logmart.operations_script import (
    PYTHON,
    REMEDY,
    OperationsScript,
    ScriptEndedError,
    operations_script,
)
from logmart.quality.suites import Expectation
from logmart.settings import PROJECT

SCRIPT = PROJECT / "operations/quality/run_expectations.py"
_ENVIRONMENT = {"GX_ANALYTICS_ENABLED": "False", "TQDM_DISABLE": "1"}


@dataclass(frozen=True)
class Verdict:
    """What Great Expectations says of an expectation on a batch.

    `outcome` is passed, failed, or error: the expectation raised `raised`, and judged nothing.
    """

    outcome: str
    failure_count: int
    checked_count: int
    raised: str


class Witness:
    """Validates batches with a process that has imported Great Expectations once."""

    def __init__(self, script: OperationsScript) -> None:
        self._script = script

    def validate(
        self, batch: Path, expectations: Sequence[Expectation], keys: Path
    ) -> list[Verdict]:
        """Return a verdict for each expectation; write the rows that they flag to `keys`.

        Raises CommandError when the process ends.
        """
        job = {
            "batch": batch,
            "keys": keys,
            "expectations": [each.as_json() for each in expectations],
        }
        try:
            answer = self._script.ask(job)
        except ScriptEndedError as error:
            raise CommandError(f"Great Expectations stopped: {_reason(str(error))}") from error
        return [Verdict(**each) for each in answer["results"]]


@contextmanager
def great_expectations() -> Iterator[Witness]:
    """Start the process that validates batches, and end it.

    Raises CommandError when its environment is not installed.
    """
    with operations_script(PYTHON, SCRIPT, "checks files", _ENVIRONMENT) as script:
        yield Witness(script)


def _reason(last_error: str) -> str:
    """Return why the process ended, without the text of its error, which may hold a value."""
    if "No module named 'great_expectations'" in last_error:
        return f"{PYTHON} does not have it: {REMEDY}"
    return last_error.partition(":")[0]
