"""Reports what a branch would change: `logmart gate report --state FOLDER`.

Builds and tests the models that the branch touches, compares them with main's state and writes
report.md, report.txt and report.json; the text goes to the terminal too. Exits with 2 when a
finding has at least the severity `fail_on` of gate.yml, with 1 when no report could be made.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from logmart.dbt.full_refresh import FULL_REFRESH
from logmart.dbt.manifest import read_catalog, read_json
from logmart.errors import CommandError
from logmart.findings import Finding, Severity
from logmart.gate import catalog_sync
from logmart.gate.branch import Branch, Places, build_branch, built_sentence, usable_state
from logmart.gate.build import gather
from logmart.gate.catalog_section import TITLE as CATALOG
from logmart.gate.catalog_section import catalog_findings, catalog_section, without_layout
from logmart.gate.compared import Compared
from logmart.gate.config import FILE, Config, read_config
from logmart.gate.data_diff import changed_share, data_diffs, data_findings
from logmart.gate.documents import changed_documents, report_on_documents
from logmart.gate.failures import failure_finding, stopped_finding
from logmart.gate.finding_reach import reach_of_file, with_reach
from logmart.gate.impact import Lineage, read_lineage
from logmart.gate.node_diff import node_findings
from logmart.gate.personal_data import Hidden, hidden_columns
from logmart.gate.plan_diff import plan_findings
from logmart.gate.report import Report, folded, ordered
from logmart.gate.report_files import write_report
from logmart.gate.report_text import terminal
from logmart.gate.schema_diff import schema_findings
from logmart.gate.section import Section
from logmart.gate.sections import (
    build_section,
    data_section,
    lineage_section,
    plan_section,
    sql_section,
)
from logmart.gate.state import (
    CATALOG_STATE,
    DATABASE,
    DEFAULT,
    State,
    StateInputs,
    current_inputs,
    landing_zone,
)
from logmart.gate.state_commit import BASE_VARIABLE, branch_start, other_commit
from logmart.gate.tools import could_not_run, read_findings, tool_findings
from logmart.gate.workplace import Workplace
from logmart.landed.private_files import make_private_folder
from logmart.tool_run import ToolError

OUT = Path("target/pr-report")
FAILS = 2
_PATH = click.Path(path_type=Path)
_SECTIONS_OF_A_COMPARISON = ("Data", "What it reaches", "Tracking plan", CATALOG, "Compiled SQL")
# A finding on the tracking plan already implies these kinds of findings on its model.
_IMPLIED_BY_THE_PLAN = frozenset(
    {"model_added", "model_removed", "model_renamed", "sql_changed", "column_added"}
    | {"column_removed", "column_renamed", "type_widened", "type_narrowed", "type_changed"}
)
# These kinds are at most a note where only the project's own models read the changed model.
_BREAKS_READERS = frozenset(
    {"model_removed", "model_renamed", "column_removed", "column_renamed", "type_widened"}
    | {"type_narrowed", "type_changed", "grain_changed"}
    | {"accepted_values_narrowed", "accepted_values_widened"}
    | {"contract_removed", "description_removed"}
)


@click.command(help=__doc__)
@click.option("--state", type=_PATH, default=DEFAULT, help="Folder of main's state.")
@click.option("--out", type=_PATH, default=OUT, help="Folder to write the report to.")
@click.option(
    "--base",
    default="",
    envvar=BASE_VARIABLE,
    help="Branch or commit that the branch starts from; without it, main.",
)
@click.option(
    "--findings",
    type=_PATH,
    multiple=True,
    metavar="FILE",
    help="Findings of a tool as JSON; replaces the run of the linter and the rules.",
)
def main(state: Path, out: Path, base: str, findings: tuple[Path, ...]) -> int:
    """Make the report; return FAILS when a finding fails it."""
    project = Path()
    config = read_config(project / FILE)
    given = [finding for path in findings for finding in read_findings(path)]
    start = branch_start(project, base)
    documents = changed_documents(project, start, config)
    if documents:
        report = report_on_documents(documents, config)
        write_report(report, out, config.limits.report_characters)
    else:
        places = Places(project, landing_zone(project), state, out)
        report = make_report(places, config, start, tools=given if findings else None)
    print(terminal(report), flush=True)
    print(f"Written to {out}/report.md, report.txt and report.json", flush=True)
    return FAILS if report.fails else 0


def make_report(
    places: Places, config: Config, start: str = "", *, tools: list[Finding] | None = None
) -> Report:
    """Build the models that a branch touches, compare them with a state, and write the report.

    In: `start`, the commit from which the branch starts, "" where it is not known; `tools`, the
    findings of the linter and the rules; None runs both. Raises CommandError when no report could
    be made. A project that does not build gives a finding, not an error.
    """
    started = time.monotonic()
    project, landing, out = places.project, places.landing, places.out
    workplace = Workplace(project, landing, out / "build" / DATABASE, out / "target")
    shutil.rmtree(out, ignore_errors=True)
    workplace.target.mkdir(parents=True)
    make_private_folder(workplace.database.parent)
    now = current_inputs(project, landing, config)
    state, why_everything, unusable = usable_state(places.state, now)
    try:
        branch = build_branch(workplace, state, slim=not why_everything)
    except CommandError as error:
        stopped = stopped_finding(project, str(error))
        findings, built = [_with_owners(stopped, state)], "Nothing was built."
        sections = _not_made("the project does not compile")
    else:
        findings, sections = _compared(state, branch, config, why_everything)
        built = built_sentence(state, branch)
        if tools is None:
            base = state.folder if state else None
            tools, not_run = tool_findings(
                project, workplace.target, base, start, config.limits.tool_seconds
            )
            sections += not_run
    report = Report(
        f"{built} {time.monotonic() - started:.0f} s.",
        _remarks(state, now, why_everything, start),
        judged_findings([*unusable, *findings, *(tools or [])], config),
        tuple(sections),
        config.fail_on,
        _source(),
    )
    write_report(report, out, config.limits.report_characters)
    return report


def judged_findings(findings: Iterable[Finding], config: Config) -> tuple[Finding, ...]:
    """Return findings with their severities, in order, those of one cause as one."""
    return folded(ordered(config.judged(finding) for finding in findings))


def _compared(
    state: State | None, branch: Branch, config: Config, why_everything: str
) -> tuple[list[Finding], list[Section]]:
    """Return the findings and sections of a branch that compiles."""
    results = [failure_finding(branch.side.manifest, result) for result in branch.built.results]
    failed = [finding for finding in results if finding is not None]
    if state is None:
        return failed, [
            build_section(branch.side.manifest, branch.selection, branch.built.results),
            *_not_made(why_everything),
        ]
    catalog, catalog_found, lineage, hidden = _ask_catalog_sync(state, branch, config)
    compared = Compared(
        state.side,
        branch.side,
        state.catalog,
        read_catalog(branch.workplace.target / "catalog.json"),
        state.lineage,
        lineage,
        branch.selection,
        branch.built.unbuilt,
    )
    databases = (state.database, branch.workplace.database)
    diffs = data_diffs(compared, databases, hidden, config)
    planned = plan_findings(state.manifest, branch.side.manifest)
    planned_nodes = {finding.node for finding in planned}
    promised = [
        _for_readers(finding, compared, config)
        for finding in schema_findings(compared)
        if not (finding.kind in _IMPLIED_BY_THE_PLAN and finding.node in planned_nodes)
    ]
    shares = {diff.node: changed_share(diff) for diff in diffs}
    rows = [
        replace(finding, at_most=Severity.NOTE)
        if shares.get(finding.node, 1) <= config.limits.data_share
        else finding
        for finding in data_findings(diffs, compared, config)
    ]
    sections = [
        build_section(branch.side.manifest, branch.selection, branch.built.results),
        data_section(diffs, compared, databases),
        plan_section(planned, compared),
        catalog,
        sql_section(compared),
        lineage_section(branch.side.manifest, branch.selection),
    ]
    found = [*failed, *promised, *rows, *planned, *catalog_found]
    found += node_findings(compared, found)
    return with_reach(found, compared, diffs), sections


def _ask_catalog_sync(
    state: State, branch: Branch, config: Config
) -> tuple[Section, list[Finding], Lineage, Hidden]:
    """Return the catalog's section and findings, the branch's lineage, and the hidden columns.

    All columns are hidden when the catalog sync cannot run.
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
    seconds = config.limits.tool_seconds
    try:
        plan = catalog_sync.catalog_plan(
            described, save=saved, against=state.folder / CATALOG_STATE, seconds=seconds
        )
        lineage = read_lineage(catalog_sync.lineage(described, seconds=seconds))
        classification = catalog_sync.personal_data_classification()
    except ToolError as error:
        missing = Section(CATALOG, missing=str(error))
        return missing, [could_not_run(CATALOG, error)], nothing, Hidden(everything=True)
    hidden = hidden_columns(
        (state.catalog_state, read_json(saved)),
        ((state.manifest, state.lineage), (branch.side.manifest, lineage)),
        classification,
    )
    found = catalog_findings(plan, state.catalog_notes)
    return catalog_section(plan), found, lineage, hidden


def _for_readers(finding: Finding, compared: Compared, config: Config) -> Finding:
    """Return a finding, limited to a note where only the project's own models read its model."""
    if finding.kind not in _BREAKS_READERS or config.is_published(finding.file):
        return finding
    nodes = [*compared.base.manifest.built.values(), *compared.head.manifest.built.values()]
    paths = {node["original_file_path"] for node in nodes if node["name"] == finding.node}
    if any(config.is_published(path) for path in paths):
        return finding
    return replace(finding, at_most=Severity.NOTE)


def _with_owners(stopped: Finding, state: State | None) -> Finding:
    """Return the finding on a project that does not compile, with the reach of main's nodes in the
    file.
    """
    if state is None or not stopped.file:
        return stopped
    return replace(stopped, reach=reach_of_file(state.manifest, stopped.file))


def _source() -> str:
    """Return the address of the branch's files in a run on GitHub; "" elsewhere."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA")
    server, repository, commit = (os.environ.get(name, "") for name in names)
    return f"{server}/{repository}/blob/{commit}" if commit else ""


def _remarks(
    state: State | None, now: StateInputs, why_everything: str, start: str
) -> tuple[str, ...]:
    """Return the sentences on how the report was made that a reader has to know."""
    remarks = [f"Everything was built: {why_everything}."] if why_everything else []
    if state and state.inputs.thresholds != now.thresholds:
        remarks.append(f"{FILE} is not main's: severities and limits are those of the branch.")
    stale = other_commit(start, state.inputs.commit) if state else ""
    return (*remarks, *([stale] if stale else []))


def _not_made(reason: str) -> list[Section]:
    return [Section(title, missing=reason) for title in _SECTIONS_OF_A_COMPARISON]
