"""sqlfluff finds the same with and without the work that logmart saves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from planted_sql import PLANTED
from sqlfluff.core import FluffConfig, Linter
from sqlfluff.core.parser.segments.raw import RawSegment

from logmart.checks.repeated_lint_work import repeated_lint_work_saved
from logmart.settings import PROJECT

# Each planted text, and texts of many statements, CTEs and nested queries.
STATEMENTS = [text.strip().rstrip(";") for code, text in PLANTED.items() if code != "PRS"]
CTES = ",\n".join(
    f"cte_{number} as (\n{text}\n)"
    for number, text in enumerate(STATEMENTS)
    if "{{" not in text and not text.startswith(("with", "("))
)
TEXTS = {
    **PLANTED,
    "all": "\n;\n".join(text for text in STATEMENTS if "{{" not in text),
    "all and a part that cannot be parsed": ";\n".join([*STATEMENTS[:20], "select from where"]),
    "all as CTEs": f"with {CTES}\n-- a comment\nselect * from cte_1 union select * from cte_2",
    "nested": f"select a,b from ({'select c from (' * 5}select 1 x{')' * 5}) union all select 1",
    "empty": "",
    "blank": "  \n\n",
    "comment": "-- nothing else",
    "loop": "select\n{% for x in [1, 2] %}\n{{x}} as a{{ x }},\n{% endfor %}\n 1 as b",
}


@pytest.fixture(scope="module")
def linter() -> Linter:
    config = FluffConfig.from_path(
        str(PROJECT), overrides={"templater": "jinja", "exclude_rules": ""}
    )
    return Linter(config=config)


def findings(linter: Linter) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Return what is found in each text: rules, places, descriptions and proposed fixes."""
    for name, text in TEXTS.items():
        yield name, [each.to_dict() for each in linter.lint_string(text).get_violations()]


def test_the_findings_are_those_of_sqlfluff(linter: Linter) -> None:
    of_sqlfluff = dict(findings(linter))
    is_type = RawSegment.is_type
    with repeated_lint_work_saved():
        assert RawSegment.is_type is not is_type
        saved = dict(findings(linter))
    assert RawSegment.is_type is is_type
    assert saved == of_sqlfluff
    assert sum(map(len, saved.values())) > 500


def test_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    for name in ("LT01", "LT02", "AL03", "all as CTEs"):
        (tmp_path / f"{name}.sql").write_text(TEXTS[name])

    def found(*command: str) -> str:
        options = ["--dialect", "duckdb", "--format", "github-annotation", "--templater", "jinja"]
        done = subprocess.run(
            [sys.executable, "-m", *command, *options, "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    of_sqlfluff = found("sqlfluff", "lint")
    assert "LT01" in of_sqlfluff
    assert found("logmart.checks.repeated_lint_work", "lint", "--processes", "2") == of_sqlfluff
