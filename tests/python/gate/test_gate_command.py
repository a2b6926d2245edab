"""The exit status of `logmart gate report`, on a Python error in a command that it runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from branches import PROJECT, Main, copy_shop, make_main
from logmart.__main__ import run
from logmart.gate.pull_request import FAILS
from logmart.gate.workplace import SAMPLE_KEY
from logmart.landed.identifiers import KEY_VARIABLE

LINTER = "logmart/checks/lint_changed.py"


@pytest.fixture
def main(tmp_path_factory: pytest.TempPathFactory) -> Main:
    return make_main(tmp_path_factory.getbasetemp() / "gate")


def test_a_python_error_in_a_command_fails_the_gate(
    main: Main, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    branch = copy_shop(main.folder / "command")
    shutil.copyfile(PROJECT / "gate.yml", branch / "gate.yml")
    (branch / LINTER).parent.mkdir(parents=True)
    for name in ("logmart/__init__.py", "logmart/checks/__init__.py"):
        (branch / name).touch()
    (branch / "logmart/__main__.py").write_text("from logmart.checks import lint_changed\n")
    (branch / LINTER).write_text('"""Lints."""\n\nfiles = [\n')
    monkeypatch.chdir(branch)
    monkeypatch.setenv("LOGMART_LANDING", main.landing)
    monkeypatch.setenv(KEY_VARIABLE, SAMPLE_KEY)
    capsys.readouterr()
    assert run(["gate", "report", "--state", str(main.state), "--out", "out"]) == FAILS
    document = json.loads(Path("out/report.json").read_text(encoding="utf-8"))
    keys = ("severity", "kind", "node", "file", "line")
    assert [tuple(found[key] for key in keys) for found in document["findings"]] == [
        ("error", "not_checked", part, LINTER, 3) for part in ("Rules", "Style of changed files")
    ]
    text = Path("out/report.txt").read_text(encoding="utf-8")
    assert "The gate fails: 2 things to look at." in text
    assert f"logmart check changed stopped: SyntaxError: '[' was never closed ({LINTER}:3)" in text
