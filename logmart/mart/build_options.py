"""The options of a build, for every command that builds or does something to a build."""

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
    """How a build on DuckDB differs from the project's: `chosen` are the variables that do."""

    target_path: Path = Path("target")
    chosen: dict[str, Any] = field(default_factory=dict)
    full_refresh: bool = False

    @property
    def variables(self) -> dict[str, Any]:
        """All variables of the build: the project's, and those that differ."""
        return project_variables() | self.chosen


def build_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a build on DuckDB, as its parameter `build`: BuildOptions."""

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
        help="Names with commas between; default: those in dbt_project.yml.",
    )
    return sources(engine_options(TARGET_PATH(with_build_options)))


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a build on either engine: `variables` and `full_refresh`."""
    variables = click.option(
        "--vars",
        "variables",
        callback=_variables,
        default="{}",
        metavar="YAML",
        help="Variables of dbt_project.yml that differ for this build, as dbt takes them.",
    )
    full_refresh = click.option("--full-refresh", is_flag=True, help="Load every landed file anew.")
    return variables(full_refresh(command))


def _names(context: click.Context, option: click.Parameter, value: str | None) -> list[str]:
    """Return names given with commas or spaces between; none where the option is not given."""
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
