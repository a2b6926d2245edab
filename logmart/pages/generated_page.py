"""Writes the pages of docs/ that are generated from YAML, or checks that they are up to date."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import click

from logmart.errors import CommandError
from logmart.options import PROJECT_FOLDER

WIDTH = 120


def page_command(
    name: str, help_text: str | None, path: Path, page: Callable[[Path], str]
) -> click.Command:
    """Return the command `logmart pages <name>`.

    The command writes the page of a project to `path` below it. With --check it compares the page
    with the file, and raises CommandError when they differ.

    In: `page`, the function that makes the text from the project's folder.
    """

    @click.command(name, help=help_text)
    @click.option("--check", is_flag=True, help="Fail when the page is stale.")
    @PROJECT_FOLDER
    def command(check: bool, project: Path) -> int:
        text, file = page(project), project / path
        if not check:
            file.write_text(text, encoding="utf-8")
            print(f"{path} written")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            raise CommandError(
                f"{path} differs from the YAML: write it again with `logmart pages {name}`"
            )
        return 0

    return command


def wrapped(text: str, indent: str = "") -> str:
    """Return a paragraph in lines of at most WIDTH columns, all but the first indented."""
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
