"""Sends messages on loopback, with faults: `logmart messages demo`.

A queue on ElasticMQ, tables on moto, a provider of its own, and workers run with the settings of
the template. Users are made up. It needs a JDK and `operations/.venv`.
"""

from __future__ import annotations

import os
import subprocess

import click

from logmart.errors import CommandError
from logmart.operations_script import PYTHON, REMEDY
from logmart.settings import PROJECT

_MODULE = "operations.messaging.demo"


@click.command(help=__doc__)
@click.option("--messages", type=click.IntRange(20, 10_000), default=200, show_default=True)
@click.option(
    "--without-key", is_flag=True, help="The provider takes no idempotency key; default: it does."
)
def main(messages: int, without_key: bool) -> int:
    """Run the demo; return 1 when a message was lost, or sent twice. Raises CommandError."""
    if not PYTHON.exists():
        raise CommandError(f"{PYTHON} is not there, which sends messages: {REMEDY}")
    arguments = [str(messages), *(["--without-key"] if without_key else [])]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [str(PYTHON), "-m", _MODULE, *arguments]
    return subprocess.run(command, env=environment, cwd=PROJECT, check=False).returncode
