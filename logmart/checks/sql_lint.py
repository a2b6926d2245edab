"""Lints all SQL: `logmart check sql [--fix]`.

dbt renders the models for sqlfluff, except those that only call one macro. sqlfluff ignores what a
macro renders, so such a model is linted with a short stand-in for the macro: the rules still check
what is around the call. The stand-ins are in .sqlfluff; a macro without one is rendered by dbt.
Exits with 1 when anything is found. With --fix, rewrites what sqlfluff can mend.
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

from logmart.checks.print_findings import print_findings
from logmart.errors import CommandError
from logmart.findings import Finding, Severity
from logmart.settings import PROJECT

# sqlfluff renders models through dbt. This points dbt at an empty database and an empty landing
# zone, so that `is_incremental()` is false on every machine.
STATE = {
    "LOGMART_DATABASE": "target/lint/logmart.duckdb",
    "LOGMART_LANDING": "target/lint/landing",
    "LOGMART_ID_KEY": "the key of a database without rows",
}
SQL = ("models", "analyses", "snapshots", "tests/singular")
# dbt renders no macro and no generic test by itself. What sqlfluff can judge without that is the
# space in their Jinja and the end of the file; the SQL in them is judged by nothing.
MACROS = ("macros", "tests/generic")
MACRO_RULES = ["--templater", "jinja", "--rules", "JJ01,LT12"]
TOOLS = PROJECT / ".venv/bin"
_STAND_INS = "sqlfluff:templater:jinja:macros"
_ONE_CALL = re.compile(r"\s*\{\{-?\s*(?P<macro>\w+)\([^{}]*\)\s*-?\}\}\s*")
_SQLFLUFF_RAN = (0, 1)
# A second process takes as long to start as some twenty files take to lint.
_WORTH_A_PROCESS = 20


@click.command(help=__doc__)
@click.option("--fix", is_flag=True, help="Rewrite what can be mended.")
def main(fix: bool) -> int:
    """Print what sqlfluff finds in all SQL, or mend it; return 1 when it finds anything."""
    files = sql_files(PROJECT)
    if fix:
        runs = [
            _run_sqlfluff("fix", ["--force", *group], captures=False)
            for group in groups(PROJECT, files)
        ]
        return max(run.returncode for run in runs)
    found = lint_sql(files)
    summary = f"{len(files)} SQL files: {len(found) or 'no'} findings"
    print_findings(found, as_json=False, summary=summary)
    return int(bool(found))


def sql_files(project: Path) -> list[str]:
    """Return the files of SQL that are linted, by their paths in the project."""
    return [
        str(path.relative_to(project))
        for folder in SQL
        for path in sorted((project / folder).rglob("*.sql"))
    ]


def lint_sql(files: Iterable[str]) -> list[Finding]:
    """Return what sqlfluff finds in files of SQL. Raises CommandError when it cannot run."""
    return [finding for group in groups(PROJECT, files) for finding in sqlfluff(group)]


def groups(project: Path, files: Iterable[str]) -> list[list[str]]:
    """Return the arguments of each run of sqlfluff: calls with stand-ins, the rest with dbt."""
    replaced = stand_ins(project)
    called: list[str] = []
    rendered: list[str] = []
    for file in files:
        call = _ONE_CALL.fullmatch((project / file).read_text(encoding="utf-8"))
        (called if call and call["macro"] in replaced else rendered).append(file)
    options: list[str] = []
    if len(rendered) > _WORTH_A_PROCESS:
        options = ["--processes", "2"]
        # The longest first: none is left for one process alone at the end.
        rendered.sort(key=lambda file: (project / file).stat().st_size, reverse=True)
    runs = [(["--templater", "jinja"], called), (options, rendered)]
    return [[*given, *names] for given, names in runs if names]


def stand_ins(project: Path) -> set[str]:
    """Return the names of the macros that .sqlfluff has a stand-in for."""
    config = RawConfigParser()
    config.read(project / ".sqlfluff", encoding="utf-8")
    return set(config[_STAND_INS])


def sqlfluff(arguments: Sequence[str]) -> list[Finding]:
    """Have sqlfluff lint files, in the fixed state; return what it finds."""
    done = _run_sqlfluff("lint", ["--format", "json", *arguments], captures=True)
    if done.returncode not in _SQLFLUFF_RAN:
        raise CommandError(f"sqlfluff stopped: {(done.stderr or done.stdout).strip()}")
    # dbt's progress may stand on the lines before the list.
    results = json.loads(done.stdout[done.stdout.index("\n[{") if "\n[{" in done.stdout else 0 :])
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


def _run_sqlfluff(
    verb: str, arguments: Sequence[str], *, captures: bool
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(TOOLS / "sqlfluff"), verb, *arguments],
        cwd=PROJECT,
        env={**os.environ, **STATE},
        capture_output=captures,
        text=True,
        check=False,
    )
