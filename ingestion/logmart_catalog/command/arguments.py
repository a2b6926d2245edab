"""The arguments of the command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from logmart_catalog.lineage.command import add_arguments as add_lineage_arguments
from openmetadata_standin.conformance.arguments import DESCRIPTION as CONFORMANCE
from openmetadata_standin.conformance.arguments import add_arguments as add_conformance_arguments

ERROR = 1

_EPILOG = """exit codes:
  0  done; plan: also when there are changes, unless --detailed-exitcode is given
  1  an error, one line on stderr; nothing was written unless apply had begun to write
  2  plan --detailed-exitcode: there are changes; verify: there is drift, or with --strict
     something that others made; conformance: the server differs from the stand-in
  3  apply, verify, plan --detailed-exitcode without changes: done, but something was left out,
     named and counted, because this server does not support it or the artifacts are incomplete
     (0 with acceptLeftOut in the configuration)

environment (apply, conformance, verify, and plan without --offline or --against):
  OPENMETADATA_HOST       the API's base address, such as http://127.0.0.1:8585/api
  OPENMETADATA_JWT_TOKEN  the token of a bot
"""


class _Parser(argparse.ArgumentParser):
    """Exits with 1, not argparse's 2, on wrong arguments: 2 means that something differs."""

    def error(self, message: str) -> NoReturn:
        self.exit(ERROR, f"{self.prog}: {message}; see --help\n")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the parsed options. Ends the process on wrong arguments, and after --help."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "plan" and options.out and (options.offline or options.against):
        parser.error("plan --out saves a plan for a server; leave out --offline and --against")
    chosen = options.command == "apply" and (options.select or options.exclude or options.strict)
    if chosen and options.plan_file:
        parser.error(
            "a saved plan is applied as it is; give --select, --exclude, --strict to `plan`"
        )
    if options.command == "apply" and bool(options.plan_file) == bool(options.target_path):
        parser.error("apply needs either --target-path or the FILE of a saved plan")
    return options


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
    _add_common(plan, ("text", "json", "markdown"))
    _add_common(apply, ("text", "json"), planned=True)
    _add_common(verify, ("text", "json"))
    lineage = commands.add_parser("lineage", help="show where every column comes from")
    add_lineage_arguments(lineage)
    conformance = commands.add_parser(
        "conformance",
        help="try the behaviours of a server and compare them with the stand-in's",
        description=CONFORMANCE,
    )
    add_conformance_arguments(conformance)
    _add_plan(plan)
    _add_apply(apply)
    return parser


def _add_plan(plan: argparse.ArgumentParser) -> None:
    against = plan.add_mutually_exclusive_group()
    against.add_argument("--offline", action="store_true", help="compare with nothing")
    against.add_argument("--against", type=Path, metavar="FILE", help="compare with a saved state")
    plan.add_argument("--save", type=Path, metavar="FILE", help="save the state dbt wants")
    plan.add_argument("--out", type=Path, metavar="FILE", help="save the plan, for `apply FILE`")
    plan.add_argument(
        "--detailed-exitcode", action="store_true", help="exit with 2 when there are changes"
    )


def _add_apply(apply: argparse.ArgumentParser) -> None:
    apply.add_argument(
        "plan_file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="a plan that `plan --out` saved: it is carried out exactly, or refused when the"
        " server has changed since",
    )
    apply.add_argument(
        "--allow-removals",
        action="store_true",
        help="remove more than maxRemovalShare of our tables",
    )
    apply.add_argument(
        "--hard", action="store_true", help="remove tables for good instead of softly"
    )


def _add_common(
    command: argparse.ArgumentParser, formats: tuple[str, ...], *, planned: bool = False
) -> None:
    """Add the shared options; with `planned`, a saved plan can replace --target-path."""
    command.add_argument(
        "--target-path", type=Path, required=not planned, metavar="DIR", help="dbt's target folder"
    )
    command.add_argument(
        "--config",
        type=Path,
        default=Path(__file__).parents[2] / "openmetadata.yaml",
        metavar="FILE",
        help="the configuration; by default openmetadata.yaml beside the package",
    )
    command.add_argument("--service", metavar="NAME", help="service, instead of the configured one")
    command.add_argument("--database", metavar="NAME", help="database, likewise")
    command.add_argument("--format", choices=formats, default="text")
    command.add_argument("--summary-file", type=Path, metavar="FILE", help="write counts as JSON")
    command.add_argument(
        "--allow-mixed-artifacts",
        action="store_true",
        help="take artifacts that different dbt runs left in the folder",
    )
    for name, what in (
        ("--select", "publish only these nodes"),
        ("--exclude", "do not publish these nodes"),
    ):
        command.add_argument(
            name,
            nargs="+",
            action="extend",
            default=[],
            metavar="NODE",
            help=f"{what}, in dbt's syntax; all others stay in the catalog as they are",
        )
    command.add_argument(
        "--strict",
        action="store_true",
        help="refuse artifacts in which a node is incomplete or out of date (exit 1); verify: also"
        " fail on what others made (exit 2)",
    )
