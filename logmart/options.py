"""Options that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from logmart.settings import PROJECT, TARGET_VARIABLE

TARGET_PATH = click.option(
    "--target-path",
    type=click.Path(path_type=Path),
    default=Path("target"),
    envvar=TARGET_VARIABLE,
    show_default=True,
    help="Folder of dbt's artifacts.",
)
PROJECT_FOLDER = click.option(
    "--project",
    type=click.Path(path_type=Path),
    default=PROJECT,
    help="Folder of the dbt project.",
)


def moment(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    """Return the moment of an option, as its callback; without an offset it is in UTC."""
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no moment such as 2026-03-01T20:00Z") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
