"""The options of a build, shared by every command that builds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import yaml

from logmart.options import TARGET_PATH
from logmart.settings import project_variables


@dataclass(frozen=True)
class BuildOptions:
    """The options of a build on DuckDB: `chosen` are the variables that override the project's."""

    target_path: Path = Path("target")
    chosen: dict[str, Any] = field(default_factory=dict)
    full_refresh: bool = False

    @property
    def variables(self) -> dict[str, Any]:
        """All variables of the build: the project's, overridden by the chosen ones."""
        return project_variables() | self.chosen


def build_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a build on DuckDB to a command, as its parameter `build: BuildOptions`."""

    def with_build_options(
        sources: list[str],
        variables: dict[str, Any],
        full_refresh: bool,
        target_path: Path,
        **others: Any,
    ) -> Any:
        chosen = variables | ({"sources": sources} if sources else {})
        return command(build=BuildOptions(target_path, chosen, full_refresh), **others)

    with_build_options.__doc__ = command.__doc__
    with_build_options.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    sources = click.option(
        "--sources",
        callback=_names,
        metavar="SOURCES",
        help="Names, separated by commas; default: those in dbt_project.yml.",
    )
    return sources(engine_options(TARGET_PATH(with_build_options)))


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a build on either engine to a command: `variables`, `full_refresh`."""
    variables = click.option(
        "--vars",
        "variables",
        callback=_variables,
        default="{}",
        metavar="YAML",
        help="Variables that override dbt_project.yml for this build, as for dbt.",
    )
    full_refresh = click.option("--full-refresh", is_flag=True, help="Load every landed file anew.")
    return variables(full_refresh(command))


def _names(context: click.Context, option: click.Parameter, value: str | None) -> list[str]:
    """Return names separated by commas or spaces; none when the option is not given."""
    names = (value or "").replace(",", " ").split()
    if value is not None and not names:
        raise click.BadParameter("names no source")
    return names


def _variables(context: click.Context, option: click.Parameter, text: str) -> dict[str, Any]:
    try:
        variables = yaml.safe_load(text)
    except yaml.YAMLError:
        variables = None
    if not isinstance(variables, dict):
        raise click.BadParameter(f"{text!r} is no mapping such as '{{horizon_days: 7}}'")
    return variables
