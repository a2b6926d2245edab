"""Lints all SQL: `logmart check sql [--fix]`.

dbt renders the models for sqlfluff, except those that only call one macro. sqlfluff ignores what a
macro renders, so such a model is linted with a short stand-in for the macro: the rules still check
the text around the call. The stand-ins are in .sqlfluff; dbt renders a macro that has no stand-in.
Exits with 1 when anything is found. With --fix, rewrites what sqlfluff can fix.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from configparser import RawConfigParser
from pathlib import Path

import click
import yaml

from logmart.checks.print_findings import print_findings
from logmart.errors import CommandError
from logmart.findings import Finding, Severity
from logmart.settings import PROJECT
from logmart.tool_run import cause, run_tool, stopped

# sqlfluff renders models through dbt. This points dbt at an empty database and an empty landing
# zone, so that `is_incremental()` is false on every machine.
STATE = {
    "LOGMART_DATABASE": "target/lint/logmart.duckdb",
    "LOGMART_LANDING": "target/lint/landing",
    "LOGMART_ID_KEY": "the key of a database without rows",
}
SQL = ("models", "analyses", "snapshots", "tests/singular")
# A macro or a generic test cannot be rendered by itself. sqlfluff checks only the spaces in its
# Jinja and the end of the file; its SQL is not linted.
MACROS = ("macros", "tests/generic")
MACRO_RULES = ["--templater", "jinja", "--rules", "JJ01,LT12"]
TOOLS = PROJECT / ".venv/bin"
_STAND_INS = "sqlfluff:templater:jinja:macros"
_SINGLE_MACRO_CALL = re.compile(r"\s*\{\{-?\s*(?P<macro>\w+)\([^{}]*\)\s*-?\}\}\s*")
# sqlfluff exits with 1 when it has findings.
_SQLFLUFF_COMPLETED = (0, 1)
# A second process takes as long to start as some twenty files take to lint.
_FILES_WORTH_A_SECOND_PROCESS = 20


@click.command(help=__doc__)
@click.option("--fix", is_flag=True, help="Rewrite what can be fixed.")
def main(fix: bool) -> int:
    """Print sqlfluff's findings on all SQL, or fix them; return 1 when there are findings."""
    files = sql_files(PROJECT)
    if fix:
        return max(_fix([*options, *names]) for options, names in groups(PROJECT, files))
    found = lint_sql(files)
    summary = f"{len(files)} SQL files: {len(found) or 'no'} findings"
    print_findings(found, as_json=False, summary=summary)
    return int(bool(found))


def sql_files(project: Path) -> list[str]:
    """Return the SQL files to lint, as paths relative to the project."""
    return [
        str(path.relative_to(project))
        for folder in SQL
        for path in sorted((project / folder).rglob("*.sql"))
    ]


def lint_sql(files: Iterable[str]) -> list[Finding]:
    """Return sqlfluff's findings on SQL files. Raises CommandError when it cannot run."""
    return [
        finding for options, names in groups(PROJECT, files) for finding in sqlfluff(options, names)
    ]


def groups(project: Path, files: Iterable[str]) -> list[tuple[list[str], list[str]]]:
    """Return the options and files of each run of sqlfluff: one run for the files that are a single
    call of a macro with a stand-in, one run through dbt for the rest.
    """
    replaced = stand_ins(project)
    called: list[str] = []
    rendered: list[str] = []
    for file in files:
        call = _SINGLE_MACRO_CALL.fullmatch((project / file).read_text(encoding="utf-8"))
        (called if call and call["macro"] in replaced else rendered).append(file)
    options = ["--config", str(sources_config(project))] if rendered else []
    if len(rendered) > _FILES_WORTH_A_SECOND_PROCESS:
        options += ["--processes", "2"]
        # The longest files come first, so that both processes end at about the same time.
        rendered.sort(key=lambda file: (project / file).stat().st_size, reverse=True)
    runs = [(["--templater", "jinja"], called), (options, rendered)]
    return [(given, names) for given, names in runs if names]


def stand_ins(project: Path) -> set[str]:
    """Return the names of the macros that .sqlfluff has a stand-in for."""
    config = RawConfigParser()
    config.read(project / ".sqlfluff", encoding="utf-8")
    return set(config[_STAND_INS])


def sqlfluff(options: Sequence[str], files: Sequence[str]) -> list[Finding]:
    """Return sqlfluff's findings on files, on the empty database and landing zone of STATE.

    Raises CommandError when it cannot run, or did not lint one of the files.
    """
    done = run_tool(
        [
            *(str(TOOLS / "python"), "-m", "logmart.checks.repeated_lint_work", "lint"),
            *("--format", "json", *options, *files),
        ],
        PROJECT,
        completed=_SQLFLUFF_COMPLETED,
        environment=STATE,
    )
    # dbt may print progress on the lines before the JSON list.
    start = done.stdout.index("\n[{") if "\n[{" in done.stdout else 0
    try:
        results = json.loads(done.stdout[start:])
    except ValueError as error:
        # A Python error ends it with 1, as findings do.
        raise stopped(done, PROJECT) from error
    skipped = sorted({*files} - {result["filepath"] for result in results})
    if skipped:
        why, _, _ = cause(done.stderr, PROJECT)
        raise CommandError(
            f"sqlfluff did not lint {', '.join(skipped)}: {why or 'no reason given'}"
        )
    return [
        Finding(
            kind=f"lint:{violation['code']}",
            severity=Severity.WARNING if violation["warning"] else Severity.ERROR,
            file=result["filepath"],
            line=violation["start_line_no"],
            node=Path(result["filepath"]).stem,
            message=violation["description"],
        )
        for result in results
        for violation in result["violations"]
    ]


def _fix(arguments: Sequence[str]) -> int:
    """Let sqlfluff rewrite files; return its exit code."""
    done = subprocess.run(
        [str(TOOLS / "sqlfluff"), "fix", "--force", *arguments],
        cwd=PROJECT,
        env={**os.environ, **STATE},
        check=False,
    )
    return done.returncode


def sources_config(project: Path) -> Path:
    """Write the configuration that switches every source with planned events on for sqlfluff, also
    one that dbt_project.yml leaves switched off; return its path.
    """
    settings = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    sources = list((settings.get("vars") or {}).get("planned_events") or ())
    # sqlfluff reads a list only from a file of this name.
    path = project / "target/lint/pyproject.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"[tool.sqlfluff.templater.dbt.context]\nsources = {json.dumps(sources)}\n",
        encoding="utf-8",
    )
    return path
