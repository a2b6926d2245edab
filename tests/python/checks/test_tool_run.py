"""A tool that cannot run is an error that names the cause, and no run without findings."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from logmart.tool_run import ToolError, run_tool

# Starts a process that writes its id to a file, and waits for it.
PARENT = """
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("child").write_text(str(child.pid))
child.wait()
"""


def error_of(folder: Path, code: str, **options: float) -> ToolError:
    with pytest.raises(ToolError) as error:
        run_tool([sys.executable, "-c", code], folder, **options)  # type: ignore[arg-type]
    return error.value


def test_a_tool_that_is_not_installed_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as error:
        run_tool([str(tmp_path / "sqlfluff"), "lint"], tmp_path)
    assert str(error.value) == (
        "sqlfluff cannot be started (No such file or directory): `make lint` installs it"
    )


def test_a_tool_that_is_killed_is_an_error(tmp_path: Path) -> None:
    error = error_of(tmp_path, "import os; os.kill(os.getpid(), 9)")
    assert str(error).endswith(" was killed by SIGKILL")


def test_a_tool_that_takes_too_long_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r" took longer than 2 s and was stopped$"):
        run_tool([sys.executable, "-c", PARENT], tmp_path, seconds=2)
    child = int((tmp_path / "child").read_text())
    while is_running(child):
        time.sleep(0.05)


def is_running(process: int) -> bool:
    """Return whether a process runs; a dead one that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z" and os.path.exists(f"/proc/{process}")


def test_what_a_tool_says_as_it_stops_is_the_cause(tmp_path: Path) -> None:
    code = "import sys; print('User Error: no\\n  profile', file=sys.stderr); sys.exit(2)"
    assert str(error_of(tmp_path, code)).endswith(" stopped: User Error: no profile")
    assert str(error_of(tmp_path, "raise SystemExit(3)")).endswith(" stopped: exit code 3")


def test_lines_that_every_process_prints_at_its_end_are_no_cause(tmp_path: Path) -> None:
    code = (
        "import sys; print('logmart: it broke\\nnanobind: leaked 1 types!', file=sys.stderr)\n"
        "sys.exit(1)"
    )
    assert str(error_of(tmp_path, code)).endswith(" stopped: it broke")


def test_a_python_error_has_the_place_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text("import json\n\njson.loads('{')\n")
    (tmp_path / "broken.py").write_text("files = [\n")
    decoding = error_of(tmp_path, "import sys; sys.path.insert(0, '.'); import tool")
    assert (decoding.file, decoding.line) == ("tool.py", 3)
    assert "JSONDecodeError: Expecting property name" in decoding.why
    syntax = error_of(tmp_path, "import sys; sys.path.insert(0, '.'); import broken")
    assert str(syntax).endswith("SyntaxError: '[' was never closed (broken.py:1)")


def test_the_place_of_an_error_survives_a_command_that_passes_it_on(tmp_path: Path) -> None:
    code = "raise SystemExit('logmart: dbt stopped: ValueError: no (rules/own.py:7)')"
    error = error_of(tmp_path, code)
    assert (error.why.rpartition(" stopped: ")[2], error.file, error.line) == (
        *("ValueError: no", "rules/own.py"),
        7,
    )
