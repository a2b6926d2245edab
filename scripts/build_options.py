"""The options of a build, for every command that builds or does something to a build."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import yaml

from scripts.settings import project_variables


def build_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options of a build on DuckDB."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument(
        "--sources",
        nargs="+",
        action=_Names,
        metavar="SOURCE",
        help="by spaces or commas; default: those in dbt_project.yml",
    )
    add_build_options(parser)
    parser.add_argument(
        "--target-path", type=Path, default=Path("target"), help="folder of dbt's artifacts"
    )
    return parser


def add_build_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a build on either engine: --vars and --full-refresh."""
    parser.add_argument(
        "--vars",
        type=_variables,
        default={},
        metavar="YAML",
        help="variables of dbt_project.yml that differ for this build, as dbt takes them",
    )
    parser.add_argument("--full-refresh", action="store_true", help="load every landed file anew")


def chosen_variables(options: argparse.Namespace) -> dict[str, Any]:
    """Return the variables that differ for a build, by its options; --sources is one of them."""
    chosen: dict[str, Any] = options.vars
    return chosen | ({"sources": options.sources} if options.sources else {})


def build_variables(options: argparse.Namespace) -> dict[str, Any]:
    """Return all variables of a build: the project's, and those that differ."""
    return project_variables() | chosen_variables(options)


class _Names(argparse.Action):
    """Names by spaces or commas, as a list."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        names = [name for value in values for name in value.replace(",", " ").split()]
        if not names:
            raise argparse.ArgumentError(self, "names no source")
        setattr(namespace, self.dest, names)


def _variables(text: str) -> dict[str, Any]:
    try:
        variables = yaml.safe_load(text)
    except yaml.YAMLError:
        variables = None
    if not isinstance(variables, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is no mapping such as '{{horizon_days: 7}}'")
    return variables
