"""What a branch would change: `logmart gate report --state FOLDER`.

Builds and tests what the branch touches, compares it with main's state and writes report.md,
report.txt and report.json; the text goes to the terminal too. Exits with 2 when a finding is as bad
as `fail_on` of gate.yml says, with 1 when no report could be made.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

import click
import yaml

from logmart.errors import CommandError
from logmart.gate import catalog_sync as environment_two
from logmart.gate.catalog_section import TITLE as CATALOG
from logmart.gate.catalog_section import catalog_findings, catalog_section, without_layout
from logmart.gate.catalog_sync import CatalogSyncError
from logmart.gate.config import FILE, Config, read_config
from logmart.gate.data_diff import changed_share, data_diffs, data_findings
from logmart.gate.dbt import FAILED, NodeResult, Workplace
from logmart.gate.findings import Finding, Section, Severity
from logmart.gate.impact import Lineage, read_lineage
from logmart.gate.manifest import read_catalog, read_json, read_manifest
from logmart.gate.personal_data import Hidden, hidden_columns
from logmart.gate.plan_diff import plan_findings
from logmart.gate.report import Report, document, markdown, ordered, terminal
from logmart.gate.schema_diff import Compared, schema_findings
from logmart.gate.sections import (
    build_section,
    data_section,
    lineage_section,
    plan_section,
    sql_section,
)
from logmart.gate.selection import Selection, Side, everything, select
from logmart.gate.slim_build import Built, copy_database, outcome, slim_build
from logmart.gate.state import (
    CATALOG_NOTES,
    CATALOG_STATE,
    DATABASE,
    DEFAULT,
    FULL_REFRESH,
    LINEAGE,
    About,
    State,
    UnusableStateError,
    about_now,
    build,
    compile_all,
    describe,
    gather,
    landing_zone,
    read_state,
)
from logmart.gate.tools import read_findings, tool_findings
from logmart.landed.private_files import make_private_folder

OUT = Path("target/pr-report")
FAILS = 2
_PATH = click.Path(path_type=Path)
_COMPARING = ("Data", "What it reaches", "Tracking plan", CATALOG, "Compiled SQL")
# What a finding on the tracking plan tells of its model.
_TOLD_BY_THE_PLAN = frozenset(
    {"model_added", "model_removed", "sql_changed", "column_added", "column_removed"}
    | {"column_renamed", "type_widened", "type_narrowed", "type_changed"}
)
# What is a note where only the project's own models read.
_OF_READERS = frozenset(
    {"model_removed", "column_removed", "column_renamed", "type_widened", "type_narrowed"}
    | {"type_changed", "grain_changed", "accepted_values_narrowed", "accepted_values_widened"}
    | {"contract_removed", "description_removed"}
)
# Errors of the engine that quote values.
_QUOTING = re.compile(r"(Conversion|Invalid Input|Constraint|Out of Range|Mismatch Type) Error")


@dataclass(frozen=True)
class Places:
    """Where a report is made: the project, its landing zone, main's state, the folder to write."""

    project: Path
    landing: str
    state: Path
    out: Path


@dataclass(frozen=True)
class Branch:
    """The branch as built: its side of the comparison, what was built and how."""

    workplace: Workplace
    side: Side
    selection: Selection
    built: Built


@click.command(help=__doc__)
@click.option("--state", type=_PATH, default=DEFAULT, help="Folder of main's state.")
@click.option("--out", type=_PATH, default=OUT, help="Folder to write the report to.")
@click.option(
    "--findings",
    type=_PATH,
    multiple=True,
    metavar="FILE",
    help="Findings of a tool as JSON, in place of running the linter and the rules here.",
)
def main(state: Path, out: Path, findings: tuple[Path, ...]) -> int:
    """Make the report; return FAILS when a finding fails it."""
    project = Path()
    config = read_config(project / FILE)
    given = [one for path in findings for one in read_findings(path)]
    places = Places(project, landing_zone(project), state, out)
    report = make_report(places, config, tools=given if findings else None)
    print(terminal(report), flush=True)
    print(f"Written to {out}/report.md, report.txt and report.json", flush=True)
    return FAILS if report.fails else 0


def make_report(places: Places, config: Config, *, tools: list[Finding] | None = None) -> Report:
    """Build what a branch touches, compare it with a state, and write the report.

    In: `tools`, the findings of the linter and the rules; None runs them. Raises CommandError when
    no report could be made; a project that does not build is a finding.
    """
    started = time.monotonic()
    project, landing, out = places.project, places.landing, places.out
    shutil.rmtree(out, ignore_errors=True)
    workplace = Workplace(project, landing, out / "build" / DATABASE, out / "target")
    workplace.target.mkdir(parents=True)
    make_private_folder(workplace.database.parent)
    now = about_now(project, landing, config)
    state, why_everything = _usable(places.state, now)
    try:
        branch = _build(workplace, state, slim=not why_everything)
    except CommandError as error:
        stopped = Finding(_failure_kind(str(error)), without_values(str(error)))
        findings, built = [stopped], "Nothing was built."
        sections = _not_made("the project does not compile")
    else:
        findings, sections = _compared(state, branch, config, why_everything)
        built = _built_sentence(state, branch)
        if tools is None:
            base = state.folder if state else None
            tools, not_run = tool_findings(project, workplace.target, base)
            sections += not_run
    report = Report(
        f"{built} {time.monotonic() - started:.0f} s.",
        _remarks(state, now, why_everything),
        ordered(config.judged(one) for one in [*findings, *(tools or [])]),
        tuple(sections),
        config.fail_on,
    )
    limit = config.limits.report_characters
    (out / "report.md").write_text(markdown(report, limit), encoding="utf-8")
    (out / "report.txt").write_text(terminal(report) + "\n", encoding="utf-8")
    (out / "report.json").write_text(document(report) + "\n", encoding="utf-8")
    return report


def _usable(folder: Path, now: About) -> tuple[State | None, str]:
    """Return the state, None where there is none to compare with, and why everything must be built,
    "" where main's database will do.
    """
    try:
        state = read_state(folder)
    except UnusableStateError as error:
        return None, str(error)
    if state.about.landed != now.landed:
        return state, f"the landing zone is not the one that {folder} was built from"
    for name in sorted({*state.about.stands_on, *now.stands_on}):
        if state.about.stands_on.get(name) != now.stands_on.get(name):
            return state, f"{name} is not the one that {folder} was built with"
    return state, ""


def _build(workplace: Workplace, state: State | None, *, slim: bool) -> Branch:
    """Build what is touched on main's database where it will do, else everything from nothing.

    Raises CommandError when the project does not compile.
    """
    if state and slim:
        copy_database(state.database, workplace.database)
    compile_all(workplace)
    manifest = read_manifest(workplace.target / FULL_REFRESH / "manifest.json")
    settings = yaml.safe_load((workplace.project / "dbt_project.yml").read_text(encoding="utf-8"))
    variables = json.loads(json.dumps(settings.get("vars") or {}, default=str))
    side = Side(manifest, workplace.landing, variables)
    if state is None:
        return Branch(workplace, side, everything(side), outcome(build(workplace, [])))
    selection = select(state.side, side)
    if not slim:
        whole = replace(selection, touched=everything(side).touched)
        return Branch(workplace, side, whole, outcome(build(workplace, [])))
    if selection.is_empty:
        built = outcome([])
    else:
        built = slim_build(workplace, state.manifest, manifest, selection)
    if not built.results:
        describe(workplace)
    return Branch(workplace, side, selection, built)


def _compared(
    state: State | None, branch: Branch, config: Config, why_everything: str
) -> tuple[list[Finding], list[Section]]:
    """Return the findings and sections of a branch that compiles."""
    results = [_result_finding(branch, one) for one in branch.built.results]
    failed = [one for one in results if one is not None]
    if state is None:
        return failed, [
            build_section(branch.side.manifest, branch.selection, branch.built.results),
            *_not_made(why_everything),
        ]
    catalog, catalog_found, lineage, hidden = _ask_catalog_sync(state, branch)
    compared = Compared(
        state.side,
        branch.side,
        state.catalog,
        read_catalog(branch.workplace.target / "catalog.json"),
        read_lineage((state.folder / LINEAGE).read_text(encoding="utf-8")),
        lineage,
        branch.selection,
        branch.built.unbuilt,
    )
    databases = (state.database, branch.workplace.database)
    diffs = data_diffs(compared, databases, hidden, config)
    planned = plan_findings(state.manifest, branch.side.manifest)
    told = {one.node for one in planned}
    promised = [
        _for_readers(one, compared, config)
        for one in schema_findings(compared)
        if not (one.kind in _TOLD_BY_THE_PLAN and one.node in told)
    ]
    shares = {diff.node: changed_share(diff) for diff in diffs}
    rows = [
        replace(one, at_most=Severity.NOTE) if shares[one.node] <= config.limits.data_share else one
        for one in data_findings(diffs, compared)
    ]
    sections = [
        build_section(branch.side.manifest, branch.selection, branch.built.results),
        data_section(diffs, compared, databases),
        plan_section(planned, compared),
        catalog,
        sql_section(compared),
        lineage_section(branch.side.manifest, branch.selection),
    ]
    return [*failed, *promised, *rows, *planned, *catalog_found], sections


def _ask_catalog_sync(
    state: State, branch: Branch
) -> tuple[Section, list[Finding], Lineage, Hidden]:
    """Return the catalog's section and findings, the branch's lineage, and what must not be shown:
    everything, where the catalog sync cannot say.
    """
    nothing = Lineage()
    if branch.built.unbuilt:
        missing = Section(CATALOG, missing="a model could not be built")
        return missing, [], nothing, Hidden(everything=True)
    described = branch.workplace.target / "described"
    gather(branch.workplace.target, described)
    for name in ("manifest.json", f"{FULL_REFRESH}/manifest.json"):
        same = without_layout(read_json(described / name), state.side, branch.side)
        (described / name).write_text(json.dumps(same), encoding="utf-8")
    saved = branch.workplace.target / CATALOG_STATE
    try:
        plan = environment_two.catalog_plan(
            described, save=saved, against=state.folder / CATALOG_STATE
        )
        lineage = read_lineage(environment_two.lineage(described))
    except CatalogSyncError as error:
        missing = Section(CATALOG, missing=str(error))
        unchecked = Finding("not_checked", f"catalog, lineage, personal data: {error}")
        return missing, [unchecked], nothing, Hidden(everything=True)
    before = read_lineage((state.folder / LINEAGE).read_text(encoding="utf-8"))
    hidden = hidden_columns(
        (read_json(state.folder / CATALOG_STATE), read_json(saved)),
        ((state.manifest, before), (branch.side.manifest, lineage)),
        environment_two.personal_data_classification(),
    )
    found = catalog_findings(plan, read_json(state.folder / CATALOG_NOTES))
    return catalog_section(plan), found, lineage, hidden


def _for_readers(finding: Finding, compared: Compared, config: Config) -> Finding:
    """Return a finding that is a note at most where nobody but the project's models reads."""
    if finding.kind not in _OF_READERS or config.is_published(finding.file):
        return finding
    nodes = [*compared.base.manifest.built.values(), *compared.head.manifest.built.values()]
    paths = {node["original_file_path"] for node in nodes if node["name"] == finding.node}
    if any(config.is_published(path) for path in paths):
        return finding
    return replace(finding, at_most=Severity.NOTE)


def _result_finding(branch: Branch, result: NodeResult) -> Finding | None:
    """Return the finding on a node that failed or warned, None of another."""
    manifest = branch.side.manifest
    node = manifest.built.get(result.unique_id) or manifest.tests.get(result.unique_id)
    node = node or manifest.part("unit_tests").get(result.unique_id) or {}
    message = without_values(result.message)
    file = str(node.get("original_file_path") or "")
    if result.kind in ("test", "unit_test"):
        if result.status in FAILED:
            return Finding("test_failed", message, result.name, file=file)
        if result.status == "warn":
            return Finding("test_warned", message, result.name, file=file)
    elif result.status in FAILED:
        return Finding(_failure_kind(message), message, result.name, file=file)
    return None


def _failure_kind(message: str) -> str:
    return "contract_broken" if "an enforced contract that failed" in message else "build_failed"


def without_values(message: str) -> str:
    """Return an error's message; of one that quotes values, up to what kind of error it is."""
    quoting = _QUOTING.search(message)
    return f"{message[: quoting.end()]}; its words hold values" if quoting else message


def _remarks(state: State | None, now: About, why_everything: str) -> tuple[str, ...]:
    """Return what a reader has to know of how the report was made."""
    remarks = [f"Everything was built: {why_everything}."] if why_everything else []
    if state and state.about.thresholds != now.thresholds:
        remarks.append(f"{FILE} is not main's: severities and limits are those of the branch.")
    return tuple(remarks)


def _built_sentence(state: State | None, branch: Branch) -> str:
    results = branch.built.results
    built = sum(one.kind in ("model", "seed", "snapshot") for one in results)
    tests = sum(one.kind in ("test", "unit_test") for one in results)
    of = len(branch.side.manifest.built)
    commit = f" of {state.about.commit[:10]}" if state and state.about.commit else ""
    against = f", compared with {state.folder}{commit}" if state else ""
    return f"Built {built} of {of} models, ran {tests} tests{against};"


def _not_made(reason: str) -> list[Section]:
    return [Section(title, missing=reason) for title in _COMPARING]
