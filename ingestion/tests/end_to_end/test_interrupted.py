"""An interrupted apply, on any server: the next apply converges."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from logmart_catalog import engine
from logmart_catalog.config import Connection

from ..catalog.interrupted import (
    CONFIG,
    apply,
    apply_twice_at_once,
    check_killed,
    count_calls,
    projects,
)
from .server import PREFIX, Server
from .test_any_server import ARTIFACTS

KILLS = 20


def _connection(server: Server) -> Connection:
    return Connection(server.host, os.environ["OPENMETADATA_JWT_TOKEN"])


@pytest.mark.deep
def test_an_apply_killed_at_any_call_is_completed_by_the_next(
    server: Server, tmp_path: Path
) -> None:
    connection = _connection(server)
    names = [f"{PREFIX}killed_{seed}" for seed in ("whole", "change", *range(KILLS))]
    try:
        _, after = projects(names[0], tmp_path / "whole")
        apply(after, connection)
        server.remove(names[0])
        # Entities of the whole server exist by now, and do not count.
        whole = count_calls(after, connection)
        before, after = projects(names[1], tmp_path / "change")
        apply(before, connection)
        lengths = whole, count_calls(after, connection)
        for seed, name in enumerate(names[2:]):
            check_killed(seed, lengths, connection, name, tmp_path / str(seed))
    finally:
        for name in names:
            server.remove(name)


@pytest.mark.parametrize("begun", [False, True])
def test_of_two_applies_at_once_one_more_leaves_no_drift(
    begun: bool, server: Server, service: str, tmp_path: Path
) -> None:
    connection = _connection(server)
    before, after = projects(service, tmp_path)
    if begun:
        apply(before, connection)
    refused = apply_twice_at_once(after, connection)
    assert len(refused) < 2, refused
    apply(after, connection)
    left = engine.plan_server(after, connection, CONFIG).plan
    assert (left.actions, left.foreign) == ((), ())


def test_a_server_that_stops_in_the_middle_is_completed_when_it_is_back(
    server: Server, service: str, tmp_path: Path
) -> None:
    if server.stop is None or server.start is None:
        pytest.skip("not checked: no command stops and starts this server")
    called = [sys.executable, "-m", "logmart_catalog"]
    options = ["--target-path", str(ARTIFACTS / "orchard"), "--service", service]
    environment = {**os.environ, "PYTHONPATH": str(ARTIFACTS.parents[1])}
    running = subprocess.Popen(
        [*called, "apply", *options],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not server.tables(service):
        assert running.poll() is None, "the apply ended before the server was stopped"
        time.sleep(0.05)
    server.stop()
    _, error = running.communicate()
    server.start()
    assert running.returncode == 1, error
    assert error.count("\n") == 1
    assert "cannot be reached; is the server up" in error
    for command, codes in (("apply", (0, 3)), ("verify", (0, 3))):
        done = subprocess.run(
            [*called, command, *options],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in codes, done.stdout + done.stderr
