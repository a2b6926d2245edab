"""Options that several commands share."""

from __future__ import annotations

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
