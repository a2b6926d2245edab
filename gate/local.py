"""The gate on a clone, as its workflow runs it: `python -m gate.local --base main --head BRANCH`.

Checks both out in folders of their own, makes the state of their common ancestor with its own code,
unless it is kept from before, and the report on the branch with the branch's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gate.state import ABOUT
from scripts.errors import CommandError, run_command
from scripts.settings import PROJECT

STATES = PROJECT / "target/gate-states"
OUT = PROJECT / "target/pr-report"
_ENVIRONMENTS = (".venv", "ingestion/.venv", "rules/.venv", ".tools")


def main() -> int:
    """Make the report on a branch; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m gate.local", description=__doc__)
    parser.add_argument("--base", default="main", help="branch or commit to compare with")
    parser.add_argument("--head", default="HEAD", help="branch or commit to report on")
    options = parser.parse_args()
    head = head_commit(options.head)
    base = _git("merge-base", options.base, head)
    print(f"{options.head} ({head[:9]}) against {options.base}, from {base[:9]} on", flush=True)
    state = STATES / base
    if not (state / ABOUT).is_file():
        with checkout(base) as folder:
            if run_module(folder, "gate.state", "--out", str(state)) != 0:
                raise CommandError(f"{options.base} at {base[:9]} has no state: see above")
    with checkout(head) as folder:
        return run_module(folder, "gate.pull_request", "--state", str(state), "--out", str(OUT))


def run_module(folder: Path, module: str, *arguments: str) -> int:
    """Run a module of a checkout with its own environment; return its exit status."""
    if not (folder / "gate").is_dir():
        raise CommandError(f"{folder} has no gate: it is from before there was one")
    return subprocess.run(
        [str(folder / ".venv/bin/python"), "-m", module, *arguments],
        cwd=folder,
        env={**os.environ, "DBT_PROFILES_DIR": "profiles"},
        check=False,
    ).returncode


def head_commit(name: str = "HEAD") -> str:
    """Return the commit of a branch. Raises CommandError when there is none of that name."""
    return _git("rev-parse", "--verify", f"{name}^{{commit}}")


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Check a commit out in a folder of its own, with this clone's environments, for a while."""
    with tempfile.TemporaryDirectory(prefix="gate-") as parent:
        folder = Path(parent) / "logmart"
        _git("worktree", "add", "--detach", "--quiet", str(folder), commit)
        try:
            for name in _ENVIRONMENTS:
                if (PROJECT / name).exists():
                    (folder / name).symlink_to((PROJECT / name).resolve())
            lock = "requirements.lock"
            if (folder / lock).read_bytes() != (PROJECT / lock).read_bytes():
                print(f"{lock} of {commit[:9]} is not this clone's: its environment is used all the"
                      " same", file=sys.stderr)  # fmt: skip
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


if __name__ == "__main__":
    run_command(main)
