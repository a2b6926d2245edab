"""A state of another commit than the branch starts from is flagged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from logmart.__main__ import run
from logmart.errors import CommandError
from logmart.gate import local
from logmart.gate.state_commit import branch_start, other_commit


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a repository with two commits on main and a branch from the second."""
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    commit(tmp_path, "first")
    commit(tmp_path, "second")
    git(tmp_path, "checkout", "--quiet", "-b", "branch")
    commit(tmp_path, "third")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path, name: str) -> None:
    git(folder, "commit", "--quiet", "--allow-empty", "-m", name)


def test_the_commit_that_the_branch_starts_from_is_not_flagged(clone: Path) -> None:
    assert branch_start(clone) == git(clone, "rev-parse", "main")
    assert other_commit(branch_start(clone), git(clone, "rev-parse", "main")) == ""


def test_an_older_commit_of_main_is_flagged(clone: Path) -> None:
    older = git(clone, "rev-parse", "main~1")
    told = other_commit(branch_start(clone), older)
    assert f"The state is of {older[:10]}, the branch starts at" in told


def test_the_newer_main_counts_that_of_the_clone_or_of_its_origin(clone: Path) -> None:
    older, newer = git(clone, "rev-parse", "main~1"), git(clone, "rev-parse", "main")
    git(clone, "update-ref", "refs/remotes/origin/main", older)
    assert branch_start(clone) == newer
    git(clone, "update-ref", "refs/remotes/origin/main", newer)
    git(clone, "branch", "--quiet", "--force", "main", older)
    assert branch_start(clone) == newer


def test_on_main_the_branch_starts_at_what_is_pushed(clone: Path) -> None:
    pushed = git(clone, "rev-parse", "main~1")
    git(clone, "update-ref", "refs/remotes/origin/main", pushed)
    git(clone, "checkout", "--quiet", "main")
    assert branch_start(clone) == pushed


def test_on_github_the_branch_starts_at_the_first_parent_of_the_merge(clone: Path) -> None:
    git(clone, "checkout", "--quiet", "--detach", "main")
    git(clone, "merge", "--quiet", "--no-ff", "-m", "merge", "branch")
    start = git(clone, "rev-parse", "HEAD^1")
    git(clone, "branch", "--quiet", "-D", "main")
    assert branch_start(clone) == start


def test_outside_of_a_repository_the_start_is_not_known_and_nothing_is_flagged(
    tmp_path: Path,
) -> None:
    assert branch_start(tmp_path) == ""
    assert other_commit("", "0" * 40) == ""


def test_a_branch_of_another_branch_starts_there(clone: Path) -> None:
    git(clone, "checkout", "--quiet", "-b", "upon", "branch")
    commit(clone, "fourth")
    assert branch_start(clone, "branch") == git(clone, "rev-parse", "branch")
    with pytest.raises(CommandError, match="no common commit of nowhere and this branch"):
        branch_start(clone, "nowhere")


# Stands in for the Python of the clone: it records what it is asked for, and makes the state.
PYTHON = """#!/bin/sh
echo "$LOGMART_GATE_BASE $4" >>{log}
if [ $4 = state ]; then mkdir -p $6 && touch $6/state.json; fi
"""


def test_two_local_branches_are_compared_from_where_the_one_leaves_the_other(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clone / "logmart/gate").mkdir(parents=True)
    for name in ("logmart/gate/__init__.py", "requirements.lock"):
        (clone / name).touch()
    git(clone, "add", ".")
    commit(clone, "fourth")
    git(clone, "checkout", "--quiet", "-b", "upon")
    commit(clone, "fifth")
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").write_text(PYTHON.format(log=clone / "log"))
    (clone / ".venv/bin/python").chmod(0o755)
    monkeypatch.setattr(local, "PROJECT", clone)
    monkeypatch.setattr(local, "STATES", clone / "states")
    assert run(["gate", "local", "--base", "branch", "--head", "upon"]) == 0
    start = git(clone, "rev-parse", "branch")
    assert (clone / "log").read_text().splitlines() == [" state", f"{start} report"]
