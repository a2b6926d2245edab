"""The command `logmart-catalog`: arguments in, a report on stdout, an exit code."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from logmart_catalog import engine
from logmart_catalog.config import Config, override, read_config, read_connection
from logmart_catalog.desired import Desired
from logmart_catalog.engine import Report
from logmart_catalog.errors import CatalogError, StateError
from logmart_catalog.render import apply_text, plan_text, report_json, verify_text
from logmart_catalog.state_file import read_state, write_state
from logmart_catalog.summary import Summary, summarize

OK, ERROR, DIFFERENT = 0, 1, 2

_EPILOG = """exit codes:
  0  done; plan: also when there are changes, unless --detailed-exitcode is given
  1  an error, told in one line on stderr; nothing was written unless apply had begun to
  2  plan --detailed-exitcode: there are changes; verify: there is drift

environment (apply, verify, and plan without --offline or --against):
  OPENMETADATA_HOST       the API's base address, such as http://127.0.0.1:8585/api
  OPENMETADATA_JWT_TOKEN  the token of a bot
"""


class _Parser(argparse.ArgumentParser):
    """Ends with 1 on a wrong call: 2 means a difference here."""

    def error(self, message: str) -> NoReturn:
        self.exit(ERROR, f"{self.prog}: {message}; see --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code. Errors are one line on stderr."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except CatalogError as error:
        print(f"logmart-catalog {options.command}: {error}", file=sys.stderr)
        return ERROR


def _run(options: argparse.Namespace) -> int:
    config = override(read_config(options.config), options.service, options.database)
    desired = engine.load(options.target_path, config)
    if options.command == "plan":
        return _plan(options, desired)
    if options.command == "apply":
        return _apply(options, desired, config)
    return _verify(options, desired)


def _plan(options: argparse.Namespace, desired: Desired) -> int:
    if options.offline:
        report = engine.plan_offline(desired)
    elif options.against:
        report = engine.plan_against(desired, read_state(options.against), str(options.against))
    else:
        report = engine.plan_server(desired, read_connection(os.environ, "plan"))
    if options.save:
        write_state(options.save, report.desired)
    summary = summarize(report, drift=False)
    _print(options, plan_text(report), report, summary)
    changed = options.detailed_exitcode and report.plan.actions
    return DIFFERENT if changed else OK


def _apply(options: argparse.Namespace, desired: Desired, config: Config) -> int:
    def show(report: Report) -> None:
        if options.format == "text":
            print(plan_text(report), flush=True)

    report = engine.apply_server(
        desired,
        read_connection(os.environ, "apply"),
        config,
        allow_removals=options.allow_removals,
        show=show,
    )
    summary = summarize(report, drift=False)
    _print(options, apply_text(summary), report, summary)
    return OK


def _verify(options: argparse.Namespace, desired: Desired) -> int:
    report = engine.plan_server(desired, read_connection(os.environ, "verify"))
    summary = summarize(report, drift=True)
    _print(options, verify_text(report, summary), report, summary)
    return DIFFERENT if summary.drift else OK


def _print(options: argparse.Namespace, text: str, report: Report, summary: Summary) -> None:
    if options.summary_file:
        _write_summary(options.summary_file, summary)
    print(text if options.format == "text" else report_json(options.command, report, summary))


def _write_summary(path: Path, summary: Summary) -> None:
    try:
        path.write_text(json.dumps(asdict(summary), ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise StateError(f"{path}: the summary cannot be written: {error.strerror}") from error


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="logmart-catalog",
        description="Keeps OpenMetadata in step with dbt's artifacts.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    plan = commands.add_parser("plan", help="show what apply would change; writes nothing")
    apply = commands.add_parser("apply", help="write the differences to the catalog")
    verify = commands.add_parser("verify", help="read the catalog back and report drift")
    for command in (plan, apply, verify):
        _add_common(command)
    against = plan.add_mutually_exclusive_group()
    against.add_argument("--offline", action="store_true", help="compare with nothing")
    against.add_argument("--against", type=Path, metavar="FILE", help="compare with a saved state")
    plan.add_argument("--save", type=Path, metavar="FILE", help="save the state dbt wants")
    plan.add_argument(
        "--detailed-exitcode", action="store_true", help="exit with 2 when there are changes"
    )
    apply.add_argument(
        "--allow-removals",
        action="store_true",
        help="remove more than maxRemovalShare of our tables",
    )
    return parser


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--target-path", type=Path, required=True, metavar="DIR", help="dbt's target folder"
    )
    command.add_argument(
        "--config",
        type=Path,
        default=Path(__file__).parents[1] / "openmetadata.yaml",
        metavar="FILE",
        help="the configuration; by default openmetadata.yaml beside the package",
    )
    command.add_argument("--service", metavar="NAME", help="service, instead of the configured one")
    command.add_argument("--database", metavar="NAME", help="database, likewise")
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.add_argument("--summary-file", type=Path, metavar="FILE", help="write counts as JSON")
