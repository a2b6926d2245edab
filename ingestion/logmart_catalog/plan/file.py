"""A plan as a JSON file: `plan --out` writes it, `apply FILE` carries exactly it out.

The file holds the desired state and a digest of the actions, each with its entity before and after.
`apply` plans again from that state. If the digest is the same, nothing that the plan touches has
changed on the server.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from logmart_catalog.config import Config, Connection
from logmart_catalog.desired.build import Desired
from logmart_catalog.errors import PlanFileError
from logmart_catalog.plan.actions import Action, Plan
from logmart_catalog.records import Record
from logmart_catalog.state.codec import decode, encode
from logmart_catalog.state.file import dump_state, load_state
from logmart_catalog.state.model import CatalogState
from logmart_catalog.state.notes import Notes

VERSION = 3


@dataclass(frozen=True)
class PlanFile:
    """A saved plan: the server it was made for, the desired state, the digest of its actions."""

    host: str
    desired: Desired
    digest: str


def plan_digest(plan: Plan) -> str:
    """Return a digest of a plan's actions in order, each with its entity before and after."""
    document = [
        [type(action.entity).__name__, action.before and asdict(action.before),
         action.after and asdict(action.after)]
        for action in plan.actions
    ]  # fmt: skip
    text = json.dumps(document, sort_keys=True, default=str)
    return hashlib.blake2s(text.encode()).hexdigest()


def write_plan(path: Path, host: str, desired: Desired, plan: Plan) -> None:
    """Write a plan for a server. Raises PlanFileError when the file cannot be written.

    In: `desired`, the desired state, including teams that the server lacks.
    """
    document = {
        "kind": "logmart-catalog plan",
        "version": VERSION,
        "host": host,
        "digest": plan_digest(plan),
        "actions": _lines(plan.actions),
        "notes": encode(desired.notes),
        "state": json.loads(dump_state(desired.state)),
    }
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PlanFileError(f"{path}: the plan cannot be saved: {error.strerror}") from error


def read_plan(path: Path) -> PlanFile:
    """Read a plan. Raises PlanFileError when the file is missing, holds something else, or was
    written by another version.
    """
    again = "write one with `plan --out`"
    try:
        document = Record.of(str(path), json.loads(path.read_bytes()), PlanFileError)
    except OSError as error:
        raise PlanFileError(
            f"{path}: the plan cannot be read: {error.strerror}; {again}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise PlanFileError(f"{path}: no plan ({type(error).__name__}); {again}") from error
    if document.number("version") != VERSION or not document.text("digest"):
        raise PlanFileError(
            f"{path}: no plan of version {VERSION}, but of {document.values.get('version')};"
            f" {again}"
        )
    state = load_state(json.dumps(dict(document.record("state").values)), str(path))
    try:
        notes = decode(Notes, dict(document.record("notes").values))
    except (TypeError, ValueError) as error:
        raise PlanFileError(f"{path}: no plan: {error}; {again}") from error
    desired = Desired(state, notes)
    return PlanFile(document.text("host"), desired, document.text("digest"))


def check_target(path: Path, saved: PlanFile, config: Config, connection: Connection) -> None:
    """Raise PlanFileError when a plan was made for another service or server."""
    state: CatalogState = saved.desired.state
    for what, planned, given in (
        ("service", state.service, config.service),
        ("server", saved.host, connection.host),
    ):
        if planned != given:
            raise PlanFileError(
                f"{path}: the plan is for the {what} {planned}, not for {given};"
                " nothing was written"
            )


def check_unmoved(path: Path, saved: PlanFile, plan: Plan) -> None:
    """Raise PlanFileError when a saved plan differs from the plan that is made now.

    In: `plan`, made now from the saved state and the server's.
    """
    if plan_digest(plan) != saved.digest:
        raise PlanFileError(
            f"{path}: the server has moved since this was planned: the plan now has"
            f" {len(plan.actions)} actions or other ones; nothing was written."
            " Make a new one with `plan --out`"
        )


def _lines(actions: Iterable[Action]) -> list[str]:
    """Return a line for each action, for people who open the file."""
    return [f"{action.verb.value} {action.kind} {action.name}" for action in actions]
