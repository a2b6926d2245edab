"""Runs a tool in a process of its own, and tells a tool that cannot run from one with findings."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from logmart.errors import CommandError

_TRACED = re.compile(r'^ *File "(.+?)", line (\d+)', re.MULTILINE)
_PLACED = re.compile(r"(.*) \(([^()\s]+):(\d+)\)")
# A line that one of our two commands ends with.
_OWN_LINE = re.compile(r"logmart(?:-catalog \w+)?: ")
# nanobind, in the parser that sqlfluff uses, prints these lines as any process ends.
_NOISE = re.compile(r"nanobind| - leaked | - \.\.\. skipped")


class ToolError(CommandError):
    """A tool could not run: `why`, and the place of a Python error, else "" and 0."""

    def __init__(self, why: str, file: str = "", line: int = 0) -> None:
        super().__init__(f"{why} ({file}:{line})" if line else why)
        self.why = why
        self.file = file
        self.line = line


def run_tool(
    command: Sequence[str],
    folder: Path,
    *,
    completed: Collection[int] = (0,),
    environment: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a tool in a folder to its end; return its exit code and output.

    In: `completed`, the exit codes of a run that did its work; `seconds`, after which the tool and
    what it started are killed. Raises ToolError when it is not installed, is killed, takes longer,
    or ends with another code; the message is one line with the cause.
    """
    name = _name(command)
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            # A process group of its own can be killed with all that the tool started.
            start_new_session=seconds is not None,
        )
    except OSError as error:
        raise ToolError(
            f"{name} cannot be started ({error.strerror}): `make lint` installs it"
        ) from error
    try:
        output, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{name} took longer than {seconds:g} s and was stopped") from error
    finally:
        if process.returncode is None:
            if seconds is None:
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode < 0:
        killed = signal.Signals(-process.returncode).name
        raise ToolError(f"{name} was killed by {killed}")
    done = subprocess.CompletedProcess(command, process.returncode, output, errors)
    if process.returncode not in completed:
        raise stopped(done, folder)
    return done


def stopped(done: subprocess.CompletedProcess[str], folder: Path) -> ToolError:
    """Return the error of a tool that ended without its work done: its name and cause."""
    why, file, line = next(
        (found for text in (done.stderr, done.stdout) if (found := cause(text, folder))[0]),
        (f"exit code {done.returncode}", "", 0),
    )
    return ToolError(f"{_name(done.args)} stopped: {why}", file, line)


def _name(command: Sequence[str]) -> str:
    """Return the name of a tool: its file's, or the module that Python runs, and its verbs."""
    if "-m" not in command:
        return Path(command[0]).name
    words = command[command.index("-m") + 1 :]
    return " ".join(itertools.takewhile(lambda word: not word.startswith("-"), words))


def cause(errors: str, folder: Path) -> tuple[str, str, int]:
    """Return why a tool stopped, from what it printed, and the file and line of a Python error.

    The place is the last one in the folder, outside of its environments, else the last one.
    """
    lines = [line.rstrip() for line in errors.splitlines() if line.strip()]
    lines = [line for line in lines if not _NOISE.search(line)]
    own = [line[found.end() :] for line in lines if (found := _OWN_LINE.match(line))]
    traced = _TRACED.findall("\n".join(lines))
    if own:
        placed = _PLACED.fullmatch(own[-1])
        return (placed[1], placed[2], int(placed[3])) if placed else (own[-1], "", 0)
    if not traced:
        return " ".join(" ".join(lines).split()), "", 0
    inside = [
        (path.relative_to(folder.resolve()), number)
        for file, number in traced
        if (path := Path(file)).is_relative_to(folder.resolve())
    ]
    ours = [(str(path), number) for path, number in inside if ".venv" not in path.parts]
    file, number = ours[-1] if ours else (Path(traced[-1][0]).name, traced[-1][1])
    return _exception_line(lines), file, int(number)


def _exception_line(lines: list[str]) -> str:
    """Return the line of a traceback that names the exception: the first below the last frame."""
    last_frame = max(n for n, line in enumerate(lines) if _TRACED.match(line))
    below = [line for line in lines[last_frame + 1 :] if not line.startswith(" ")]
    return below[0] if below else lines[-1]
