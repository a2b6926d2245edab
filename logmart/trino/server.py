"""Starts and stops a Trino server on loopback: `logmart trino up`, `logmart trino down`.

One node, Iceberg tables and landed files on the local disk. The server keeps everything below one
folder (LOGMART_TRINO_DATA) and takes LOGMART_TRINO_HEAP of the memory, of which a query gets half;
where it comes from is logmart/trino/install.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import trino

from logmart.errors import CommandError
from logmart.landed.private_files import make_private_folder
from logmart.settings import settings
from logmart.trino.install import PLUGINS, VERSION, installed_server, require_java

DATA_VARIABLE = "LOGMART_TRINO_DATA"
PORT_VARIABLE = "LOGMART_TRINO_PORT"
DEFAULT_PORT = 8180
HEAP_VARIABLE = "LOGMART_TRINO_HEAP"
DEFAULT_HEAP = "2G"
# The catalog of the mart, named as the database file of DuckDB is: artifacts are the same.
CATALOG = "logmart"
LANDING_CATALOG = "landing"
# Where the server's files stand, as its local file system names them.
WAREHOUSE = "local:///warehouse"
# How many days one statement may write, as a first load or a full refresh does; Trino says 100.
MAX_PARTITIONS = 4000
SECONDS_TO_START = 180
SECONDS_TO_STOP = 30


@dataclass(frozen=True)
class Server:
    """Where a server keeps its files and on which port of loopback it listens; of a worker, the
    coordinator that it works for and whose disk it shares. One query gets half of the heap, or as
    much as `query_memory_mib` says.
    """

    folder: Path
    port: int
    coordinator: Server | None = None
    heap_gib: int = 2
    query_memory_mib: int | None = None

    @property
    def pid_file(self) -> Path:
        """Return the file that holds the id of the server's process."""
        return self.folder / "server.pid"

    @property
    def log(self) -> Path:
        """Return the file that the server writes its log to."""
        return self.folder / "server.log"

    @property
    def disk(self) -> Path:
        """Return the root of the server's local file system."""
        return (self.coordinator or self).folder / "disk"


def configured_server() -> Server:
    """Return the server of the environment: LOGMART_TRINO_DATA, LOGMART_TRINO_PORT,
    LOGMART_TRINO_HEAP. Raises CommandError for a heap that is none.
    """
    folder = Path(os.environ.get(DATA_VARIABLE, "data/trino"))
    heap = os.environ.get(HEAP_VARIABLE, DEFAULT_HEAP)
    if not re.fullmatch(r"[1-9]\d*G", heap) or heap == "1G":
        raise CommandError(
            f"{HEAP_VARIABLE} is {heap!r}: give a whole number of GiB, two or more, as in"
            f" {HEAP_VARIABLE}={DEFAULT_HEAP}"
        )
    port = int(os.environ.get(PORT_VARIABLE, DEFAULT_PORT))
    return Server(folder.resolve(), port, heap_gib=int(heap.removesuffix("G")))


def up(server: Server, landing: Path) -> None:
    """Start the server on a landing zone and wait until a query is answered.

    Raises CommandError when it does not come up; its log says why.
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
    except BaseException:  # An interrupt too: no server is left behind that did not come up.
        down(server)
        raise
    print(
        f"Trino {VERSION} answers on 127.0.0.1:{server.port} after"
        f" {time.monotonic() - started:.0f} s (process {process.pid}, heap {server.heap_gib} GiB)",
        flush=True,
    )


def write_configuration(server: Server, home: Path, landing: Path) -> None:
    """Write the server's folder: configuration, catalogs, its disk with the landing zone in it."""
    query_memory = f"{server.query_memory_mib or server.heap_gib * 512}MB"
    # Tables of the schema `restricted` lie below it.
    for folder in (server.folder, server.disk):
        make_private_folder(folder)
    etc = server.folder / "etc"
    catalogs = etc / "catalog"
    catalogs.mkdir(parents=True, exist_ok=True)
    for part in ("warehouse", "received"):
        (server.disk / part).mkdir(parents=True, exist_ok=True)
    _link(server.disk / "landing", landing.resolve())
    plugins = server.folder / "plugin"
    plugins.mkdir(exist_ok=True)
    for name in PLUGINS:
        _link(plugins / name, home / "plugin" / name)
    node_file = server.folder / "node_id"
    if not node_file.exists():
        node_file.write_text(str(uuid.uuid4()), encoding="ascii")
    _write_properties(
        etc / "config.properties",
        {
            **(
                {"coordinator": "false"}
                if server.coordinator
                else {"coordinator": "true", "node-scheduler.include-coordinator": "true"}
            ),
            "node.environment": "logmart",
            "node.id": node_file.read_text(encoding="ascii"),
            "node.bind-ip": "127.0.0.1",
            "node.internal-address": "127.0.0.1",
            "http-server.http.port": str(server.port),
            "discovery.uri": f"http://127.0.0.1:{(server.coordinator or server).port}",
            "plugin.dir": str(plugins),
            "catalog.config-dir": str(catalogs),
            "query.max-memory": query_memory,
            "query.max-memory-per-node": query_memory,
        },
    )
    files = {"fs.native-local.enabled": "true", "local.location": str(server.disk)}
    _write_properties(
        catalogs / f"{CATALOG}.properties",
        {
            "connector.name": "iceberg",
            "iceberg.catalog.type": "TESTING_FILE_METASTORE",
            "hive.metastore.catalog.dir": WAREHOUSE,
            "iceberg.max-partitions-per-writer": str(MAX_PARTITIONS),
            # A scan waits to be told which days a join needs: it reads all of them otherwise.
            "iceberg.dynamic-filtering.wait-timeout": "1m",
            **files,
        },
    )
    _write_properties(
        catalogs / f"{LANDING_CATALOG}.properties",
        {
            "connector.name": "hive",
            "hive.metastore": "file",
            "hive.metastore.catalog.dir": f"{WAREHOUSE}_of_landing",
            "hive.non-managed-table-writes-enabled": "false",
            **files,
        },
    )


def _link(link: Path, goal: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(goal)


def _write_properties(path: Path, properties: dict[str, str]) -> None:
    lines = [f"{name}={value}\n" for name, value in properties.items()]
    path.write_text("".join(lines), encoding="utf-8")


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
    """Return when a query that needs a worker was answered. Raises CommandError.

    `/v1/info` says `started` before a node takes queries, so a real query is asked.
    """
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise CommandError(f"Trino stopped with exit code {process.returncode}: {_why(server)}")
        try:
            # The coordinator alone answers the first; the second is given to a node.
            ask(server, f"select count(*) from {CATALOG}.information_schema.schemata")
            ask(server, "select count(*) from unnest(sequence(1, 2)) as numbers (number)")
            return
        except (OSError, QueryError):
            pass
        time.sleep(0.5)
    raise CommandError(f"Trino did not answer within {SECONDS_TO_START} s: {_why(server)}")


def _wait_until_joined(worker: Server, process: subprocess.Popen[bytes]) -> None:
    """Return when the coordinator gives the worker work. Raises CommandError."""
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


class QueryError(Exception):
    """A query that the server refused, with its words."""


def ask(server: Server, sql: str, properties: dict[str, str] | None = None) -> list[list[Any]]:
    """Return the rows of a query, times in UTC; `properties` are the session's.

    Raises OSError where nobody answers, and QueryError.
    """
    connection = trino.dbapi.connect(  # type: ignore[no-untyped-call]
        host="127.0.0.1",
        port=server.port,
        user="logmart",
        catalog=CATALOG,
        timezone="UTC",
        session_properties=properties,
        max_attempts=1,
    )
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        rows: list[list[Any]] = cursor.fetchall()
    except trino.exceptions.TrinoQueryError as error:
        raise QueryError(error.message) from error
    except trino.exceptions.Error as error:
        raise OSError(str(error)) from error
    return rows


def told_of_queries(server: Server, path: str = "query") -> Any:
    """Return what the server tells of its queries: a list of them, or of one by `query/<id>`.

    Raises OSError where nobody answers.
    """
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/v1/{path}", headers={"X-Trino-User": "logmart"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


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
    told = (errors or lines or ["its log is empty"])[-1].strip()
    return f"{told} ({server.log} has the rest)"


def is_running(server: Server) -> bool:
    """Return whether the server's process is alive, and is ours."""
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
    """Stop the server; return whether one ran. Raises CommandError when it stays."""
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
    """Start a Trino on loopback over the landing zone: a JDK 24 or newer, 2 GB of heap."""
    up(configured_server(), settings().landing)
    return 0


@click.command()
def stop() -> int:
    """Stop that Trino; its tables stay."""
    print("Trino is stopped" if down(configured_server()) else "no Trino ran")
    return 0
