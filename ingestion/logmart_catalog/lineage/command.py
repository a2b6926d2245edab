"""The command `logmart-catalog lineage`."""

from __future__ import annotations

import argparse
from pathlib import Path

from logmart_catalog.artifacts.read import read_artifacts
from logmart_catalog.lineage.project import project_lineage
from logmart_catalog.lineage.render import lineage_json, lineage_text
from logmart_catalog.lineage.walk import find_column, tree


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    command.add_argument(
        "--target-path", type=Path, required=True, metavar="DIR", help="dbt's target folder"
    )
    command.add_argument("--json", action="store_true", help="every column, as JSON")
    command.add_argument(
        "--column", metavar="SCHEMA.TABLE.COLUMN", help="show the tree of one column"
    )
    command.add_argument(
        "--down", action="store_true", help="show the column's descendants, not its parents"
    )


def run(options: argparse.Namespace) -> str:
    """Return the output of the command. Raises ArtifactError and UnknownColumnError."""
    artifacts = read_artifacts(options.target_path, mixed=True)
    project = project_lineage(artifacts)
    if options.column:
        return tree(project, find_column(project, options.column), down=options.down)
    return lineage_json(project) if options.json else lineage_text(project)
