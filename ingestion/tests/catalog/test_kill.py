"""An apply that is killed at any call, or meets another one: the next run converges."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from logmart_catalog import engine
from logmart_catalog.config import Config, Connection
from logmart_catalog.desired import Desired
from logmart_catalog.engine import Consent, Report
from logmart_catalog.errors import CatalogError
from logmart_catalog.server.client import Api
from openmetadata_standin.manners.versions import DEFAULT
from openmetadata_standin.process import Process

from .support import (
    TOKEN,
    StandIn,
    copied,
    editing,
    remove_node,
    rename_column,
)
from .test_moves import rename

CONFIG = Config("", "mart", create_teams=True, create_tags=True)


def apply(desired: Desired, connection: Connection) -> Report:
    """Apply in this process, whatever is removed."""
    consent = Consent(removals=True)
    return engine.apply_server(
        desired, connection, CONFIG, consent=consent, show=lambda report: None
    )


def apply_killed(desired: Desired, connection: Connection, call: int, *, sent: bool) -> bool:
    """Apply in a forked child that kills itself at a call; return whether it came to that.

    In: `sent`, whether the server gets that call before the end.
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
    """Let this process kill itself at its n-th request."""
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
    """Apply, and return how many calls that took."""
    original = requests.Session.request
    calls: list[object] = []

    def request(self: requests.Session, *arguments: object, **options: object) -> object:
        calls.append(arguments)
        return original(self, *arguments, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "request", request)
        apply(desired, connection)
    return len(calls)


@pytest.fixture(scope="module")
def lengths(
    shared_standin: Callable[..., Process], tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, int]:
    """How many calls the apply takes that is to be killed: on nothing, and on what was before."""
    connection = Connection(shared_standin(DEFAULT, "--token", TOKEN).address, TOKEN)
    folder = tmp_path_factory.mktemp("lengths")
    # What belongs to the whole server is made once: it must not count.
    apply(projects("counted_first", folder / "first")[1], connection)
    _, after = projects("counted_whole", folder / "whole")
    whole = count_calls(after, connection)
    before, after = projects("counted_change", folder / "change")
    apply(before, connection)
    return whole, count_calls(after, connection)


def check_killed(
    seed: int, lengths: tuple[int, int], connection: Connection, service: str, folder: Path
) -> None:
    """Kill an apply at random, on nothing or on an earlier state; the next one must converge."""
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


@pytest.mark.parametrize("seed", range(20))
def test_an_apply_killed_at_any_call_is_completed_by_the_next(
    seed: int, lengths: tuple[int, int], standin: StandIn, service: str, tmp_path: Path
) -> None:
    check_killed(seed, lengths, Connection(standin.host, TOKEN), service, tmp_path)


@pytest.mark.deep
def test_two_hundred_applies_killed_at_random_are_completed(
    lengths: tuple[int, int], standin: StandIn, service: str, tmp_path: Path
) -> None:
    connection = Connection(standin.host, TOKEN)
    for seed in range(1000, 1200):
        name = f"{service}_{seed}"
        check_killed(seed, lengths, connection, name, tmp_path / str(seed))


@pytest.mark.parametrize("seed", range(4))
def test_two_applies_at_once_leave_nothing_corrupt(
    seed: int, standin: StandIn, service: str, tmp_path: Path
) -> None:
    connection = Connection(standin.host, TOKEN)
    before, after = projects(service, tmp_path)
    if seed % 2:
        apply(before, connection)
    meeting = threading.Barrier(2)
    refused: list[CatalogError] = []

    def run() -> None:
        meeting.wait()
        try:
            apply(after, connection)
        except CatalogError as error:
            refused.append(error)

    both = [threading.Thread(target=run) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    # One may give up, with an error that says so, but never both; and the next run has the rest.
    assert len(refused) < 2, refused
    apply(after, connection)
    left = engine.plan_server(after, connection, CONFIG).plan
    assert (left.actions, left.foreign) == ((), ())
