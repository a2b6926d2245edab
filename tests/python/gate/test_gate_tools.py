"""What the gate makes of other tools' findings, and of errors that quote values."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from logmart.errors import CommandError
from logmart.gate import catalog_sync, workplace
from logmart.gate.config import Config, LeftOut
from logmart.gate.failures import without_values
from logmart.gate.report import Report
from logmart.gate.tools import tool_findings
from logmart.tool_run import ToolError

# Stands in for `logmart check`.
CHECKS = """
import json, sys
if sys.argv[2] == "changed":
    print([]) if "--base start" in " ".join(sys.argv) else sys.exit("logmart: no such base")
    sys.exit()
rules = [{"kind": "rule:names", "message": "named wrongly", "node": "old_model"}]
if "head" in sys.argv[-1]:
    rules.append({"kind": "rule:names", "message": "named wrongly", "node": "new_model"})
print(json.dumps(rules, indent=1))
sys.exit(1)
"""
SECONDS = 60


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "logmart").mkdir()
    (tmp_path / "logmart/__init__.py").touch()
    (tmp_path / "logmart/__main__.py").write_text(CHECKS)
    return tmp_path


def test_a_rule_that_main_breaks_is_not_the_branchs(project: Path) -> None:
    found, _ = tool_findings(project, Path("head"), Path("base"), "start", SECONDS)
    assert [(one.kind, one.node) for one in found] == [("rule", "new_model")]


def test_the_files_to_lint_are_those_since_the_commit_that_the_branch_starts_from(
    project: Path,
) -> None:
    _, missing = tool_findings(project, Path("head"), None, "start", SECONDS)
    assert missing == []


def test_without_a_state_and_git_every_broken_rule_is_told_and_no_file_is_linted(
    project: Path,
) -> None:
    found, missing = tool_findings(project, Path("head"), None, "", SECONDS)
    assert [one.node for one in found] == ["old_model", "new_model"]
    assert [(one.title, "no state of main" in one.missing) for one in missing] == [
        ("Style of changed files", True)
    ]


@pytest.mark.parametrize(
    ("code", "why", "place"),
    [
        (
            "raise SystemExit('logmart: sqlfluff cannot be started')",
            "logmart check {} stopped: sqlfluff cannot be started",
            ("", 0),
        ),
        (
            "import logmart.lint",
            "logmart check {} stopped: SyntaxError: '[' was never closed",
            ("logmart/lint.py", 1),
        ),
        (
            "import os; print([], flush=True); os.kill(os.getpid(), 11)",
            "logmart check {} was killed by SIGSEGV",
            ("", 0),
        ),
        (
            "import time; time.sleep(600)",
            "logmart check {} took longer than 1 s and was stopped",
            ("", 0),
        ),
        (
            "import sys; print([]); sys.exit('logmart: dbt stopped')",
            "logmart check {} stopped: dbt stopped",
            ("", 0),
        ),
        ("pass", "logmart check {} stopped: exit code 0", ("", 0)),
    ],
    ids=["not installed", "syntax error", "killed", "too long", "stopped", "nothing printed"],
)
def test_a_tool_that_cannot_run_fails_the_gate_and_says_why(
    project: Path, code: str, why: str, place: tuple[str, int]
) -> None:
    (project / "logmart/__main__.py").write_text(f"{code}\n")
    (project / "logmart/lint.py").write_text("files = [\n")
    seconds = 1 if "sleep" in code else SECONDS
    found, missing = tool_findings(project, Path("head"), Path("base"), "start", seconds)
    assert [(one.kind, one.node, one.message, (one.file, one.line)) for one in found] == [
        ("not_checked", "Style of changed files", why.format("changed"), place),
        ("not_checked", "Rules", why.format("rules"), place),
    ]
    assert [section.title for section in missing] == ["Style of changed files", "Rules"]
    judged = tuple(map(Config().judged, found))
    assert Report("", (), judged, (), Config().fail_on).fails


def test_a_tool_that_gate_yml_leaves_out_with_a_reason_does_not_fail_it(project: Path) -> None:
    (project / "logmart/__main__.py").write_text("raise SystemExit('no dbt-bouncer')\n")
    found, _ = tool_findings(project, Path("head"), Path("base"), "start", SECONDS)
    left_out = LeftOut(kind="not_checked", node="Rules", reason="Our runners have no dbt-bouncer.")
    judged = [Config(leave_out=(left_out,)).judged(finding) for finding in found]
    assert [(one.node, bool(one.left_out)) for one in judged] == [
        ("Style of changed files", False),
        ("Rules", True),
    ]


def test_a_dbt_that_fails_without_a_failed_node_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = SimpleNamespace(exception=None, success=False, result=None)
    monkeypatch.setattr(workplace, "invoke_dbt", lambda *_: failed)
    place = workplace.Workplace(tmp_path, "landing", tmp_path / "database", tmp_path)
    with pytest.raises(CommandError, match="dbt docs failed in .* and named no node"):
        workplace.run_dbt(place, "documented", ["docs", "generate"])


# Stands in for the Python of the catalog sync's environment.
SYNC = "#!/bin/sh\n{}\n"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "echo 'logmart-catalog plan: no manifest' >&2; exit 1",
            "logmart_catalog plan stopped: no manifest",
        ),
        ("kill -9 $$", "logmart_catalog plan was killed by SIGKILL"),
        ("sleep 600", "logmart_catalog plan took longer than 1 s and was stopped"),
        ("echo '{'", "logmart-catalog plan printed no JSON"),
    ],
)
def test_a_catalog_sync_that_cannot_run_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: str
) -> None:
    python = tmp_path / "ingestion/.venv/bin/python"
    monkeypatch.setattr(catalog_sync, "PROJECT", tmp_path)
    with pytest.raises(ToolError, match="python cannot be started|plan cannot be started"):
        catalog_sync.catalog_plan(tmp_path)
    python.parent.mkdir(parents=True)
    python.write_text(SYNC.format(script))
    python.chmod(0o755)
    with pytest.raises(ToolError) as error:
        catalog_sync.catalog_plan(tmp_path, seconds=1 if "sleep" in script else SECONDS)
    assert str(error.value).startswith(why)


@pytest.mark.parametrize("content", [None, "a: [", "source: {}"])
def test_a_configuration_of_the_sync_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    monkeypatch.setattr(catalog_sync, "PROJECT", tmp_path)
    if content is not None:
        (tmp_path / "ingestion").mkdir()
        (tmp_path / "ingestion/openmetadata.yaml").write_text(content)
    with pytest.raises(ToolError, match="ingestion/openmetadata.yaml cannot be read"):
        catalog_sync.personal_data_classification()


@pytest.mark.parametrize(
    "message",
    [
        "Conversion Error: Could not convert string 'O''Brien 010-1234' to INT64",
        'Constraint Error: Duplicate key "email: kim@example.com" violates primary key',
        'Invalid Input Error: Could not parse string "010-1234" according to format',
        "Out of Range Error: Value 1234 of kim@example.com is out of range",
        "Mismatch Type Error: Type VARCHAR with value kim@example.com can't be cast",
    ],
)
def test_an_error_shows_no_value(message: str) -> None:
    shown = without_values(f"Database Error in model a (models/a.sql)\n  {message}")
    kind = message.partition(":")[0]
    assert shown.startswith(f"Database Error in model a (models/a.sql)\n  {kind};")
    assert not any(value in shown for value in ("1234", "kim", "Brien"))


def test_an_error_without_values_is_shown_whole() -> None:
    message = "Catalog Error: Table with name a does not exist!"
    assert without_values(message) == message
