"""Lints the files that a branch changes: `logmart check changed --base BASE [--json]`.

BASE is a git ref, or a folder with dbt's manifest.json, as `make state` writes it. With a ref, the
working files are compared with its common ancestor with this branch. A manifest lists no YAML, so
with a manifest all macros and YAML files are linted. Changed SQL goes through sqlfluff and dbt,
macros through sqlfluff without dbt, YAML through yamllint. When a linter's configuration changed,
all of its files are linted. Exits with 1 when anything is found.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from logmart.checks.print_findings import print_findings
from logmart.checks.sql_lint import MACRO_RULES, MACROS, SQL, TOOLS, lint_sql, sqlfluff
from logmart.errors import CommandError
from logmart.findings import Finding, Severity
from logmart.settings import PROJECT

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
    files = project_files(PROJECT)
    manifest = Path(base) / "manifest.json"
    if manifest.exists():
        names = changed_since_manifest(PROJECT, files, json.loads(manifest.read_text("utf-8")))
    else:
        names = changed_since_ref(PROJECT, base)
    changed = to_lint(names, files)
    found = lint(changed)
    print_findings(found, as_json=as_json, summary=f"{changed}: {len(found) or 'no'} findings")
    return int(bool(found))


def project_files(project: Path) -> list[str]:
    """Return the files of the project that git tracks or would add."""
    return _git(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard")


def changed_since_ref(project: Path, ref: str) -> list[str]:
    """Return the files that differ from the common ancestor with a ref, including new files.

    Raises CommandError when git finds no such ref, or no common ancestor.
    """
    try:
        ancestor = _git(project, "merge-base", ref, "HEAD")[0].strip()
    except subprocess.CalledProcessError as error:
        raise CommandError(
            f"{ref} is no folder with a manifest.json, and git knows no common ancestor of it and"
            " this branch: fetch it, with its history"
        ) from error
    changed = _git(project, "diff", "-z", "--name-only", "--diff-filter=d", "--relative", ancestor)
    return changed + _git(project, "ls-files", "-z", "--others", "--exclude-standard")


def changed_since_manifest(
    project: Path, files: Iterable[str], manifest: dict[str, Any]
) -> list[str]:
    """Return the SQL files whose checksum differs from the manifest's, and all macros and YAML."""
    checksums = {
        node["original_file_path"]: node["checksum"]["checksum"]
        for node in manifest["nodes"].values()
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
        *(sqlfluff([*MACRO_RULES, *changed.macros]) if changed.macros else ()),
        *(yamllint(changed.yaml) if changed.yaml else ()),
    ]


def yamllint(files: Sequence[str]) -> list[Finding]:
    """Return yamllint's findings on files. Its warnings count as errors, as in `make lint`."""
    done = subprocess.run(
        [str(TOOLS / "yamllint"), "--strict", "--format", "parsable", *files],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [_YAML_LINE.fullmatch(line) for line in done.stdout.splitlines()]
    if done.returncode and not all([lines, *lines]):
        raise CommandError(f"yamllint stopped: {(done.stderr or done.stdout).strip()}")
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


def _git(project: Path, *arguments: str) -> list[str]:
    done = subprocess.run(
        ["git", *arguments], cwd=project, capture_output=True, text=True, check=True
    )
    return [name for name in done.stdout.split("\0") if name]
