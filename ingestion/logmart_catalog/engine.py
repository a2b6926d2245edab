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
from logmart_catalog.state.capabilities import fitted
from logmart_catalog.state.model import CatalogState
from logmart_catalog.state.notes import Notes
from logmart_catalog.state.owners import resolved
from logmart_catalog.state.references import missing, without, without_repeated_results


@dataclass(frozen=True)
class Report:
    """What a command found.

    `compared_with` says with what; `desired` is the state that was compared, `plan` what it takes
    to get there; `missing` names what dbt refers to and the catalog lacks, by kind; `left_out`
    counts what the server has no place or word for; `refusal` is why `apply` would not carry the
    plan out unasked, "" when it would; `writes` are the calls made that changed the server;
    `server_version` is "" where no server was asked; `unindexed` is how many ends of edges its
    search index lacks, None where the index was not looked at.
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
        """Whether nothing was left out, by the server, of the artifacts or as malformed, and
        nothing may be out of date.
        """
        return not (self.left_out or self.notes.imperfect or self.notes.malformed)


@dataclass(frozen=True)
class Consent:
    """What an apply may do only when it is told to: remove more of our tables than the configured
    share, and remove for good what it removes.
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
    """Return what dbt's artifacts in a folder want, as far as the configuration chooses it.

    In: `mixed`, whether artifacts of different dbt runs will do; `strict`, whether anything that
    they do not tell whole is an error; `publishing`, whether nothing whole at all is one. Raises
    ArtifactError and SelectionError.
    """
    artifacts = read_artifacts(folder, mixed=mixed)
    desired = desired_state(artifacts, config, chosen_nodes(artifacts, config.choice))
    if publishing and desired.notes.refusal:
        raise ArtifactError(desired.notes.refusal)
    if strict and (imperfect := desired.notes.imperfect):
        first, reason = next(iter(imperfect.items()))
        raise ArtifactError(
            f"{folder}: --strict refuses artifacts that do not tell {len(imperfect)} things whole,"
            f" the first: {first}: {reason}; `plan` without --strict names the others"
        )
    return desired


def plan_offline(desired: Desired) -> Report:
    """Plan against nothing: everything is to be added."""
    state = desired.state
    nothing = CatalogState(state.service, state.project)
    return Report("nothing", state, diff(state, nothing), notes=desired.notes)


def plan_against(desired: Desired, saved: CatalogState, name: str, config: Config) -> Report:
    """Plan against a saved state, called `name` in the report.

    Raises StateError when it is of another service or dbt project.
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
    """Plan against what a server holds: what `plan` shows and `verify` judges. Writes nothing.

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
    """Bring a server to what dbt wants; return the plan that was carried out.

    In: `show`, called with the plan before anything is written; what it raises ends the apply.
    Raises RemovalRefusedError before the first write when the plan removes too much, ServerError.
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
    """Read a server and plan; what it cannot hold, and what is absent there and not to be created,
    is left out.
    """
    capabilities = read_capabilities(api, desired.state)
    state, left_out = fitted(desired.state, capabilities)
    actual = read_actual(api, state, capabilities)
    people = resolved(state, actual.owners)
    absent = missing(people.state, actual.state)
    state = without(people.state, absent)
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
