"""The engine: plan, apply and verify, the same for the command and for the workflow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from logmart_catalog.artifacts import read_artifacts
from logmart_catalog.config import Config, Connection
from logmart_catalog.desired import Desired, desired_state
from logmart_catalog.diff import check_removals, diff
from logmart_catalog.errors import StateError
from logmart_catalog.plan import Plan
from logmart_catalog.server.client import Api
from logmart_catalog.server.read import Actual, read_actual
from logmart_catalog.server.write import execute, restore
from logmart_catalog.state import CatalogState, without_owners


@dataclass(frozen=True)
class Report:
    """What a command found.

    `compared_with` says with what; `desired` is the state that was compared, `plan` what it takes
    to get there; `missing_teams` own something in dbt and are absent from the catalog;
    `unknown_types` counts the column types that are not understood; `writes` are the calls made
    that changed the server.
    """

    compared_with: str
    desired: CatalogState
    plan: Plan
    missing_teams: tuple[str, ...]
    unknown_types: dict[str, int]
    writes: int = 0


def load(folder: Path, config: Config) -> Desired:
    """Return what dbt's artifacts in a folder want. Raises ArtifactError."""
    return desired_state(read_artifacts(folder), config)


def plan_offline(desired: Desired) -> Report:
    """Plan against nothing: everything is to be added."""
    state = desired.state
    nothing = CatalogState(state.service, state.project)
    return Report("nothing", state, diff(state, nothing), (), desired.unknown_types)


def plan_against(desired: Desired, saved: CatalogState, name: str) -> Report:
    """Plan against a saved state, called `name` in the report.

    Raises StateError when it is of another service or dbt project.
    """
    state = desired.state
    if (saved.service, saved.project) != (state.service, state.project):
        raise StateError(
            f"{name}: the saved state is of project {saved.project} in service {saved.service},"
            f" not of {state.project} in {state.service}; save one with the same names"
        )
    return Report(name, state, diff(state, saved), (), desired.unknown_types)


def plan_server(desired: Desired, connection: Connection) -> Report:
    """Plan against what a server holds: what `plan` shows and `verify` judges. Writes nothing.

    Raises ServerError.
    """
    return _read(desired, Api(connection))[0]


def apply_server(
    desired: Desired,
    connection: Connection,
    config: Config,
    *,
    allow_removals: bool,
    show: Callable[[Report], None],
) -> Report:
    """Bring a server to what dbt wants; return the plan that was carried out.

    In: `show`, called with the plan before anything is written. Raises RemovalRefusedError before
    the first write when the plan removes too much, ServerError.
    """
    api = Api(connection)
    report, actual = _read(desired, api)
    show(report)
    if not allow_removals:
        check_removals(report.plan, config.max_removal_share)
    plan = report.plan
    if restore(api, plan, actual):
        again, actual = _read(desired, api)
        plan = again.plan
    execute(api, plan, actual)
    return replace(report, writes=api.writes)


def _read(desired: Desired, api: Api) -> tuple[Report, Actual]:
    """Read a server and plan; teams that are absent and not to be created own nothing."""
    state = desired.state
    owners = {owner for table in state.tables.values() for owner in table.owners}
    actual = read_actual(api, state.service, state.project, owners)
    missing = owners - set(actual.state.teams) - set(state.teams)
    state = without_owners(state, frozenset(missing))
    plan = diff(state, actual.state)
    return Report(api.host, state, plan, tuple(sorted(missing)), desired.unknown_types), actual
