"""State on disk: one SQLite file in write-ahead mode, so that a killed server loses no answered
call.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from openmetadata_standin.models import Json

_SCHEMA = """
create table if not exists entities (
    id text primary key, type text not null, name text not null, fqn text not null,
    parent_id text, deleted integer not null, document text not null, unique (type, fqn)
);
create index if not exists entities_by_parent on entities (parent_id);
create index if not exists entities_by_name on entities (type, name, id);
create table if not exists history (
    id text not null, version real not null, document text not null, primary key (id, version)
);
create table if not exists edges (
    from_type text not null, from_id text not null, to_type text not null, to_id text not null,
    details text not null, primary key (from_id, to_id)
);
create index if not exists edges_by_target on edges (to_id);
"""


@dataclass(frozen=True)
class Edge:
    """A lineage edge: two entities by type and id, and its details as stored."""

    from_type: str
    from_id: str
    to_type: str
    to_id: str
    details: Json


@dataclass(frozen=True)
class Selection:
    """Which entities a listing takes.

    `below` is an FQN whose descendants are wanted; `deleted`
    is True, False, or None for both.
    """

    type: str
    below: str | None = None
    deleted: bool | None = False

    def where(self) -> tuple[str, list[object]]:
        """Return the SQL condition and its parameters."""
        clauses: list[str] = ["type = ?"]
        values: list[object] = [self.type]
        if self.deleted is not None:
            clauses.append("deleted = ?")
            values.append(int(self.deleted))
        if self.below is not None:
            clauses.append("substr(fqn, 1, ?) = ?")
            values.extend([len(self.below) + 1, f"{self.below}."])
        return " and ".join(clauses), values


class Store:
    """Entities, their earlier versions and lineage edges, kept in one SQLite file.

    Documents are JSON objects that hold `id`, `name` and `fullyQualifiedName`. One caller at a
    time: everything happens inside `transaction()`, which holds a lock and commits when it is left
    without an exception.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises sqlite3.Error when it is no usable database."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the store; commit at the end, or roll everything back when an exception leaves the
        block.
        """
        with self._lock:
            outermost = not self._db.in_transaction
            self._db.execute("begin immediate" if outermost else "savepoint inner_step")
            try:
                yield
            except BaseException:
                self._db.execute("rollback" if outermost else "rollback to inner_step")
                if not outermost:
                    self._db.execute("release inner_step")
                raise
            self._db.execute("commit" if outermost else "release inner_step")

    def commit(self) -> None:
        """Make what was done so far durable and go on: a bulk call stores row by row."""
        self._db.execute("commit")
        self._db.execute("begin immediate")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def by_id(self, entity_id: str) -> Json | None:
        """Return the document of an id, deleted or not."""
        return self._one("select document from entities where id = ?", entity_id)

    def type_of(self, entity_id: str) -> str | None:
        """Return the entity type of an id."""
        row = self._db.execute("select type from entities where id = ?", (entity_id,)).fetchone()
        return None if row is None else str(row[0])

    def by_fqn(self, entity_type: str, fqn: str) -> Json | None:
        """Return the document of an FQN, deleted or not. Case counts."""
        return self._one(
            "select document from entities where type = ? and fqn = ?", entity_type, fqn
        )

    def children(self, parent_id: str) -> list[tuple[str, Json]]:
        """Return type and document of what hangs directly on an entity, deleted or not, by FQN."""
        rows = self._db.execute(
            "select type, document from entities where parent_id = ? order by fqn", (parent_id,)
        )
        return [(str(kind), json.loads(document)) for kind, document in rows]

    def save(self, entity_type: str, document: Json, parent_id: str | None) -> None:
        """Insert or replace an entity."""
        self._db.execute(
            "insert or replace into entities values (?, ?, ?, ?, ?, ?, ?)",
            (
                document["id"],
                entity_type,
                document["name"],
                document["fullyQualifiedName"],
                parent_id,
                int(bool(document.get("deleted"))),
                json.dumps(document, ensure_ascii=False),
            ),
        )

    def remember(self, document: Json) -> None:
        """Keep a version of an entity that is about to be replaced."""
        self._db.execute(
            "insert or replace into history values (?, ?, ?)",
            (document["id"], document["version"], json.dumps(document, ensure_ascii=False)),
        )

    def versions(self, entity_id: str) -> list[Json]:
        """Return the earlier versions of an entity, newest first."""
        rows = self._db.execute(
            "select document from history where id = ? order by version desc", (entity_id,)
        )
        return [json.loads(document) for (document,) in rows]

    def erase(self, entity_id: str) -> None:
        """Remove an entity, its history and every edge at it."""
        self._db.execute("delete from entities where id = ?", (entity_id,))
        self._db.execute("delete from history where id = ?", (entity_id,))
        self._db.execute("delete from edges where from_id = ? or to_id = ?", (entity_id, entity_id))

    def count(self, selection: Selection) -> int:
        """Return how many entities a selection takes."""
        where, values = selection.where()
        row = self._db.execute(f"select count(*) from entities where {where}", values).fetchone()
        return int(row[0])

    def page(
        self,
        selection: Selection,
        limit: int,
        after: tuple[str, str] | None = None,
        before: tuple[str, str] | None = None,
    ) -> list[Json]:
        """Return up to `limit` documents by name and id, those after or before a (name, id), in
        order.
        """
        where, values = selection.where()
        direction = "asc"
        if after is not None:
            where += " and (name, id) > (?, ?)"
            values += after
        if before is not None:
            where += " and (name, id) < (?, ?)"
            values += before
            direction = "desc"
        rows = self._db.execute(
            f"select document from entities where {where}"
            f" order by name {direction}, id {direction} limit ?",
            [*values, limit],
        )
        documents = [json.loads(document) for (document,) in rows]
        return documents if before is None else documents[::-1]

    def save_edge(self, edge: Edge) -> None:
        """Insert or replace an edge."""
        self._db.execute(
            "insert or replace into edges values (?, ?, ?, ?, ?)",
            (
                edge.from_type,
                edge.from_id,
                edge.to_type,
                edge.to_id,
                json.dumps(edge.details, ensure_ascii=False),
            ),
        )

    def edge(self, from_id: str, to_id: str) -> Edge | None:
        """Return the edge between two ids."""
        found = self._edges("from_id = ? and to_id = ?", from_id, to_id)
        return found[0] if found else None

    def edges_into(self, entity_id: str) -> list[Edge]:
        """Return the edges that end at an entity."""
        return self._edges("to_id = ?", entity_id)

    def edges_from(self, entity_id: str) -> list[Edge]:
        """Return the edges that start at an entity."""
        return self._edges("from_id = ?", entity_id)

    def erase_edge(self, from_id: str, to_id: str) -> bool:
        """Remove an edge; return whether there was one."""
        done = self._db.execute(
            "delete from edges where from_id = ? and to_id = ?", (from_id, to_id)
        )
        return done.rowcount > 0

    def _edges(self, condition: str, *values: str) -> list[Edge]:
        rows = self._db.execute(
            "select from_type, from_id, to_type, to_id, details from edges"
            f" where {condition} order by from_id, to_id",
            values,
        )
        return [Edge(a, b, c, d, json.loads(details)) for a, b, c, d, details in rows]

    def _one(self, sql: str, *values: str) -> Json | None:
        row = self._db.execute(sql, values).fetchone()
        if row is None:
            return None
        document: Json = json.loads(row[0])
        return document
