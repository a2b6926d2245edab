from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from logmart.checks import lint_changed, sql_lint
from logmart.checks.lint_changed import Changed
from logmart.errors import CommandError
from logmart.settings import PROJECT

MODEL = "models/marts/crm/dim_campaigns.sql"
FILES = [
    ".sqlfluff",
    ".yamllint",
    "analyses/a.sql",
    "macros/engine/m.sql",
    "models/marts/m.yml",
    "models/marts/m.sql",
    "scripts/x.py",
    "tests/generic/g.sql",
    "tests/singular/s.sql",
]


def test_each_linter_gets_the_files_that_changed_and_are_its_own() -> None:
    changed = ["models/marts/m.sql", "macros/engine/m.sql", "models/marts/m.yml", "scripts/x.py"]
    assert lint_changed.to_lint(changed, FILES) == Changed(
        sql=("models/marts/m.sql",),
        macros=("macros/engine/m.sql",),
        yaml=("models/marts/m.yml",),
    )


def test_a_changed_configuration_lints_all_that_it_rules() -> None:
    assert lint_changed.to_lint([".sqlfluff"], FILES) == Changed(
        sql=("analyses/a.sql", "models/marts/m.sql", "tests/singular/s.sql"),
        macros=("macros/engine/m.sql", "tests/generic/g.sql"),
        yaml=(),
    )
    assert lint_changed.to_lint([".yamllint"], FILES).yaml == ("models/marts/m.yml",)


def test_where_nothing_changed_no_linter_starts() -> None:
    assert lint_changed.lint(Changed(sql=(), macros=(), yaml=())) == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A branch that changed, added and removed a file, on a main that went on by itself."""

    def git(*arguments: str) -> None:
        name = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run(["git", *name, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--initial-branch", "main")
    for name in ("kept.sql", "changed.sql", "removed.sql", "of main.sql"):
        (tmp_path / name).write_text("select 1\n")
    git("add", ".")
    git("commit", "--message", "first")
    git("checkout", "-b", "branch")
    (tmp_path / "changed.sql").write_text("select 2\n")
    (tmp_path / "removed.sql").unlink()
    git("commit", "--all", "--message", "second")
    git("checkout", "main")
    (tmp_path / "of main.sql").write_text("select 3\n")
    git("commit", "--all", "--message", "third")
    git("checkout", "branch")
    (tmp_path / "new ä.sql").write_text("select 4\n")
    return tmp_path


def test_changes_are_those_of_the_branch_committed_or_not(repository: Path) -> None:
    changed = lint_changed.changed_since_ref(repository, "main")
    assert sorted(changed) == ["changed.sql", "new ä.sql"]


def test_a_base_that_git_does_not_know_is_an_error(repository: Path) -> None:
    with pytest.raises(CommandError, match="nowhere is no folder with a manifest.json, and git"):
        lint_changed.changed_since_ref(repository, "nowhere")


@pytest.mark.parametrize("has_commit", [True, False])
def test_with_a_state_the_changes_are_those_since_its_commit(
    repository: Path, tmp_path: Path, has_commit: bool
) -> None:
    main = subprocess.run(
        ["git", "rev-parse", "main~1"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.strip()
    state = tmp_path / "state"
    state.mkdir()
    (state / "state.json").write_text(json.dumps({"commit": main if has_commit else "0" * 40}))
    (state / "manifest.json").write_text('{"nodes": {}}')
    (repository / "a.yml").write_text("a: 1\n")
    (repository / ".gitignore").write_text("state\n")
    changed = lint_changed.changed_since_folder(repository, state)
    since_commit = [".gitignore", "a.yml", "changed.sql", "new ä.sql"]
    assert sorted(changed) == (since_commit if has_commit else ["a.yml"])


def test_with_a_manifest_sql_is_compared_by_content_and_the_rest_is_whole(tmp_path: Path) -> None:
    files = ["models/same.sql", "models/other.sql", "models/new.sql", "macros/m.sql", "a.yml"]
    files.insert(0, "models/off.sql")
    for name in [*files, "scripts/x.py"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("\nselect 1\n")
    checksum = hashlib.sha256(b"select 1").hexdigest()
    manifest = {
        "nodes": {
            name: {"original_file_path": f"models/{name}.sql", "checksum": {"checksum": value}}
            for name, value in (("same", checksum), ("other", "0"))
        },
        # A source that is switched off.
        "disabled": {
            "off": [
                {"original_file_path": "models/off.sql", "checksum": {"checksum": checksum}},
                {"original_file_path": "models/off.yml"},
            ]
        },
    }
    changed = lint_changed.changed_since_manifest(tmp_path, [*files, "scripts/x.py"], manifest)
    assert changed == ["models/other.sql", "models/new.sql", "macros/m.sql", "a.yml"]


def test_what_yamllint_finds_names_file_line_and_rule(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("a: 1\nb:  2\n")
    (found,) = lint_changed.yamllint([str(path)])
    assert (found.kind, found.severity.word, found.file, found.line) == (
        *("lint:colons", "error"),
        *(str(path), 2),
    )
    assert found.message == "too many spaces after colon"


def test_yaml_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("a: [1\n")
    assert [each.line for each in lint_changed.yamllint([str(path)])] == [2]


def test_what_sqlfluff_finds_in_a_macro_names_file_line_and_rule(tmp_path: Path) -> None:
    shutil.copyfile(PROJECT / ".sqlfluff", tmp_path / ".sqlfluff")
    path = tmp_path / "x.sql"
    path.write_text("{% macro x() %}\nselect {{y}}\n{% endmacro %}")
    found = sql_lint.sqlfluff(sql_lint.MACRO_RULES, [str(path)])
    assert [(each.kind, each.file, each.line, each.node) for each in found] == [
        ("lint:JJ01", str(path), 2, "x"),
        ("lint:LT12", str(path), 3, "x"),
    ]


# The module that runs sqlfluff, and what stands in for its Python.
LINT = "logmart.checks.repeated_lint_work lint"
STAND_IN = """#!/bin/sh
{}
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that gives the tools' place to a shell script."""
    monkeypatch.setattr(sql_lint, "TOOLS", tmp_path)

    def write(script: str) -> None:
        (tmp_path / "python").write_text(STAND_IN.format(script))
        (tmp_path / "python").chmod(0o755)

    return write


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'User Error: no dbt' >&2; exit 2", f"{LINT} stopped: User Error: no dbt"),
        ("echo 'KeyError: dialect' >&2; exit 1", f"{LINT} stopped: KeyError: dialect"),
        ("kill -11 $$", f"{LINT} was killed by SIGSEGV"),
        ("exit 0", f"{LINT} stopped: exit code 0"),
        (
            "echo 'WARNING File b.sql was not found in dbt project' >&2\n"
            """echo '[{"filepath": "a.sql", "violations": []}]'""",
            "sqlfluff did not lint b.sql: WARNING File b.sql was not found in dbt project",
        ),
    ],
    ids=["no dbt", "Python error", "killed", "no output", "skipped file"],
)
def test_a_sqlfluff_that_did_not_lint_is_an_error(
    stand_in: Callable[[str], None], script: str, told: str
) -> None:
    stand_in(script)
    with pytest.raises(CommandError) as error:
        sql_lint.sqlfluff([], ["a.sql", "b.sql"])
    assert str(error.value) == told


@pytest.mark.parametrize("linter", [lambda: sql_lint.sqlfluff([], ["a.sql"]),
                                    lambda: lint_changed.yamllint(["a.yml"])])  # fmt: skip
def test_a_linter_that_is_not_installed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linter: Callable[[], object]
) -> None:
    for module in (sql_lint, lint_changed):
        monkeypatch.setattr(module, "TOOLS", tmp_path)
    with pytest.raises(CommandError, match="lint cannot be started"):
        linter()


@pytest.mark.deep
def test_what_sqlfluff_finds_in_a_model_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("models", "macros", "seeds", "snapshots", "analyses", "profiles", "logmart"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    for name in ("dbt_project.yml", ".sqlfluff"):
        shutil.copyfile(PROJECT / name, tmp_path / name)
    (tmp_path / "tests").mkdir()
    shutil.copytree(PROJECT / "tests/generic", tmp_path / "tests/generic")
    model = tmp_path / MODEL
    model.write_text(model.read_text().replace("select * from", "SELECT * from", 1))
    monkeypatch.setattr(sql_lint, "PROJECT", tmp_path)
    found = lint_changed.lint(Changed(sql=(MODEL,), macros=(), yaml=()))
    assert [(each.kind, each.node, each.file) for each in found] == [
        ("lint:CP01", "dim_campaigns", MODEL)
    ]


@pytest.mark.skipif(
    not (PROJECT / "rules/.venv/bin/pre-commit").exists(),
    reason="the hooks before a commit: pre-commit is not installed, `make lint` does that",
)
def test_the_hooks_stop_what_is_wrong_and_let_the_rest_pass(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "logmart", tmp_path / "logmart")
    for name in (".pre-commit-config.yaml", ".yamllint", ".sqlfluff", "pyproject.toml"):
        shutil.copyfile(PROJECT / name, tmp_path / name)
    (tmp_path / ".gitignore").write_text(".venv\n.home\n__pycache__\n")
    (tmp_path / ".venv").symlink_to(PROJECT / ".venv")
    (tmp_path / "macros").mkdir()

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command],
            cwd=tmp_path,
            env={
                **{"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path / ".home")},
                **{"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"},
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def hooks() -> dict[str, str]:
        """Run the hooks on what is staged; return how each ended, by its name."""
        run("git", "add", ".")
        done = run(str(PROJECT / "rules/.venv/bin/pre-commit"), "run", "--color", "never")
        ended = [line.replace("(no files to check)", "") for line in done.stdout.splitlines()]
        return {
            name.rstrip("."): verdict
            for name, _, verdict in (line.rpartition(".") for line in ended)
            if verdict in ("Passed", "Failed", "Skipped")
        }

    run("git", "init")
    run("git", "add", ".")
    run("git", "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-m", "first")
    (tmp_path / "x.py").write_text("import os\nx = undefined\n")
    (tmp_path / "x.yml").write_text("a:  1\n")
    (tmp_path / "macros/x.sql").write_text("{% macro x() %}\nselect {{y}}\n{% endmacro %}\n")
    lint = "SQL, macros and YAML that differ from HEAD"
    others = {"tracking plan": "Skipped", "workflows": "Skipped"}
    assert hooks() == {
        "Python style": "Failed",
        "Python format": "Passed",
        lint: "Failed",
        **others,
    }
    (tmp_path / "x.py").write_text('"""Nothing."""\n')
    (tmp_path / "x.yml").write_text("a: 1\n")
    (tmp_path / "macros/x.sql").write_text("{% macro x() %}\nselect {{ y }}\n{% endmacro %}\n")
    assert hooks() == {
        "Python style": "Passed",
        "Python format": "Passed",
        lint: "Passed",
        **others,
    }
