"""Runs a script in the environment of operations: a job a line goes in, an answer a line comes out.

The process starts once, because what it imports takes seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from logmart.errors import CommandError
from logmart.settings import PROJECT

PYTHON = PROJECT / "operations/.venv/bin/python"
REMEDY = "install it with `make operations/.venv/.locked`"


class ScriptEndedError(Exception):
    """The process ended. The message is the last line of its errors."""


class OperationsScript:
    """A script at work."""

    def __init__(self, process: subprocess.Popen[str], errors: TextIO) -> None:
        self._process = process
        self._errors = errors

    def ask(self, job: Mapping[str, object]) -> dict[str, Any]:
        """Return the answer to a job. Raises ScriptEndedError when there is none."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(job, default=str) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise ScriptEndedError(self._last_error())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_error(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        return (self._errors.read().strip().splitlines() or ["the process ended"])[-1]


@contextmanager
def operations_script(
    python: Path, script: Path, work: str, environment: Mapping[str, str] | None = None
) -> Iterator[OperationsScript]:
    """Start a script, and end it.

    In: `work`, what it does, for the error; `environment`, variables besides those of this process.
    Raises CommandError when the environment of operations is not installed.
    """
    if not python.exists():
        raise CommandError(f"{python} is not there, which {work}: {REMEDY}")
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [python, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            env={**os.environ, **(environment or {})},
        )
        try:
            yield OperationsScript(process, errors)
        finally:
            # This closes the process's input, which ends it, and waits.
            process.communicate()
