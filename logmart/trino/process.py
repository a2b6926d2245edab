"""Starts and stops a Trino server on loopback: `logmart trino up`, `logmart trino down`.

logmart/trino/install.py installs the server.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import click

from logmart.errors import CommandError
from logmart.settings import settings
from logmart.trino.configuration import write_configuration
from logmart.trino.install import VERSION, installed_server, require_java
from logmart.trino.server import (
    CATALOG,
    PORT_VARIABLE,
    QueryError,
    Server,
    ask,
    configured_server,
)

SECONDS_TO_START = 180
SECONDS_TO_STOP = 30


def up(server: Server, landing: Path) -> None:
    """Start the server on a landing zone and wait until it answers a query.

    Raises CommandError, with a line of the server's log, when it does not start.
    """
    if is_running(server):
        raise CommandError(
            f"a server is running already (process {server.pid_file.read_text().strip()}, port"
            f" {server.port}): stop it with `logmart trino down`"
        )
    java = require_java()
    home = installed_server()
    _check_port(server.port)
    write_configuration(server, home, landing)
    process = _start(server, java, home)
    started = time.monotonic()
    try:
        if server.coordinator:
            _wait_until_joined(server, process)
        else:
            wait_until_ready(server, process)
    except BaseException:  # Also on an interrupt, so that no half-started server is left behind.
        down(server)
        raise
    print(
        f"Trino {VERSION} answers on 127.0.0.1:{server.port} after"
        f" {time.monotonic() - started:.0f} s (process {process.pid}, heap {server.heap_gib} GiB)",
        flush=True,
    )


def _start(server: Server, java: Path, home: Path) -> subprocess.Popen[bytes]:
    command = [
        str(java),
        f"-Xmx{server.heap_gib}G",
        *("-XX:+ExitOnOutOfMemoryError", "-XX:+UseG1GC", "-XX:G1HeapRegionSize=32M"),
        *("-XX:ReservedCodeCacheSize=256M", "-Djdk.attach.allowAttachSelf=true"),
        *("-Dfile.encoding=UTF-8", "--add-modules=jdk.incubator.vector"),
        "--sun-misc-unsafe-memory-access=allow",
        *("-cp", f"{home}/lib/*", f"-Dconfig={server.folder}/etc/config.properties"),
        "io.trino.server.TrinoServer",
    ]
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=server.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server.pid_file.write_text(f"{process.pid}\n", encoding="ascii")
    return process


def wait_until_ready(server: Server, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until the server has answered a query that needs a worker. Raises CommandError.

    `/v1/info` says `started` before a node accepts queries, so a real query is run.
    """
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise CommandError(f"Trino stopped with exit code {process.returncode}: {_why(server)}")
        try:
            # The coordinator answers the first query by itself; the second needs a worker.
            ask(server, f"select count(*) from {CATALOG}.information_schema.schemata")
            ask(server, "select count(*) from unnest(sequence(1, 2)) as numbers (number)")
            return
        except (OSError, QueryError):
            pass
        time.sleep(0.5)
    raise CommandError(f"Trino did not answer within {SECONDS_TO_START} s: {_why(server)}")


def _wait_until_joined(worker: Server, process: subprocess.Popen[bytes]) -> None:
    """Wait until the coordinator lists the worker as active. Raises CommandError."""
    assert worker.coordinator is not None
    known = (
        "select count(*) from system.runtime.nodes"
        f" where state = 'active' and http_uri like '%:{worker.port}'"
    )
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        if ask(worker.coordinator, known) == [[1]]:
            return
        time.sleep(0.5)
    raise CommandError(f"the worker did not join: {_why(worker)}")


def _check_port(port: int) -> None:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"port {port} of loopback is taken ({error}): name another with"
                f" {PORT_VARIABLE}=<port>"
            ) from error


def _why(server: Server) -> str:
    lines = server.log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines if re.match(r"^(Error|\d+\) )|.*\tERROR\t", line)]
    reason = (errors or lines or ["its log is empty"])[-1].strip()
    return f"{reason} ({server.log} has the rest)"


def is_running(server: Server) -> bool:
    """Return whether the process of the pid file is alive and is this server's."""
    try:
        pid = int(server.pid_file.read_text(encoding="ascii"))
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists():
            return str(server.folder).encode() in command.read_bytes()
        os.kill(pid, 0)
    except (OSError, ValueError):
        return False
    return not Path("/proc/self/cmdline").exists()


def down(server: Server) -> bool:
    """Stop the server; return whether it was running. Raises CommandError when it does not stop."""
    if not is_running(server):
        server.pid_file.unlink(missing_ok=True)
        return False
    pid = int(server.pid_file.read_text(encoding="ascii"))
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_STOP
    while is_running(server) and time.monotonic() < deadline:
        _reap(pid)
        time.sleep(0.2)
    if is_running(server):
        os.kill(pid, signal.SIGKILL)
        time.sleep(1)
        _reap(pid)
    if is_running(server):
        raise CommandError(f"process {pid} does not stop: end it by hand")
    server.pid_file.unlink(missing_ok=True)
    return True


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


@click.command()
def start() -> int:
    """Start a Trino server on loopback, on the landing zone. It needs a JDK 24 or newer and takes
    2 GB of heap.
    """
    up(configured_server(), settings().landing)
    return 0


@click.command()
def stop() -> int:
    """Stop the Trino server; its tables stay."""
    print("Trino is stopped" if down(configured_server()) else "no Trino ran")
    return 0
