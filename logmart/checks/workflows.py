"""Checks the workflows under .github/: `logmart check workflows`.

actionlint checks that they would run, zizmor that they are safe; once installed, neither needs a
network. actionlint is built from source, into .tools, at the version named here. Without Go it is
skipped and reported as not checked. Exits with 1 when either finds anything.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import click

from logmart.checks import skipped_tests_plugin
from logmart.errors import CommandError
from logmart.settings import PROJECT

ACTIONLINT = "v1.7.12"
# The line by which `go version -m` names the module that the command was built from, and its hash.
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
        skipped_tests_plugin.note(reason)
    else:
        # shellcheck and pyflakes are switched off: findings would depend on what is installed.
        codes.append(_run([str(actionlint), "-shellcheck=", "-pyflakes="]))
    return int(any(codes))


def zizmor() -> Path:
    """Return the path of zizmor. Raises CommandError when it is not installed."""
    if not ZIZMOR.exists():
        raise CommandError("zizmor is not installed: `make lint` does that, into rules/.venv")
    return ZIZMOR


def installed_actionlint(tools: Path) -> Path | None:
    """Return the path of actionlint, and build it if needed; None where there is no Go.

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
    build_info = subprocess.run(
        [go, "version", "-m", str(command)], capture_output=True, text=True, check=True
    )
    if f"\tmod\t{ACTIONLINT_MODULE}\n" not in build_info.stdout:
        command.unlink()
        raise CommandError(
            f"actionlint {ACTIONLINT} does not have the hash that logmart/checks/workflows.py"
            " names: do not run it, and check the source that GOPROXY serves"
        )
    return command


def _run(command: list[str]) -> int:
    return subprocess.run(command, cwd=PROJECT, check=False).returncode
