from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from scripts.settings import PROJECT

SHIM = "#!/bin/sh\necho 'pyenv: version 3.99 is not installed' >&2\nexit 127\n"
OLD = "#!/bin/sh\ncase $2 in *print*) echo 3.9 ;; *) exit 1 ;; esac\n"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "no {python} found: install Python 3.11 or newer"),
        (SHIM, "{python} is there but does not run: name another"),
        (OLD, "needs Python 3.11 or newer, and {python} is 3.9"),
    ],
)
def test_a_python_that_will_not_do_is_one_clear_line(
    tmp_path: Path, script: str | None, message: str
) -> None:
    python = tmp_path / "python3"
    if script is not None:
        python.write_text(script)
        python.chmod(0o755)
    done = subprocess.run(
        [PROJECT / "scripts/setup.sh", str(tmp_path / "environment"), "requirements.lock"],
        env={**os.environ, "PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("logmart: " + message.format(python=python))
    assert done.stderr.count("\n") == 1
