"""Checks dbt's artifacts against the rules: `logmart check rules [--target-path FOLDER] [--json]`.

The rules are checks of dbt-bouncer, in rules/dbt-bouncer.yml; rules/exceptions.yml lists the nodes
that may break one. With --target-path the artifacts of a build are checked. Without it the project
is parsed and its manifest checked; the rules that need a built catalog are left out.
Exits with 1 when a rule is broken, or an exception is no longer needed.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click
import yaml

from logmart.checks.print_findings import print_findings
from logmart.errors import CommandError
from logmart.findings import Finding, Severity
from logmart.settings import PROJECT
from logmart.tool_run import run_tool, stopped

RULES = PROJECT / "rules"
BOUNCER = RULES / ".venv/bin/dbt-bouncer"
PARSED = Path("target/rules")
PROFILES = PROJECT / "profiles"
# dbt-bouncer exits with 0 when every rule holds and with 1 when a rule is broken; any other exit
# code is an error.
_COMPLETED = (0, 1)
_CATEGORIES = {"manifest_checks": "manifest.json", "catalog_checks": "catalog.json"}


@dataclass(frozen=True)
class Broken:
    """A rule that a node breaks: `place` is the rule's index in its category, `message` is
    dbt-bouncer's.
    """

    rule: str
    place: int
    node: str
    file: str
    message: str


@dataclass(frozen=True)
class RuleException:
    """A node, or a pattern of names, that may break a rule, and the reason."""

    rule: str
    node: str
    reason: str

    def covers(self, broken: Broken) -> bool:
        """Return whether the exception applies to this rule and node."""
        return self.rule == broken.rule and fnmatchcase(broken.node, self.node)


@click.command(help=__doc__)
@click.option(
    "--target-path", type=click.Path(path_type=Path), help="The folder of a build's artifacts."
)
@click.option("--json", "as_json", is_flag=True, help="Print a list in JSON.")
def main(target_path: Path | None, as_json: bool) -> int:
    """Print the broken rules; return 1 when there are any."""
    folder = target_path or parse_project(PARSED)
    categories = checked_categories(folder, is_built=target_path is not None)
    found = findings(run_rules(folder, categories), read_exceptions(), categories)
    summary = f"{count_rules(categories)} rules: {len(found) or 'no'} findings"
    if "catalog_checks" not in categories:
        summary += "; those on a catalog need a build: --target-path target"
    print_findings(found, as_json=as_json, summary=summary)
    return int(bool(found))


def checked_categories(folder: Path, *, is_built: bool) -> list[str]:
    """Return the categories of rules to check on a folder of artifacts: those on a catalog only
    where it was built.

    Raises CommandError when an artifact is missing.
    """
    wanted = [name for name in _CATEGORIES if is_built or name != "catalog_checks"]
    for name in wanted:
        if not (folder / _CATEGORIES[name]).exists():
            raise CommandError(
                f"{folder}/{_CATEGORIES[name]} is not there: build first with `make build`"
            )
    return wanted


def parse_project(folder: Path) -> Path:
    """Parse the project with dbt, without a database, into a folder; return the folder.

    Raises CommandError with dbt's error when the project cannot be parsed.
    """
    from logmart.dbt.run import run_dbt  # noqa: PLC0415 - dbt takes two seconds to load

    run_dbt("parsed", ["parse", "--target-path", str(folder), "--profiles-dir", str(PROFILES)])
    return folder


def read_rules() -> dict[str, Any]:
    """Return rules/dbt-bouncer.yml."""
    rules: dict[str, Any] = yaml.safe_load((RULES / "dbt-bouncer.yml").read_text(encoding="utf-8"))
    return rules


def count_rules(categories: Iterable[str]) -> int:
    """Return the number of rules in the categories."""
    rules = read_rules()
    return sum(len(rules[category]) for category in categories)


def read_exceptions() -> list[RuleException]:
    """Return the exceptions of rules/exceptions.yml.

    Raises CommandError when an exception lacks a rule, a node or a reason.
    """
    path = RULES / "exceptions.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return [RuleException(**entry) for entry in content["exceptions"] or ()]
    except TypeError as error:
        raise CommandError(
            f"{path.relative_to(PROJECT)}: an exception has a rule, a node and a reason: {error}"
        ) from error


def run_rules(folder: Path, categories: list[str]) -> list[Broken]:
    """Return the rules of some categories that the artifacts of a folder break, without regard to
    exceptions.

    Raises CommandError when the folder has no manifest, or when dbt-bouncer is not installed or
    stops.
    """
    if "manifest_checks" not in categories:
        raise CommandError(f"{folder}/manifest.json is not there: build first with `make build`")
    with tempfile.TemporaryDirectory() as temporary:
        config, output = Path(temporary) / "dbt-bouncer.yml", Path(temporary) / "output.json"
        config.write_text(
            yaml.safe_dump(
                {category: read_rules()[category] for category in categories}
                | {
                    "dbt_artifacts_dir": str(folder.resolve()),
                    "custom_checks_dir": str(RULES / "own_checks"),
                }
            ),
            encoding="utf-8",
        )
        done = run_tool(
            [str(BOUNCER), "run", "--config-file", str(config), "--output-only-failures"]
            + ["--output-format", "json", "--output-file", str(output)],
            Path(),
            completed=_COMPLETED,
        )
        results = json.loads(output.read_text(encoding="utf-8")) if output.exists() else None
        # A Python error ends it with 1, too.
        if results is None or done.returncode != int(bool(results)):
            raise stopped(done, Path())
    return [_broken(result) for result in results]


def _broken(result: dict[str, Any]) -> Broken:
    check, place, run = result["check_run_id"].split(":", 2)
    unique_id = result["unique_id"] or run
    # dbt's ids are kind.project.name; a version or a unit test's name may follow.
    node = unique_id.split(".", 2)[-1]
    return Broken(
        rule=check.removeprefix("check_"),
        place=int(place),
        node=node,
        file=result["file_path"] or "",
        message=result["failure_message"],
    )


def findings(
    broken: list[Broken], exceptions: list[RuleException], categories: list[str]
) -> list[Finding]:
    """Return the broken rules without an exception, and the exceptions that cover no broken rule.

    An exception is not reported when its rule's category was not checked.
    """
    found = [
        Finding(
            f"rule:{each.rule}",
            each.message,
            each.node,
            file=each.file,
            severity=Severity.ERROR,
        )
        for each in broken
        if not any(exception.covers(each) for exception in exceptions)
    ]
    rules = read_rules()
    looked_at = {
        rule["name"].removeprefix("check_") for category in categories for rule in rules[category]
    }
    left_out = {
        rule["name"].removeprefix("check_")
        for category in _CATEGORIES
        if category not in categories
        for rule in rules[category]
    }
    for exception in exceptions:
        if exception.rule not in looked_at | left_out:
            message = "no rule of this name: mend the exception"
        elif exception.rule in looked_at and not any(map(exception.covers, broken)):
            message = "keeps to the rule: take the exception out"
        else:
            continue
        found.append(
            Finding(
                f"rule:{exception.rule}",
                message,
                exception.node,
                file="rules/exceptions.yml",
                severity=Severity.ERROR,
            )
        )
    return found
