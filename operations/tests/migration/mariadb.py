"""A MariaDB server of the tests' own: its own folder, a free port of loopback, ended by its id."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql

SERVER, INSTALLER = (shutil.which(name) for name in ("mariadbd", "mariadb-install-db"))
REASON = "MySQL as a source: no mariadbd (apt-get install mariadb-server-core mariadb-client-core)"
_SECONDS = 60


@dataclass(frozen=True)
class MariaDB:
    """A server. `folder` is where it keeps its data."""

    port: int
    folder: Path

    def url(self, database: str = "bank", user: str = "root", password: str = "") -> str:
        return f"mysql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str | None = None) -> pymysql.Connection[Any]:
        connection = pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user="root",
            database=database,
            charset="utf8mb4",
            autocommit=True,
        )
        with connection.cursor() as cursor:
            cursor.execute("select @@datadir")
            # Nothing is written to a server that is not the tests' own.
            assert Path(cursor.fetchone()[0]).resolve() == self.folder.resolve()
        return connection

    def execute(self, *statements: str, database: str | None = "bank") -> None:
        with self.connect(database) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@contextmanager
def mariadb_server(folder: Path) -> Iterator[MariaDB]:
    """Start a server with an empty database `bank`, and end it."""
    assert SERVER
    assert INSTALLER
    data = folder / "data"
    common = ["--no-defaults", f"--datadir={data}", "--user=root"]
    subprocess.run(
        [INSTALLER, *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True,
        capture_output=True,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [SERVER, *common, "--bind-address=127.0.0.1", f"--port={port}"]
        + [f"--socket={folder / 'socket'}", "--innodb-buffer-pool-size=32M", "--skip-log-bin"],
        stdout=subprocess.DEVNULL,
        stderr=(folder / "errors").open("wb"),
    )
    try:
        server = MariaDB(port, data)
        _wait(server, process)
        server.execute("create database bank character set utf8mb4", database=None)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=_SECONDS)


def _wait(server: MariaDB, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _SECONDS
    while True:
        try:
            server.connect().close()
        except pymysql.OperationalError:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.1)
        else:
            return
