"""A branch that changes only documents is not built, and the report says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logmart.__main__ import run
from logmart.gate.config import Config
from logmart.gate.documents import changed_documents
from test_gate_state_commit import commit, git

CONFIG = Config(documents=("docs", "README.md"))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a repository with a model, its description and documents, and a branch from main."""
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    for name in ("models/a.sql", "models/README.md", "docs/a.md", "README.md", "docs.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / "gate.yml").write_text("documents: [docs, README.md]\n")
    git(tmp_path, "add", ".")
    commit(tmp_path, "first")
    git(tmp_path, "checkout", "--quiet", "-b", "branch")
    return tmp_path


def changed(clone: Path) -> list[str]:
    return changed_documents(clone, git(clone, "rev-parse", "main"), CONFIG)


def test_documents_alone_are_named_committed_or_not(clone: Path) -> None:
    assert changed(clone) == []
    (clone / "README.md").write_text("other\n")
    git(clone, "add", ".")
    commit(clone, "second")
    (clone / "docs/deeper").mkdir()
    (clone / "docs/deeper/new.md").write_text("new\n")
    assert changed(clone) == ["README.md", "docs/deeper/new.md"]


@pytest.mark.parametrize("name", ["models/a.sql", "models/README.md", "docs.md"])
def test_with_another_file_the_branch_is_built(clone: Path, name: str) -> None:
    (clone / "README.md").write_text("other\n")
    (clone / name).write_text("other\n")
    assert changed(clone) == []


def test_a_model_that_is_removed_or_moved_to_the_documents_is_built(clone: Path) -> None:
    (clone / "models/a.sql").rename(clone / "docs/a.sql")
    git(clone, "add", ".")
    assert changed(clone) == []
    (clone / "docs/a.sql").unlink()
    assert changed(clone) == []


def test_where_the_start_is_not_known_the_branch_is_built(clone: Path) -> None:
    assert changed_documents(clone, "", CONFIG) == []


def test_the_report_passes_and_says_what_it_did_not_do(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clone)
    (clone / "docs/a.md").write_text("other\n")
    assert run(["gate", "report", "--out", "out"]) == 0
    assert (clone / "out/report.txt").read_text().splitlines() == [
        "Pull request: nothing to say",
        "The gate passes: nothing changes for those who read the marts.",
        "Nothing was built: only documents differ, docs/a.md.",
    ]
    assert "only documents differ, docs" in (clone / "out/report.md").read_text()
    assert json.loads((clone / "out/report.json").read_text())["findings"] == []
