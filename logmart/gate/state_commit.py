"""Tells whether main's state is of the commit that a branch starts from."""

from __future__ import annotations

import subprocess
from pathlib import Path

_MAIN = ("origin/main", "main")


def other_commit(project: Path, commit: str) -> str:
    """Return a sentence when a state is not of the commit from which the branch starts; "" when it
    is, or where the project is in no repository.

    In: `commit`, that of the state. The branch starts at the newest commit that it shares with
    main; on GitHub, where main is not there, at the first parent of the merge that is built.
    """
    start = _start(project)
    if not (commit and start) or start == commit:
        return ""
    return (
        f"The state is of {commit[:10]}, the branch starts at {start[:10]}: changes of main between"
        " the two are in this report as if they were the branch's."
    )


def _start(project: Path) -> str:
    for name in _MAIN:
        found = _git(project, "merge-base", "HEAD", name)
        if found:
            return found
    is_merge = _git(project, "rev-parse", "--verify", "--quiet", "HEAD^2")
    return _git(project, "rev-parse", "HEAD^1") if is_merge else ""


def _git(project: Path, *arguments: str) -> str:
    """Return what a command of git prints; "" when it fails."""
    done = subprocess.run(
        ["git", *arguments], cwd=project, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
