"""Lints the files that a branch changes: `logmart check changed --base BASE [--json]`.

BASE is a git ref, or a folder with dbt's manifest.json. With a ref, the working files are compared
with its common ancestor with this branch. So they are with a folder that `make state` wrote, which
names its commit. Any other manifest lists no YAML: all macros and YAML files are linted. Changed
SQL goes through sqlfluff and dbt, macros through sqlfluff without dbt, YAML through yamllint. When
a linter's configuration changed, all of its files are linted. Exits with 1 when anything is found.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from logmart.checks.changed_files import changed_files, knows_commit, project_files
from logmart.checks.print_findings import print_findings
from logmart.checks.sql_lint import MACRO_RULES, MACROS, SQL, TOOLS, lint_sql, sqlfluff
from logmart.findings import Finding, Severity
from logmart.settings import PROJECT
from logmart.tool_run import run_tool, stopped

# yamllint exits with 1 when it has errors, with 2 when it has only warnings.
_YAMLLINT_COMPLETED = (0, 1, 2)
_YAML_LINE = re.compile(r"(?P<file>.+?):(?P<line>\d+):\d+: \[(?P<level>\w+)\] (?P<message>.*)")


@dataclass(frozen=True)
class Changed:
    """The files to lint, by linter; paths are relative to the project."""

    sql: tuple[str, ...]
    macros: tuple[str, ...]
    yaml: tuple[str, ...]

    def __str__(self) -> str:
        return f"{len(self.sql)} SQL, {len(self.macros)} macro and {len(self.yaml)} YAML files"


@click.command(help=__doc__)
@click.option("--base", required=True, help="A git ref, or a folder with manifest.json.")
@click.option("--json", "as_json", is_flag=True, help="Print a list in JSON.")
def main(base: str, as_json: bool) -> int:
    """Print the linters' findings on changed files; return 1 when there are any."""
    if (Path(base) / "manifest.json").exists():
        names = changed_since_folder(PROJECT, Path(base))
    else:
        names = changed_since_ref(PROJECT, base)
    changed = to_lint(names, project_files(PROJECT))
    found = lint(changed)
    print_findings(found, as_json=as_json, summary=f"{changed}: {len(found) or 'no'} findings")
    return int(bool(found))


def changed_since_ref(project: Path, ref: str) -> list[str]:
    """Return the files that differ from the common ancestor with a ref, without removed ones.

    Raises CommandError when git finds no such ref, or no common ancestor.
    """
    return [name for name in changed_files(project, ref) if (project / name).exists()]


def changed_since_folder(project: Path, folder: Path) -> list[str]:
    """Return the files that differ from those that the artifacts in a folder were made from.

    A state of the gate names its commit, so that git can tell; else dbt's manifest does.
    """
    about = folder / "state.json"
    commit = json.loads(about.read_text("utf-8")).get("commit") if about.exists() else ""
    if commit and knows_commit(project, commit):
        return changed_since_ref(project, commit)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    return changed_since_manifest(project, project_files(project), manifest)


def changed_since_manifest(
    project: Path, files: Iterable[str], manifest: dict[str, Any]
) -> list[str]:
    """Return the SQL files whose checksum differs from the manifest's, and all macros and YAML."""
    nodes = [*manifest["nodes"].values()]
    # The models of a source that is switched off are disabled.
    nodes += [node for disabled in manifest.get("disabled", {}).values() for node in disabled]
    checksums = {
        node["original_file_path"]: node["checksum"]["checksum"]
        for node in nodes
        if "checksum" in node
    }
    return [
        name
        for name in files
        if name.endswith((".yml", ".yaml"))
        or _is_below(name, MACROS)
        or (_is_below(name, SQL) and checksums.get(name) != _checksum(project / name))
    ]


def _checksum(path: Path) -> str:
    """Return the checksum of a file as dbt computes it: of its text, stripped of outer spaces."""
    try:
        return hashlib.sha256(path.read_text(encoding="utf-8").strip().encode()).hexdigest()
    except FileNotFoundError:
        return ""


def to_lint(changed: Iterable[str], files: Iterable[str]) -> Changed:
    """Sort changed files by linter; a linter whose configuration changed gets all of its files."""
    changed, files = set(changed), set(files)

    def chosen(configuration: str, is_linted: Callable[[str], bool]) -> tuple[str, ...]:
        return tuple(sorted(filter(is_linted, files if configuration in changed else changed)))

    return Changed(
        sql=chosen(".sqlfluff", lambda name: name.endswith(".sql") and _is_below(name, SQL)),
        macros=chosen(".sqlfluff", lambda name: name.endswith(".sql") and _is_below(name, MACROS)),
        yaml=chosen(".yamllint", lambda name: name.endswith((".yml", ".yaml"))),
    )


def _is_below(name: str, folders: Iterable[str]) -> bool:
    return any(name.startswith(f"{folder}/") for folder in folders)


def lint(changed: Changed) -> list[Finding]:
    """Run the linters that have files to lint; return their findings.

    Raises CommandError when a linter cannot run.
    """
    return [
        *lint_sql(changed.sql),
        *(sqlfluff(MACRO_RULES, changed.macros) if changed.macros else ()),
        *(yamllint(changed.yaml) if changed.yaml else ()),
    ]


def yamllint(files: Sequence[str]) -> list[Finding]:
    """Return yamllint's findings on files. Its warnings count as errors, as in `make lint`."""
    done = run_tool(
        [str(TOOLS / "yamllint"), "--strict", "--format", "parsable", *files],
        PROJECT,
        completed=_YAMLLINT_COMPLETED,
    )
    lines = [_YAML_LINE.fullmatch(line) for line in done.stdout.splitlines()]
    if done.returncode and not all([lines, *lines]):
        raise stopped(done, PROJECT)
    return [_yaml_finding(line) for line in lines if line]


def _yaml_finding(line: re.Match[str]) -> Finding:
    message, _, rule = line["message"].rpartition(" (")
    return Finding(
        kind=f"lint:{rule.rstrip(')') if message else 'yaml'}",
        severity=Severity.ERROR,
        file=line["file"].removeprefix("./"),
        line=int(line["line"]),
        message=message or line["message"],
    )
