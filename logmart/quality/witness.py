"""Asks Great Expectations to validate batches, in a process of operations/.venv."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from logmart.errors import CommandError
from logmart.quality.suites import Expectation
from logmart.settings import PROJECT

PYTHON = PROJECT / "operations/.venv/bin/python"
SCRIPT = PROJECT / "operations/quality/run_expectations.py"
_REMEDY = "install it with `make operations/.venv/.locked`"


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

    def __init__(self, process: subprocess.Popen[str], errors: TextIO) -> None:
        self._process = process
        self._errors = errors

    def validate(
        self, batch: Path, expectations: Sequence[Expectation], keys: Path
    ) -> list[Verdict]:
        """Return a verdict for each expectation; write the rows that they flag to `keys`.

        Raises CommandError when the process ends.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = {
            "batch": str(batch),
            "keys": str(keys),
            "expectations": [each.as_json() for each in expectations],
        }
        try:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise CommandError(f"Great Expectations stopped: {self._last_error()}")
        return [Verdict(**each) for each in json.loads(line)["results"]]

    def _last_error(self) -> str:
        """Return why the process ended, without the text of its error, which may hold a value."""
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines() or ["the process ended"]
        if "No module named 'great_expectations'" in lines[-1]:
            return f"{PYTHON} does not have it: {_REMEDY}"
        return lines[-1].partition(":")[0]


@contextmanager
def great_expectations() -> Iterator[Witness]:
    """Start the process that validates batches, and end it.

    Raises CommandError when its environment is not installed.
    """
    if not PYTHON.exists():
        raise CommandError(f"{PYTHON} is not there, which checks files: {_REMEDY}")
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [PYTHON, SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            env={**os.environ, "GX_ANALYTICS_ENABLED": "False", "TQDM_DISABLE": "1"},
        )
        try:
            yield Witness(process, errors)
        finally:
            # This closes the process's input, which ends it, and waits.
            process.communicate()
