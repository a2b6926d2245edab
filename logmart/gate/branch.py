"""The branch of a pull request, built beside main's state."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from logmart.dbt.full_refresh import FULL_REFRESH
from logmart.dbt.manifest import read_manifest
from logmart.gate.build import build, compile_all, describe
from logmart.gate.selection import Selection, Side, everything, select
from logmart.gate.slim_build import Built, copy_database, outcome, slim_build
from logmart.gate.state import About, State, UnusableStateError, read_state
from logmart.gate.workplace import Workplace


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


def usable_state(folder: Path, now: About) -> tuple[State | None, str]:
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


def build_branch(workplace: Workplace, state: State | None, *, slim: bool) -> Branch:
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


def built_sentence(state: State | None, branch: Branch) -> str:
    """Return what was built, and what it is compared with, as the begin of a sentence."""
    results = branch.built.results
    built = sum(one.kind in ("model", "seed", "snapshot") for one in results)
    tests = sum(one.kind in ("test", "unit_test") for one in results)
    of = len(branch.side.manifest.built)
    commit = f" of {state.about.commit[:10]}" if state and state.about.commit else ""
    against = f", compared with {state.folder}{commit}" if state else ""
    return f"Built {built} of {of} models, ran {tests} tests{against};"
