"""Builds the branch of a pull request and compares its inputs with main's state."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from logmart.dbt.full_refresh import FULL_REFRESH
from logmart.dbt.manifest import read_manifest
from logmart.findings import Finding
from logmart.gate.build import build, compile_all, describe
from logmart.gate.overview import counted
from logmart.gate.selection import Selection, Side, everything, select
from logmart.gate.slim_build import Built, copy_database, outcome, slim_build
from logmart.gate.state import State, StateInputs, UnusableStateError, read_state
from logmart.gate.workplace import Workplace


@dataclass(frozen=True)
class Places:
    """The paths of a report: the project, its landing zone, main's state, the folder to write."""

    project: Path
    landing: str
    state: Path
    out: Path


@dataclass(frozen=True)
class Branch:
    """The built branch: its side of the comparison, the selection of models, and the results."""

    workplace: Workplace
    side: Side
    selection: Selection
    built: Built


def usable_state(folder: Path, now: StateInputs) -> tuple[State | None, str, list[Finding]]:
    """Return main's state, the reason to build everything, and the finding on an unusable state.

    The state is None when it cannot be compared with; the reason is "" when main's database can be
    used.
    """
    try:
        state = read_state(folder)
    except UnusableStateError as error:
        kind = "not_checked" if error.is_damaged else "not_compared"
        return None, str(error), [Finding(kind, str(error), "comparison with main")]
    return state, _other_inputs(state.inputs, now, folder), []


def _other_inputs(inputs: StateInputs, now: StateInputs, folder: Path) -> str:
    """Return which input of a state differs from the branch's in a way that decides rows."""
    if inputs.landed != now.landed:
        return f"the landing zone is not the one that {folder} was built from"
    for name in sorted({*inputs.stands_on, *now.stands_on}):
        if inputs.stands_on.get(name) != now.stands_on.get(name):
            return f"{name} is not the one that {folder} was built with"
    return ""


def build_branch(workplace: Workplace, state: State | None, *, slim: bool) -> Branch:
    """Build the touched models on a copy of main's database if `slim`, else build everything anew.

    Models are compiled on the copy in both cases, because macros may read the rows of seeds.

    Raises CommandError when the project does not compile.
    """
    if state:
        copy_database(state.database, workplace.database)
    compile_all(workplace)
    if not slim:
        workplace.database.unlink(missing_ok=True)
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


def built_sentence(state: State | None, branch: Branch) -> str:
    """Return the beginning of a sentence: how much was built, and compared with which state."""
    results = branch.built.results
    built = sum(result.kind in ("model", "seed", "snapshot") for result in results)
    tests = sum(result.kind in ("test", "unit_test") for result in results)
    model_count = len(branch.side.manifest.built)
    commit = f" of {state.inputs.commit[:10]}" if state and state.inputs.commit else ""
    against = f", compared with {state.folder}{commit}" if state else ""
    return f"Built {built} of {model_count} models, ran {counted(tests, 'test')}{against};"
