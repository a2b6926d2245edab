"""Applies that are killed at a call, or that run two at a time."""

from __future__ import annotations

import os
import random
import signal
import threading
from pathlib import Path

import pytest
import requests

from logmart_catalog import engine
from logmart_catalog.config import Config, Connection
from logmart_catalog.desired.build import Desired
from logmart_catalog.engine import Consent, Report
from logmart_catalog.errors import CatalogError
from logmart_catalog.server.client import Api

from .support import copied, editing, remove_node, rename_column
from .test_moves import rename

CONFIG = Config("", "mart", create_teams=True, create_tags=True)


def apply(desired: Desired, connection: Connection) -> Report:
    """Apply in this process, with all removals allowed."""
    consent = Consent(removals=True)
    return engine.apply_server(
        desired, connection, CONFIG, consent=consent, show=lambda report: None
    )


def apply_killed(desired: Desired, connection: Connection, call: int, *, sent: bool) -> bool:
    """Apply in a forked child that kills itself at a call; return whether it reached that call. In:
    `sent`, whether the server still gets that call.
    """
    Api(connection)  # All that is imported late is imported before the fork.
    child = os.fork()
    if child == 0:
        try:
            _count_down(call, sent=sent)
            apply(desired, connection)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _count_down(call: int, *, sent: bool) -> None:
    """Make this process kill itself at its n-th request."""
    original = requests.Session.request
    lock, left = threading.Lock(), [call]

    def request(self: requests.Session, *arguments: object, **options: object) -> object:
        with lock:
            left[0] -= 1
            last = left[0] == 0
        if last and not sent:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = original(self, *arguments, **options)  # type: ignore[arg-type]
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    requests.Session.request = request  # type: ignore[assignment, method-assign]


def projects(service: str, folder: Path) -> tuple[Desired, Desired]:
    """A project before and after a rename, a removal, an addition and changes."""
    config = Config(service, CONFIG.database, create_teams=True, create_tags=True)
    before = copied("library", folder / "before")
    remove_node(before, "snapshot.library.books_history")
    after = copied("library", folder / "after")
    rename(after, "stg_loans")
    rename_column(after, "seed.library.books", "title", "heading")
    remove_node(after, "model.library.shelf_shapes")
    with editing(after, "manifest.json") as manifest:
        manifest["nodes"]["seed.library.raw_loans"]["description"] = "Changed."
    return engine.load(before, config), engine.load(after, config)


def count_calls(desired: Desired, connection: Connection) -> int:
    """Apply, and return the number of calls."""
    original = requests.Session.request
    calls: list[object] = []

    def request(self: requests.Session, *arguments: object, **options: object) -> object:
        calls.append(arguments)
        return original(self, *arguments, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "request", request)
        apply(desired, connection)
    return len(calls)


def check_killed(
    seed: int, lengths: tuple[int, int], connection: Connection, service: str, folder: Path
) -> None:
    """Kill an apply at a random call, on an empty catalog or an earlier state; the next apply must
    converge.
    """
    chance = random.Random(seed)
    before, after = projects(service, folder)
    started = chance.random() < 0.7
    if started:
        apply(before, connection)
    call, sent = chance.randint(1, lengths[started]), chance.random() < 0.5
    assert apply_killed(after, connection, call, sent=sent), (seed, call, sent)
    apply(after, connection)
    left = engine.plan_server(after, connection, CONFIG).plan
    assert (left.actions, left.foreign) == ((), ()), (seed, call, sent)
    assert apply(after, connection).writes == 0


def apply_twice_at_once(desired: Desired, connection: Connection) -> list[CatalogError]:
    """Apply in two threads that start together; return the errors that ended them."""
    meeting = threading.Barrier(2)
    refused: list[CatalogError] = []

    def run() -> None:
        meeting.wait()
        try:
            apply(desired, connection)
        except CatalogError as error:
            refused.append(error)

    both = [threading.Thread(target=run) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    return refused
