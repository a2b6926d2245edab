"""An apply that is killed at any call, or runs together with another: the next apply converges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from logmart_catalog import engine
from logmart_catalog.config import Connection
from openmetadata_standin.behaviours.versions import DEFAULT
from openmetadata_standin.process import Process

from .interrupted import CONFIG, apply, apply_twice_at_once, check_killed, count_calls, projects
from .support import TOKEN, StandIn


@pytest.fixture(scope="module")
def lengths(
    shared_standin: Callable[..., Process], tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, int]:
    """The number of calls of the apply to kill: on an empty catalog, and on the earlier state."""
    connection = Connection(shared_standin(DEFAULT, "--token", TOKEN).address, TOKEN)
    folder = tmp_path_factory.mktemp("lengths")
    # Entities of the whole server are created only once, so they must not count.
    apply(projects("counted_first", folder / "first")[1], connection)
    _, after = projects("counted_whole", folder / "whole")
    whole = count_calls(after, connection)
    before, after = projects("counted_change", folder / "change")
    apply(before, connection)
    return whole, count_calls(after, connection)


# Each seed kills at another call; two hundred more are in the deep tests below.
@pytest.mark.parametrize(
    "seed", [pytest.param(it, marks=[] if it < 6 else pytest.mark.deep) for it in range(20)]
)
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
    refused = apply_twice_at_once(after, connection)
    # One may give up, with an error that says so, but never both; and the next run has the rest.
    assert len(refused) < 2, refused
    apply(after, connection)
    left = engine.plan_server(after, connection, CONFIG).plan
    assert (left.actions, left.foreign) == ((), ())
