"""Checks the workflows under .github/: `logmart check workflows`.

actionlint says whether they would run, zizmor whether they are safe, both without a network once
they are installed. actionlint comes as source: where Go is, it is built into .tools at the version
named here; elsewhere it is left out, and said so. Exits with 1 when either finds anything.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import click

from logmart.checks import skipped_tests_plugin as not_checked
from logmart.errors import CommandError
from logmart.settings import PROJECT

ACTIONLINT = "v1.7.12"
# What Go says of the module that the command was built from, its hash among it.
ACTIONLINT_MODULE = (
    f"github.com/rhysd/actionlint\t{ACTIONLINT}\th1:vQ4GeJN86C0QH+gTUQcs8McmK62OLT3kmakPMtEWYnY="
)
ZIZMOR = PROJECT / "rules/.venv/bin/zizmor"
_GO = ("go", "/usr/local/go/bin/go")


@click.command(help=__doc__)
def main() -> int:
    """Run both; return 1 when either finds anything."""
    codes = [_run([str(zizmor()), "--offline", "--quiet", ".github"])]
    actionlint = installed_actionlint(PROJECT / ".tools")
    if actionlint is None:
        reason = "the workflows by actionlint: there is no Go to build it with"
        print(f"logmart: not checked: {reason}")
        not_checked.note(reason)
    else:
        # Without what a machine happens to have: findings would differ from one to another.
        codes.append(_run([str(actionlint), "-shellcheck=", "-pyflakes="]))
    return int(any(codes))


def zizmor() -> Path:
    """Return the command. Raises CommandError when it is not installed."""
    if not ZIZMOR.exists():
        raise CommandError("zizmor is not installed: `make lint` does that, into rules/.venv")
    return ZIZMOR


def installed_actionlint(tools: Path) -> Path | None:
    """Return the command, built if it was not there; nothing where there is no Go.

    Raises CommandError when it cannot be built, or was built from another source.
    """
    folder = tools / f"actionlint-{ACTIONLINT}"
    command = folder / "actionlint"
    if command.exists():
        return command
    go = next(filter(None, map(shutil.which, _GO)), None)
    if go is None:
        return None
    print(f"logmart: building actionlint {ACTIONLINT} in {folder.relative_to(PROJECT)}", flush=True)
    done = subprocess.run(
        [go, "install", f"github.com/rhysd/actionlint/cmd/actionlint@{ACTIONLINT}"],
        env={**os.environ, "GOBIN": str(folder), "GOFLAGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"actionlint could not be built: {done.stderr.strip()}")
    told = subprocess.run(
        [go, "version", "-m", str(command)], capture_output=True, text=True, check=True
    )
    if f"\tmod\t{ACTIONLINT_MODULE}\n" not in told.stdout:
        command.unlink()
        raise CommandError(
            f"actionlint {ACTIONLINT} does not have the hash that logmart/checks/workflows.py"
            " names: do not run it, and see what GOPROXY hands out"
        )
    return command


def _run(command: list[str]) -> int:
    return subprocess.run(command, cwd=PROJECT, check=False).returncode
