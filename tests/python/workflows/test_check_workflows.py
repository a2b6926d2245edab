from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from logmart.__main__ import run
from logmart.checks import skipped_tests_plugin as not_checked
from logmart.checks import workflows as check_workflows
from logmart.errors import CommandError


def test_without_go_actionlint_is_left_out_and_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = tmp_path / "notes"
    monkeypatch.setenv(not_checked.VARIABLE, str(notes))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(check_workflows, "installed_actionlint", lambda _: None)
    monkeypatch.setattr(check_workflows, "zizmor", lambda: Path("/bin/true"))
    assert run(["check", "workflows"]) == 0
    reason = "the workflows by actionlint: there is no Go to build it with"
    assert notes.read_text() == f"{reason}\n"
    assert f"logmart: not checked: {reason}" in capsys.readouterr().out


def test_without_go_there_is_no_actionlint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert check_workflows.installed_actionlint(tmp_path) is None


def test_an_actionlint_that_is_there_is_taken(tmp_path: Path) -> None:
    command = tmp_path / f"actionlint-{check_workflows.ACTIONLINT}" / "actionlint"
    command.parent.mkdir()
    command.touch()
    assert check_workflows.installed_actionlint(tmp_path) == command


def test_a_missing_zizmor_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_workflows, "ZIZMOR", Path("nowhere"))
    with pytest.raises(CommandError, match="zizmor is not installed: `make lint` does that"):
        check_workflows.zizmor()


@pytest.mark.parametrize(
    ("module", "is_taken"),
    [
        (check_workflows.ACTIONLINT_MODULE, True),
        (check_workflows.ACTIONLINT_MODULE.replace("h1:v", "h1:w"), False),
    ],
)
def test_an_actionlint_of_another_source_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, is_taken: bool
) -> None:
    go = tmp_path / "go"
    go.write_text(
        f"""#!/bin/sh
[ $1 = install ] && mkdir -p $GOBIN && touch $GOBIN/actionlint
[ $1 = version ] && printf '%s: go1.26\\n\\tmod\\t{module}\\n\\tdep\\tother\\n' "$3"
exit 0
"""
    )
    go.chmod(0o755)
    monkeypatch.setattr(check_workflows, "_GO", (str(go),))
    monkeypatch.setattr(check_workflows, "PROJECT", tmp_path)
    tools = tmp_path / ".tools"
    if is_taken:
        assert check_workflows.installed_actionlint(tools)
        return
    with pytest.raises(CommandError, match="does not have the hash"):
        check_workflows.installed_actionlint(tools)
    assert list(tools.rglob("actionlint")) == []
