"""A plan as a JSON file: what `plan --out` writes and `apply FILE` carries out, and nothing else.

The file holds the state dbt wants and a digest of the actions, each with what was read of the
entity it changes. A plan made again from that state is the same plan exactly when the digest is:
the server has then not moved in anything the plan touches.
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
    """A saved plan: the server it was made for, what dbt wants, and the digest of its actions."""

    host: str
    desired: Desired
    digest: str


def plan_digest(plan: Plan) -> str:
    """Return a digest of a plan's actions, in order, with each entity as it is and will be."""
    document = [
        [type(action.entity).__name__, action.before and asdict(action.before),
         action.after and asdict(action.after)]
        for action in plan.actions
    ]  # fmt: skip
    text = json.dumps(document, sort_keys=True, default=str)
    return hashlib.blake2s(text.encode()).hexdigest()


def write_plan(path: Path, host: str, desired: Desired, plan: Plan) -> None:
    """Write a plan made for a server. Raises PlanFileError when the file cannot be written.

    In: `desired`, what dbt wants, teams that are absent from the server included.
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
    """Refuse a plan made for another service or server. Raises PlanFileError."""
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
    """Refuse a saved plan that is not the plan of now. Raises PlanFileError.

    In: `plan`, made again from the saved state and what the server holds.
    """
    if plan_digest(plan) != saved.digest:
        raise PlanFileError(
            f"{path}: the server has moved since this was planned: it now takes"
            f" {len(plan.actions)} actions, or others; nothing was written."
            " Make a new one with `plan --out`"
        )


def _lines(actions: Iterable[Action]) -> list[str]:
    """Return a line for each action, for people who open the file."""
    return [f"{action.verb.value} {action.kind} {action.name}" for action in actions]
