"""Describes a Trino server on loopback, as the environment names it, and runs queries on it.

The server keeps everything below one folder (LOGMART_TRINO_DATA). Its heap is LOGMART_TRINO_HEAP,
and a query may use half of it.
"""

from __future__ import annotations

import json
import os
import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trino

from logmart.errors import CommandError

DATA_VARIABLE = "LOGMART_TRINO_DATA"
PORT_VARIABLE = "LOGMART_TRINO_PORT"
DEFAULT_PORT = 8180
HEAP_VARIABLE = "LOGMART_TRINO_HEAP"
DEFAULT_HEAP = "2G"
# The catalog of the mart is named like DuckDB's database file, so that artifacts are the same.
CATALOG = "logmart"


@dataclass(frozen=True)
class Server:
    """A server: its folder, its port on loopback and its memory.

    A worker has a coordinator and shares the coordinator's disk. One query may use half of the
    heap, or `query_memory_mib`.
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
    """Return the server that LOGMART_TRINO_DATA, LOGMART_TRINO_PORT and LOGMART_TRINO_HEAP name.

    Raises CommandError for an invalid heap.
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


class QueryError(Exception):
    """The server refused a query; the message is the server's."""


def ask(server: Server, sql: str, properties: dict[str, str] | None = None) -> list[list[Any]]:
    """Return the rows of a query, with times in UTC; `properties` are session properties.

    Raises OSError when no server answers, and QueryError.
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


def query_info(server: Server, path: str = "query") -> Any:
    """Return the server's information on its queries: a list, or one query for `query/<id>`.

    Raises OSError when no server answers.
    """
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/v1/{path}", headers={"X-Trino-User": "logmart"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
