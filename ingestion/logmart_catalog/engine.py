"""The engine: plan, apply and verify, the same for the command and for the workflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from logmart_catalog.artifacts.read import read_artifacts
from logmart_catalog.artifacts.selection import chosen_nodes
from logmart_catalog.config import Config, Connection
from logmart_catalog.desired.build import Desired, desired_state
from logmart_catalog.errors import ArtifactError, RemovalRefusedError, StateError
from logmart_catalog.plan.actions import Plan
from logmart_catalog.plan.diff import check_removals, diff
from logmart_catalog.server.capabilities import read_capabilities
from logmart_catalog.server.client import Api
from logmart_catalog.server.read import Actual, read_actual
from logmart_catalog.server.restore import restore
from logmart_catalog.server.write import execute
from logmart_catalog.state.capabilities import supported_state
from logmart_catalog.state.model import CatalogState
from logmart_catalog.state.notes import Notes
from logmart_catalog.state.owners import resolved
from logmart_catalog.state.references import (
    missing_references,
    without_references,
    without_repeated_results,
)


@dataclass(frozen=True)
class Report:
    """What a command found.

    `compared_with` names the server or file that the state `desired` was compared with, `plan`
    holds the actions that lead there. `missing` names, by kind, the entities that dbt refers to and
    the catalog lacks; `left_out` counts the values that the server does not support. `refusal` is
    why `apply` needs --allow-removals for the plan, "" when it does not. `writes` counts the calls
    that changed the server; `server_version` is "" when no server was asked; `unindexed` is how
    many ends of edges the search index lacks, None when the index was not read.
    """

    compared_with: str
    desired: CatalogState
    plan: Plan
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)
    refusal: str = ""
    writes: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    server_version: str = ""
    unindexed: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether everything was published and nothing may be out of date: the server supports it,
        the artifacts are complete, and no value in dbt is malformed.
        """
        return not (self.left_out or self.notes.imperfect or self.notes.malformed)


@dataclass(frozen=True)
class Consent:
    """What an apply does only on request: `removals` allows it to remove more than the configured
    share of our tables; `hard` makes it delete tables for good instead of softly.
    """

    removals: bool = False
    hard: bool = False


def load(
    folder: Path,
    config: Config,
    *,
    mixed: bool = False,
    strict: bool = False,
    publishing: bool = True,
) -> Desired:
    """Return the desired state of dbt's artifacts in a folder, for the chosen nodes.

    In: `mixed`, whether artifacts of different dbt runs are allowed; `strict`, whether an
    incomplete node is an error; `publishing`, whether a state with nothing to publish is an error.
    Raises ArtifactError and SelectionError.
    """
    artifacts = read_artifacts(folder, mixed=mixed)
    desired = desired_state(artifacts, config, chosen_nodes(artifacts, config.choice))
    if publishing and desired.notes.refusal:
        raise ArtifactError(desired.notes.refusal)
    if strict and (imperfect := desired.notes.imperfect):
        first, reason = next(iter(imperfect.items()))
        raise ArtifactError(
            f"{folder}: --strict refuses artifacts in which {len(imperfect)} nodes are incomplete"
            f" or out of date, the first: {first}: {reason}; `plan` without --strict names all"
        )
    return desired


def plan_offline(desired: Desired) -> Report:
    """Return the plan against an empty catalog: everything is to be added."""
    state = desired.state
    nothing = CatalogState(state.service, state.project)
    return Report("nothing", state, diff(state, nothing), notes=desired.notes)


def plan_against(desired: Desired, saved: CatalogState, name: str, config: Config) -> Report:
    """Return the plan against a saved state, which the report calls `name`.

    Raises StateError when the saved state is of another service or dbt project.
    """
    state = desired.state
    if (saved.service, saved.project) != (state.service, state.project):
        raise StateError(
            f"{name}: the saved state is of project {saved.project} in service {saved.service},"
            f" not of {state.project} in {state.service}; save one with the same names"
        )
    plan = diff(state, saved)
    return Report(name, state, plan, notes=desired.notes, refusal=_refusal(plan, config))


def plan_server(desired: Desired, connection: Connection, config: Config) -> Report:
    """Return the plan against a server, for `plan` to show and `verify` to judge. Writes nothing.

    Raises ServerError.
    """
    return _read(desired, Api(connection, config.concurrency), config)[0]


def apply_server(
    desired: Desired,
    connection: Connection,
    config: Config,
    *,
    consent: Consent,
    show: Callable[[Report], None],
) -> Report:
    """Bring a server to the desired state; return the report with the plan that was carried out.

    In: `show`, called with the plan before anything is written; an error that it raises ends the
    apply. Raises RemovalRefusedError before the first write when the plan removes too much, and
    ServerError.
    """
    api = Api(connection, config.concurrency)
    report, actual = _read(desired, api, config)
    show(report)
    if report.refusal and not consent.removals:
        raise RemovalRefusedError(report.refusal)
    plan = report.plan
    if restore(api, plan, actual):
        again, actual = _read(desired, api, config)
        plan = again.plan
    execute(api, plan, actual, hard=consent.hard)
    return replace(report, writes=api.writes)


def _read(desired: Desired, api: Api, config: Config) -> tuple[Report, Actual]:
    """Read a server and plan. Values that it does not support are left out, and so are references
    to entities that it lacks and that are not to be created.
    """
    capabilities = read_capabilities(api, desired.state)
    state, left_out = supported_state(desired.state, capabilities)
    actual = read_actual(api, state, capabilities)
    people = resolved(state, actual.owners)
    absent = missing_references(people.state, actual.state)
    state = without_references(people.state, absent)
    if config.test_results == "changed":
        state = without_repeated_results(state, actual.state)
    plan = diff(state, actual.state)
    return Report(
        api.host,
        state,
        plan,
        {**people.missing, **absent},
        desired.notes,
        _refusal(plan, config),
        left_out={**left_out, **people.left_out},
        server_version=capabilities.version,
        unindexed=actual.unindexed if capabilities.has_index else None,
    ), actual


def _refusal(plan: Plan, config: Config) -> str:
    try:
        check_removals(plan, config.max_removal_share)
    except RemovalRefusedError as error:
        return str(error)
    return ""
