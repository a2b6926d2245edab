"""One SQLite file in write-ahead mode, used by one caller at a time: a killed server loses no
answered call.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
create table if not exists entities (
    id text primary key, type text not null, name text not null, fqn text not null,
    parent_id text, deleted integer not null, document text not null, unique (type, fqn)
);
create index if not exists entities_below on entities (parent_id, type, name, id);
create index if not exists entities_in_order on entities (type, name, id, deleted);
create table if not exists history (
    id text not null, version real not null, document text not null, primary key (id, version)
);
create table if not exists edges (
    from_type text not null, from_id text not null, to_type text not null, to_id text not null,
    details text not null, primary key (from_id, to_id)
);
create index if not exists edges_by_target on edges (to_id);
create table if not exists unindexed_edges (
    from_id text not null, to_id text not null, primary key (from_id, to_id)
);
create table if not exists results (
    fqn text not null, timestamp integer not null, document text not null,
    primary key (fqn, timestamp)
);
"""


# The pause of a call that lets others in, and the age up to which others' calls count as recent.
_PAUSE_SECONDS = 0.01
_RECENT_SECONDS = 1.0
_MANY = 2


class Database:
    """One file, one caller at a time: everything happens inside `transaction()`, which holds a lock
    and commits when it is left without an exception. Only `let_others_in()` releases the lock in
    between.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises sqlite3.Error when it cannot be used as a database."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._last_calls: dict[int, float] = {}
        self._depth = 0
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; commit at the end, or roll back on an exception."""
        # Recorded before the lock is taken, since waiting threads count as callers too.
        self._last_calls[threading.get_ident()] = time.monotonic()
        with self._lock:
            yield from self._step()

    def _step(self) -> Iterator[None]:
        outermost = self._depth == 0
        self._db.execute("begin immediate" if outermost else f"savepoint step_{self._depth}")
        self._depth += 1
        try:
            yield
        except BaseException:  # An interrupt must not leave a transaction open either.
            self._leave("rollback" if outermost else f"rollback to step_{self._depth - 1}")
            if not outermost:
                self._db.execute(f"release step_{self._depth}")
            raise
        self._leave("commit" if outermost else f"release step_{self._depth - 1}")

    def _leave(self, statement: str) -> None:
        self._depth -= 1
        self._db.execute(statement)

    def let_others_in(self) -> None:
        """Release the lock for a moment if there are other callers. They may change what was read
        before, as on a server that reads and writes in separate steps.

        A caller is a thread with a recent call whose connection is open: the server ends the thread
        with the connection. Inside a row of a bulk call this does nothing.
        """
        recent = time.monotonic() - _RECENT_SECONDS
        running = {thread.ident for thread in threading.enumerate()}
        for thread, moment in list(self._last_calls.items()):
            if moment <= recent or thread not in running:
                self._last_calls.pop(thread, None)
        if self._depth != 1 or len(self._last_calls) < _MANY:
            return
        self._db.execute("commit")
        self._depth = 0
        self._lock.release()
        time.sleep(_PAUSE_SECONDS)
        self._lock.acquire()
        self._depth = 1
        self._db.execute("begin immediate")

    def commit(self) -> None:
        """Commit the work so far and begin the next transaction: a bulk call stores row by row."""
        self._db.execute("commit")
        self._db.execute("begin immediate")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
