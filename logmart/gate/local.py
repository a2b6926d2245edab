"""Runs the gate on two branches of a clone: `logmart gate local --base main --head BRANCH`.

Like the workflow, it checks out the common ancestor and the branch in folders of their own. It
makes the ancestor's state with the ancestor's code, unless a state is kept from before, and the
report with the branch's code.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from logmart.errors import CommandError
from logmart.gate.state import ABOUT
from logmart.gate.state_commit import BASE_VARIABLE
from logmart.settings import PROJECT

STATES = PROJECT / "target/gate-states"
OUT = PROJECT / "target/pr-report"
_ENVIRONMENTS = (".venv", "ingestion/.venv", "rules/.venv", ".tools")


@click.command(help=__doc__)
@click.option("--base", default="main", help="Branch or commit to compare with.")
@click.option("--head", default="HEAD", help="Branch or commit to report on.")
def main(base: str, head: str) -> int:
    """Make the report on a branch; return the report's exit status."""
    commit = head_commit(head)
    ancestor = _git("merge-base", base, commit)
    print(f"{head} ({commit[:9]}) against {base}, from {ancestor[:9]} on", flush=True)
    state = STATES / ancestor
    if not (state / ABOUT).is_file():
        with checkout(ancestor) as folder:
            if run_logmart(folder, "gate", "state", "--out", str(state)) != 0:
                raise CommandError(f"{base} at {ancestor[:9]} has no state: see above")
    with checkout(commit) as folder:
        # A variable, because the code of an older branch has no such option.
        words = ("gate", "report", "--state", str(state), "--out", str(OUT))
        return run_logmart(folder, *words, environment={BASE_VARIABLE: ancestor})


def run_logmart(folder: Path, *words: str, environment: Mapping[str, str] | None = None) -> int:
    """Run a command of a checkout with its own environment; return its exit status."""
    if not (folder / "logmart/gate").is_dir():
        raise CommandError(f"{folder} is from before there was a command `logmart gate`")
    return subprocess.run(
        [str(folder / ".venv/bin/python"), "-m", "logmart", *words],
        cwd=folder,
        env={**os.environ, "DBT_PROFILES_DIR": "profiles", **(environment or {})},
        check=False,
    ).returncode


def head_commit(name: str = "HEAD") -> str:
    """Return the commit of a branch. Raises CommandError when there is none of that name."""
    return _git("rev-parse", "--verify", f"{name}^{{commit}}")


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Check out a commit in a temporary folder with this clone's environments; remove it after."""
    with tempfile.TemporaryDirectory(prefix="gate-") as parent:
        folder = Path(parent) / "logmart"
        _git("worktree", "add", "--detach", "--quiet", str(folder), commit)
        try:
            for name in _ENVIRONMENTS:
                if (PROJECT / name).exists():
                    (folder / name).symlink_to((PROJECT / name).resolve())
            lock = "requirements.lock"
            if (folder / lock).read_bytes() != (PROJECT / lock).read_bytes():
                print(f"{lock} of {commit[:9]} differs from this clone's: this clone's environment"
                      " is used", file=sys.stderr)  # fmt: skip
            yield folder
        finally:
            _git("worktree", "remove", "--force", str(folder))


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise CommandError(f"git {arguments[0]}: {lines[-1]}")
    return done.stdout.strip()
