"""Starts and stops a stand-in in its own process."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

INGESTION = Path(__file__).parents[1]


class StartError(Exception):
    """The stand-in did not start; the reason is on its stderr."""


@dataclass(frozen=True)
class Process:
    """A running stand-in: its process and the base address of its API."""

    process: subprocess.Popen[str]
    address: str

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and return its exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=60)


def start(state: Path, *options: str) -> Process:
    """Start a stand-in and wait until it prints its address.

    In: the path of its state, and further options of its command. Raises StartError.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "openmetadata_standin", "--state", str(state), *options],
        cwd=INGESTION,
        stdout=subprocess.PIPE,
        text=True,
    )
    address = process.stdout.readline().strip() if process.stdout else ""
    if not address:
        process.wait(timeout=60)
        raise StartError("the stand-in of OpenMetadata's API did not start")
    return Process(process, address)
