"""`logmart migrate` runs in the environment of operations, with the words that were given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from logmart.__main__ import run
from logmart.errors import CommandError
from logmart.migration import command
from logmart.settings import PROJECT


def test_the_words_of_a_verb_are_handed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.touch()
    started: list[Any] = []
    monkeypatch.setattr(command, "PYTHON", python)
    monkeypatch.setattr(os, "execve", lambda *words: started.extend(words))
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    run(["migrate", "verify", "--final", "--table", "a b", "--help"])
    program, words, environment = started
    assert program == python
    assert words[1:] == [
        *("-m", "operations.migration", "verify", "--final", "--table", "a b", "--help"),
    ]
    assert environment["PYTHONPATH"] == f"{PROJECT}{os.pathsep}elsewhere"


def test_a_missing_environment_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "PYTHON", tmp_path / "python")
    with pytest.raises(CommandError, match=r"make operations/\.venv/\.locked"):
        run(["migrate", "report"])
