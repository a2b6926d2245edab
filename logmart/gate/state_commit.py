"""Tells where a branch starts, and whether main's state is of that commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

from logmart.errors import CommandError

# Names the base for a command that another starts.
BASE_VARIABLE = "LOGMART_GATE_BASE"


def branch_start(project: Path, base: str = "") -> str:
    """Return the commit from which a branch starts: the newest that it shares with its base.

    In: `base`, a ref; "" for main. On GitHub, where main is not there, the branch starts at the
    first parent of the merge that is built. Returns "" where git does not know it, as outside of a
    repository. Raises CommandError when a base that is named shares no commit with the branch.
    """
    names = (base,) if base else ("origin/main", "main")
    shared = [found for name in names if (found := _git(project, "merge-base", "HEAD", name))]
    if _git(project, "symbolic-ref", "--quiet", "--short", "HEAD") == "main":
        # What is not pushed is the change.
        shared = shared[:1]
    # A clone's main can be older than that of its origin, or newer.
    behind = {
        older
        for older in shared
        for newer in shared
        if older != newer and _git(project, "merge-base", older, newer) == older
    }
    newest = [commit for commit in shared if commit not in behind]
    if newest:
        return newest[0]
    if base:
        raise CommandError(f"git knows no common commit of {base} and this branch: fetch it")
    is_merge = _git(project, "rev-parse", "--verify", "--quiet", "HEAD^2")
    return _git(project, "rev-parse", "HEAD^1") if is_merge else ""


def other_commit(start: str, commit: str) -> str:
    """Return a sentence when a state is of another commit than that from which the branch starts;
    "" when it is of the same, or one of them is not known.
    """
    if not (commit and start) or start == commit:
        return ""
    return (
        f"The state is of {commit[:10]}, the branch starts at {start[:10]}: changes of main between"
        " the two are in this report as if they were the branch's."
    )


def _git(project: Path, *arguments: str) -> str:
    """Return what a command of git prints; "" when it fails."""
    done = subprocess.run(
        ["git", *arguments], cwd=project, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
