from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from logmart.checks import run as checks
from logmart.checks.run import Check, report, run_checks

# Prints a line, writes a file, waits for the other's file, and prints another line.
MEET = """
import pathlib, sys, time
mine, other = map(pathlib.Path, sys.argv[1:])
print("begin", mine.name, flush=True)
mine.touch()
deadline = time.monotonic() + 60
while not other.exists():
    assert time.monotonic() < deadline, "alone"
    time.sleep(0.01)
print("end", mine.name)
"""
SKIP = "import os; open(os.environ['LOGMART_NOT_CHECKED'], 'a').write('no such thing\\n' * 2)"


def check(name: str, code: str, *arguments: str, leaves_out: str = "") -> Check:
    return Check(name, [sys.executable, "-c", code, *arguments], leaves_out=leaves_out)


def test_two_checks_run_side_by_side_and_print_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "AT_A_TIME", 2)
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    outcomes = run_checks([check("one", MEET, a, b), check("two", MEET, b, a)])
    assert [(outcome.check.name, outcome.code) for outcome in outcomes] == [("one", 0), ("two", 0)]
    printed = capsys.readouterr().out
    assert "== one\nbegin a\nend a\n   passed in" in printed
    assert "== two\nbegin b\nend b\n   passed in" in printed


def test_the_last_lines_count_what_passed_and_what_was_not_checked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcomes = run_checks(
        [
            check("sound", SKIP),
            check("broken", "import sys; sys.exit('it broke')", leaves_out="the rest"),
        ]
    )
    assert "== broken\nit broke\n   FAILED in" in capsys.readouterr().out
    report([replace(outcome, seconds=2.0) for outcome in outcomes], 65.4)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "== 2 checks in 65 s",
        "  passed     2 s  sound",
        "  FAILED     2 s  broken",
        "Not checked: 2",
        "  - no such thing (2 tests)",
        "  - the rest",
        "1 passed, 1 failed",
    ]
