"""Lists the files that a branch changes, committed or not, by git."""

from __future__ import annotations

import subprocess
from pathlib import Path

from logmart.errors import CommandError


def changed_files(project: Path, ref: str) -> list[str]:
    """Return the files that differ from the common ancestor with a ref: new, changed, removed.

    A renamed file is there with both names. Raises CommandError when git finds no such ref, or no
    common ancestor.
    """
    try:
        ancestor = git_names(project, "merge-base", ref, "HEAD")[0].strip()
    except subprocess.CalledProcessError as error:
        raise CommandError(
            f"{ref} is no folder with a manifest.json, and git knows no common ancestor of it and"
            " this branch: fetch it, with its history"
        ) from error
    differing = git_names(
        project, "diff", "-z", "--name-only", "--no-renames", "--relative", ancestor
    )
    return differing + git_names(project, "ls-files", "-z", "--others", "--exclude-standard")


def knows_commit(project: Path, commit: str) -> bool:
    """Return whether git has a commit."""
    done = subprocess.run(
        ["git", "cat-file", "-e", f"{commit}^{{commit}}"],
        cwd=project,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def project_files(project: Path) -> list[str]:
    """Return the files of the project that git tracks or would add."""
    return git_names(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard")


def git_names(project: Path, *arguments: str) -> list[str]:
    """Return the names that a git command prints, each ended by a NUL character.

    Raises CalledProcessError when git fails.
    """
    done = subprocess.run(
        ["git", *arguments], cwd=project, capture_output=True, text=True, check=True
    )
    return [name for name in done.stdout.split("\0") if name]
