"""Writes the raw logs of a finance super-app with planted defects; a seed determines them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from logmart.sample.parameters import FileFormat, Parameters
from logmart.sample.write import SampleError, make_sample


@click.command(help=__doc__, context_settings={"show_default": True})
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("data"), help="Folder to write below."
)
@click.option("--users", default=2_500, help="People, 80 events each in 60 days.")
@click.option("--days", default=60, help="Landed days.")
@click.option("--seed", default=7, help="Another seed, another sample.")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    default=str(date(2026, 1, 1)),
    callback=lambda _, __, day: day.date(),
    help="First landed day.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice([each.value for each in FileFormat]),
    default=FileFormat.JSONL.value,
    callback=lambda _, __, word: FileFormat(word),
    help="Of the files.",
)
@click.option("--clean", "is_clean", is_flag=True, help="Plant no defect and no fault.")
@click.option("--workers", default=os.cpu_count() or 1, help="Processes.")
def command(out: Path, workers: int, **given: Any) -> int:
    """Write the sample that the options ask for; return 0, or 2 on refusal.

    In: `given`, the fields of Parameters.
    """
    try:
        summary = make_sample(out, Parameters(**given), max(1, workers), _say)
    except (SampleError, ValueError) as error:
        _say(f"error: {error}")
        return 2
    except OSError as error:
        _say(f"error: no sample written below {out}: {error.strerror or error}")
        return 2
    sys.stdout.write(summary + "\n")
    return 0


def main(arguments: Sequence[str]) -> int:
    """Run the command with these arguments; return its exit code."""
    code: int = command.main(list(arguments), standalone_mode=False)
    return code


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
