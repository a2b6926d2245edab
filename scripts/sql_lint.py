"""Lints all SQL: `python -m scripts.sql_lint [--fix]`.

A model that has SQL of its own is rendered by dbt. One that is only the call of a macro is not: what
the macro renders is nobody's writing, and is not linted in any model. A short stand-in of the macro
takes its place, one of those in .sqlfluff; all rules look at what is around the call. Exits with 1
when anything is found; with --fix, what sqlfluff can mend is rewritten.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from configparser import RawConfigParser
from pathlib import Path

from scripts.errors import CommandError, run_command
from scripts.findings import Finding, print_findings
from scripts.settings import PROJECT

# sqlfluff renders models through dbt: on a database that never holds a table and a landing zone
# that never holds a file, so that the branch of an incremental model is the same on every machine.
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
_STAND_INS = "sqlfluff:templater:jinja:macros"
_ONE_CALL = re.compile(r"\s*\{\{-?\s*(?P<macro>\w+)\([^{}]*\)\s*-?\}\}\s*")
_SQLFLUFF_RAN = (0, 1)


def main() -> int:
    """Print what sqlfluff finds in all SQL, or have it mend that; return 1 when it finds anything."""
    parser = argparse.ArgumentParser(prog="python -m scripts.sql_lint", description=__doc__)
    parser.add_argument("--fix", action="store_true", help="rewrite what can be mended")
    options = parser.parse_args()
    files = sql_files(PROJECT)
    if options.fix:
        return max(run_sqlfluff("fix", group, capture=False) for group in groups(PROJECT, files))
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
    """Return the arguments of each run of sqlfluff: models through dbt, calls with stand-ins."""
    config = RawConfigParser()
    config.read(project / ".sqlfluff", encoding="utf-8")
    stand_ins = set(config[_STAND_INS]) if config.has_section(_STAND_INS) else set()
    rendered, called = [], []
    for file in files:
        call = _ONE_CALL.fullmatch((project / file).read_text(encoding="utf-8"))
        (called if call and call["macro"] in stand_ins else rendered).append(file)
    given = [(["--templater", "jinja"], called), ([], rendered)]
    return [[*options, *names] for options, names in given if names]


def sqlfluff(arguments: Sequence[str]) -> list[Finding]:
    """Have sqlfluff lint files, in the fixed state; return what it finds."""
