"""A state of another commit than the branch starts from is flagged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from logmart.gate.state_commit import other_commit


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
    assert other_commit(clone, git(clone, "rev-parse", "main")) == ""


def test_an_older_commit_of_main_is_flagged(clone: Path) -> None:
    older = git(clone, "rev-parse", "main~1")
    told = other_commit(clone, older)
    assert f"The state is of {older[:10]}, the branch starts at" in told


def test_on_github_the_branch_starts_at_the_first_parent_of_the_merge(clone: Path) -> None:
    git(clone, "checkout", "--quiet", "--detach", "main")
    git(clone, "merge", "--quiet", "--no-ff", "-m", "merge", "branch")
    start = git(clone, "rev-parse", "HEAD^1")
    git(clone, "branch", "--quiet", "-D", "main")
    assert other_commit(clone, start) == ""
    assert "the branch starts at" in other_commit(clone, git(clone, "rev-parse", "HEAD^1~1"))


def test_outside_of_a_repository_nothing_is_flagged(tmp_path: Path) -> None:
    assert other_commit(tmp_path, "0" * 40) == ""
