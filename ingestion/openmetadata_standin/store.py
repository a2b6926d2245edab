"""Stores and reads entities, versions, lineage edges and test results."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from openmetadata_standin.database import Database
from openmetadata_standin.models import Json


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
    """The conditions of a listing of entities.

    `below` is the FQN of an ancestor, `parent_id` the id of the parent, `entity_fqn` the tested
    table or column, `fqn_like` an FQN with `*` for any text, case ignored; `deleted` is True,
    False, or None for both.
    """

    type: str
    below: str | None = None
    parent_id: str | None = None
    entity_fqn: str | None = None
    fqn_like: str | None = None
    deleted: bool | None = False

    def where(self) -> tuple[str, list[object]]:
        """Return the SQL condition and its parameters."""
        clauses: list[str] = ["type = ?"]
        values: list[object] = [self.type]
        if self.deleted is not None:
            clauses.append("deleted = ?")
            values.append(int(self.deleted))
        if self.below is not None:
            # As a range, for the index: "/" is the character after ".".
            clauses.append("fqn >= ? and fqn < ?")
            values.extend([f"{self.below}.", f"{self.below}/"])
        if self.parent_id is not None:
            clauses.append("parent_id = ?")
            values.append(self.parent_id)
        if self.entity_fqn is not None:
            clauses.append("json_extract(document, '$.entityFQN') = ?")
            values.append(self.entity_fqn)
        if self.fqn_like is not None:
            escaped = re.sub(r"([\\%_])", r"\\\1", self.fqn_like)
            clauses.append("fqn like ? escape '\\'")
            values.append(escaped.replace("*", "%"))
        return " and ".join(clauses), values


class Store(Database):
    """Entities, their earlier versions, lineage edges and test results.

    Documents are JSON objects that hold `id`, `name` and `fullyQualifiedName`. Use inside
    `transaction()`.
    """

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
        """Return type and document of an entity's children, deleted or not, ordered by FQN."""
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
        """Store a version of an entity in its history before it is replaced."""
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
        """Return the number of entities in a selection."""
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
        """Return up to `limit` documents ordered by name and id. In: `after`, `before`, the (name,
        id) where the page begins or ends.
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

    def set_indexed(self, from_id: str, to_id: str, *, indexed: bool) -> None:
        """Set whether an edge is in the search index. By default it is."""
        statement = (
            "delete from unindexed_edges where from_id = ? and to_id = ?"
            if indexed
            else "insert or replace into unindexed_edges values (?, ?)"
        )
        self._db.execute(statement, (from_id, to_id))

    def is_indexed(self, edge: Edge) -> bool:
        """Whether an edge is in the search index."""
        found = self._db.execute(
            "select 1 from unindexed_edges where from_id = ? and to_id = ?",
            (edge.from_id, edge.to_id),
        )
        return found.fetchone() is None

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

    def add_result(self, fqn: str, result: Json) -> bool:
        """Store a result under a test case's FQN; return False if the timestamp has one already."""
        done = self._db.execute(
            "insert or ignore into results values (?, ?, ?)",
            (fqn, result["timestamp"], json.dumps(result, ensure_ascii=False)),
        )
        return done.rowcount > 0

    def results(
        self, fqn: str, start: int | None = None, end: int | None = None, limit: int = -1
    ) -> list[Json]:
        """Return results of a test case between two timestamps (ms, inclusive), latest first."""
        rows = self._db.execute(
            "select document from results where fqn = ? and timestamp >= coalesce(?, timestamp)"
            " and timestamp <= coalesce(?, timestamp) order by timestamp desc limit ?",
            (fqn, start, end, limit),
        )
        return [json.loads(document) for (document,) in rows]

    def latest_results(self) -> dict[str, Json]:
        """Return the latest result of each test case that has one, by FQN of the test case."""
        rows = self._db.execute("select fqn, document, max(timestamp) from results group by fqn")
        return {str(fqn): json.loads(document) for fqn, document, _ in rows}

    def neighbours(self, entity_id: str, *, up: bool) -> list[str]:
        """Return the ids of the entities directly above an entity in lineage, or below it."""
        neighbour, own = ("from_id", "to_id") if up else ("to_id", "from_id")
        rows = self._db.execute(
            f"select {neighbour} from edges where {own} = ? order by {neighbour}", (entity_id,)
        )
        return [str(neighbour_id) for (neighbour_id,) in rows]

    def erase_result(self, fqn: str, timestamp: int) -> bool:
        """Remove a result; return whether there was one."""
        done = self._db.execute(
            "delete from results where fqn = ? and timestamp = ?", (fqn, timestamp)
        )
        return done.rowcount > 0

    def erase_results(self, fqn: str) -> None:
        """Remove all results under a name."""
        self._db.execute("delete from results where fqn = ?", (fqn,))

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
