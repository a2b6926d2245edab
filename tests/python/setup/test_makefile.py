"""Variables typed after `make` reach the command unchanged."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from logmart.settings import PROJECT

# Replaces the Python of an environment: it records its arguments and the user to erase.
NOTING = """#!/usr/bin/env python3
import json, os, sys
with open("noted", "w") as file:
    json.dump([os.environ.get("LOGMART_ERASE_USER"), sys.argv[1:]], file)
"""
# No value begins with a space, because make itself removes leading spaces.
VALUES = [
    "u_1$x",
    "u_1$$x",
    "u_1$(USER)",
    "u_1${x}",
    "$(shell touch made)u_1",
    "u_1 ",
    "u_1;touch made",
    "`touch made`",
    "u'1",
    'u"1',
    "u_1\\",
    "u#1",
    "u%1*",
    "-u_1",
    "한글",
]
TARGETS = [("lint-changed", "BASE"), ("pr-report", "STATE"), ("state", "STATE")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The Makefile alone, with environments that need no installing and do nothing."""
    (tmp_path / "Makefile").write_bytes((PROJECT / "Makefile").read_bytes())
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/setup.sh").touch()
    for folder in (tmp_path, tmp_path / "ingestion", tmp_path / "rules"):
        commands = folder / ".venv/bin"
        commands.mkdir(parents=True)
        (folder / "requirements.lock").touch()
        (folder / ".venv/.locked").touch()
        for command in ("python", "mf"):
            (commands / command).write_text(NOTING)
            (commands / command).chmod(0o755)
    return tmp_path


def make(project: Path, *arguments: str) -> tuple[str | None, list[str]]:
    """Run make; return whom the command was to erase, and its arguments."""
    subprocess.run(["make", "--silent", *arguments], cwd=project, check=True)
    assert not (project / "made").exists()
    user, given = json.loads((project / "noted").read_text())
    return user, given


@pytest.mark.parametrize("user", VALUES)
def test_the_user_that_is_erased_is_the_one_that_was_typed(project: Path, user: str) -> None:
    assert make(project, "erase", f"USER={user}")[0] == user


def test_the_user_of_the_environment_is_never_erased(project: Path) -> None:
    assert make(project, "erase")[0] in (None, "")


@pytest.mark.parametrize(("target", "variable"), TARGETS)
def test_a_value_is_one_word_and_nothing_in_it_is_read(
    project: Path, target: str, variable: str
) -> None:
    value = " ".join(VALUES)
    assert value in make(project, target, f"{variable}={value}")[1]


def test_make_leaves_the_words_of_flags_to_the_shell(project: Path) -> None:
    given = "--vars '{bot_user_agent_pattern: bot$, now: \"2026-03-01 00:00:00\"}' --full-refresh"
    assert make(project, "build", f"FLAGS={given}")[1][-3:] == [
        "--vars",
        '{bot_user_agent_pattern: bot$, now: "2026-03-01 00:00:00"}',
        "--full-refresh",
    ]
