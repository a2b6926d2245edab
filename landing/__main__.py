"""The command: `python -m landing --out data`."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from landing.parameters import FileFormat, Parameters
from landing.sample import SampleError, make_sample


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the sample that the arguments ask for and return the exit code: 0, or 2 on refusal."""
    options = _parser().parse_args(arguments)
    try:
        parameters = Parameters(
            users=options.users,
            days=options.days,
            seed=options.seed,
            start=options.start,
            file_format=FileFormat(options.format),
        )
        told = make_sample(options.out, parameters, max(1, options.workers), _say)
    except (SampleError, ValueError) as error:
        _say(f"error: {error}")
        return 2
    except OSError as error:
        _say(f"error: no sample written below {options.out}: {error.strerror or error}")
        return 2
    sys.stdout.write(told + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m landing",
        description="Write a finance super-app's raw logs, with planted defects, fixed by a seed.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path("data"), help="folder to write below")
    parser.add_argument(
        "--users", type=int, default=2_500, help="people, 80 events each in 60 days"
    )
    parser.add_argument("--days", type=int, default=60, help="landed days")
    parser.add_argument("--seed", type=int, default=7, help="another seed, another sample")
    parser.add_argument(
        "--start", type=_date, default=date(2026, 1, 1), help="first landed day", metavar="DATE"
    )
    parser.add_argument(
        "--format",
        choices=[each.value for each in FileFormat],
        default="jsonl",
        help="of the files",
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    return parser


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-01-31") from None


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
