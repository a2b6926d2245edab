"""Pages of docs/ that are made from the project's YAML: written, or checked to be as written."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from scripts.errors import CommandError
from scripts.settings import PROJECT

WIDTH = 120


def page_command(module: str, target: str, path: Path, page: Callable[[Path], str]) -> int:
    """Write the page of a project to `path` below it, or with --check compare it with the file.

    In: the module and the make target, for what is said; `page`, which makes the text. Returns 0.
    Raises CommandError when the page is checked and the file holds another text.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--check", action="store_true", help="fail when the page is stale")
    parser.add_argument("--project", type=Path, default=PROJECT, help="folder of the dbt project")
    options = parser.parse_args()
    text, file = page(options.project), options.project / path
    if not options.check:
        file.write_text(text, encoding="utf-8")
        print(f"{path} written")
    elif not file.exists() or file.read_text(encoding="utf-8") != text:
        raise CommandError(f"{path} is not what the YAML says: write it again with `make {target}`")
    return 0


def entries(project: Path, folder: str, key: str) -> list[dict[str, Any]]:
    """Return what the YAML files below a folder of models/ list under a key, file by file."""
    found = []
    for file in sorted((project / "models" / folder).rglob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        found += [{**entry, "file": file} for entry in content.get(key, [])]
    return found


def groups(project: Path) -> dict[str, dict[str, Any]]:
    """Return the groups of models/groups.yml by name."""
    content = yaml.safe_load((project / "models/groups.yml").read_text(encoding="utf-8"))
    return {group["name"]: group for group in content["groups"]}


def wrapped(text: str, indent: str = "") -> str:
    """Return a paragraph in lines of at most WIDTH columns, all but the first indented."""
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
