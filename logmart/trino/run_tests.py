"""Runs the tests of the mart on Trino: `logmart trino test` and `logmart trino smoke`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import click

from logmart.errors import CommandError
from logmart.settings import PROJECT
from logmart.trino.install import installed_server, require_java

ALL = ("tests/trino",)
SMOKE = ("tests/trino/test_partitions.py", "tests/trino/test_macros.py")
_PATH = ("tests/python/mart", "tests/trino")


@click.command()
def smoke() -> int:
    """Run the tests on Trino that take a minute or two: one more day, and the macros.

    Without a JDK or server, print what was not checked and exit with 0.
    """
    try:
        require_java()
        installed_server()
    except CommandError as error:
        print(f"NOT CHECKED: the mart on Trino: {error}", flush=True)
        return 0
    return _pytest(SMOKE)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def test(options: tuple[str, ...]) -> int:
    """Build the whole mart on Trino servers and compare every table with DuckDB's.

    Options are passed to pytest.
    """
    return _pytest([*ALL, *options])


def _pytest(arguments: Sequence[str]) -> int:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "servers", *arguments],
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(_PATH)},
        check=False,
    ).returncode
