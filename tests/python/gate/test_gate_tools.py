"""What the gate makes of other tools' findings, and of errors that quote values."""

from pathlib import Path

import pytest

from logmart.gate.failures import without_values
from logmart.gate.tools import tool_findings

# Stands in for `logmart check`.
CHECKS = """
import json, sys
if sys.argv[2] == "changed":
    raise SystemExit("sqlfluff is not there")
rules = [{"kind": "rule:names", "message": "named wrongly", "node": "old_model"}]
if "head" in sys.argv[-1]:
    rules.append({"kind": "rule:names", "message": "named wrongly", "node": "new_model"})
print(json.dumps(rules, indent=1))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "logmart").mkdir()
    (tmp_path / "logmart/__init__.py").touch()
    (tmp_path / "logmart/__main__.py").write_text(CHECKS)
    return tmp_path


def test_a_rule_that_main_breaks_is_not_the_branchs(project: Path) -> None:
    found, _ = tool_findings(project, Path("head"), Path("base"))
    assert [one.node for one in found if one.kind == "rule"] == ["new_model"]


def test_without_a_state_every_broken_rule_is_told_and_no_file_is_linted(project: Path) -> None:
    found, missing = tool_findings(project, Path("head"), None)
    assert [one.node for one in found] == ["old_model", "new_model"]
    assert [(one.title, "no state of main" in one.missing) for one in missing] == [
        ("Style of changed files", True)
    ]


def test_a_tool_that_cannot_run_is_told_of(project: Path) -> None:
    found, missing = tool_findings(project, Path("head"), Path("base"))
    (told,) = (one.message for one in found if one.kind == "not_checked")
    assert told == "Style of changed files: sqlfluff is not there"
    assert [one.missing for one in missing] == ["sqlfluff is not there"]


def test_a_python_error_in_a_command_is_shown_with_its_file_and_line(project: Path) -> None:
    (project / "logmart/__main__.py").write_text("import logmart.lint\n", encoding="utf-8")
    (project / "logmart/lint.py").write_text("files = [\n", encoding="utf-8")
    found, missing = tool_findings(project, Path("head"), Path("base"))
    said = "SyntaxError: '[' was never closed (logmart/lint.py:1)"
    assert [finding.message for finding in found] == [
        f"Style of changed files: {said}",
        f"Rules: {said}",
    ]
    assert {finding.kind for finding in found} == {"not_checked"}
    assert [section.missing for section in missing] == [said, said]


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
