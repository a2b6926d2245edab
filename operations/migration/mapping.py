"""The mapping of a migration: which tables and columns are copied, to where, and what is not.

`operations/migration/mapping.yml` is written by `logmart migrate map` and reviewed by a person.
Nothing is left out in silence: what the source has is mapped, or excluded with a reason.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

POSTGRESQL, MYSQL, FILES = "postgresql", "mysql", "files"
SOURCE_KINDS = (POSTGRESQL, MYSQL, FILES)
DUCKDB, LANDING = "duckdb", "landing"
TARGET_KINDS = (DUCKDB, LANDING)
PERSONAL = "personal"
_ID_LENGTH = 12


@dataclass(frozen=True)
class Source:
    """Where the tables are. `url` is the name of an environment variable, which holds the address
    of the server or the path of the folder of files. `schema` is "" for the default one: `public`
    of PostgreSQL, the database that MySQL's address names.
    """

    kind: str
    url: str
    schema: str = ""


@dataclass(frozen=True)
class Target:
    """Where the copies go: a DuckDB file by its `path`, or the files of a landing `source`."""

    kind: str
    path: str = ""
    source: str = ""


@dataclass(frozen=True)
class Load:
    """The bounds of the load on the source."""

    chunk_rows: int = 50_000
    parallel: int = 2
    statement_timeout_seconds: int = 60


@dataclass(frozen=True)
class Exclusion:
    """A table or column that is not copied, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Column:
    """A column that is copied. `type` is the DuckDB type of the copy; `target` its name.

    `transform`, if any, is an expression in the source's SQL over the columns of the table; its
    value is copied and compared in place of the column's. It has a reason.
    """

    source: str
    type: str
    target: str = ""
    transform: str = ""
    is_personal: bool = False
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.target:
            object.__setattr__(self, "target", self.source)


@dataclass(frozen=True)
class Table:
    """A table that is copied. `key` are columns of the source that tell its rows apart; a table
    without a key is compared as a multiset of rows.
    """

    source: str
    target: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    excluded: tuple[Exclusion, ...] = ()

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """The columns of the key, in its order."""
        by_name = {column.source: column for column in self.columns}
        return tuple(by_name[name] for name in self.key)

    @property
    def has_personal_key(self) -> bool:
        """Whether a value of the key is personal, so that reports mask it."""
        return any(column.is_personal for column in self.key_columns)


@dataclass(frozen=True)
class Mapping:
    """What is migrated from a source to a target, and what is not."""

    source: Source
    target: Target
    tables: tuple[Table, ...]
    load: Load = field(default_factory=Load)
    excluded: tuple[Exclusion, ...] = ()

    @property
    def mapping_id(self) -> str:
        """A hash of everything that decides what is copied; the load does not."""
        content: dict[str, Any] = dataclasses.asdict(self)
        del content["load"]
        text = json.dumps(content, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH]

    def table(self, source: str) -> Table:
        """Return the mapping of a table of the source. Raises KeyError for another table."""
        return {table.source: table for table in self.tables}[source]
