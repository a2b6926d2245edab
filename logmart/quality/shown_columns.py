"""Tells which columns of a test's failed rows are shown, and masks the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from logmart.dbt.manifest import Manifest, Node
from logmart.landed.identifiers import HASH_LENGTH
from logmart.operations.task_records import shape

# What dbt's own tests call the column that they are on.
_TESTED = frozenset({"unique_field", "value_field", "from_field"})
_HASH = re.compile(rf"[0-9a-f]{{{HASH_LENGTH}}}")
_KEY_TESTS = frozenset({"unique", "unique_combination_of_columns", "relationships"})


@dataclass(frozen=True)
class ShownColumns:
    """The names of columns that hold personal data, and of those whose texts are keys or codes.

    A test's own SQL may call a column what it likes, so a name counts wherever it stands.
    """

    personal: frozenset[str]
    keys: frozenset[str]

    def text(self, name: str, tested: str, value: str, *, is_text: bool) -> str:
        """Return a value as it is shown: whole, or its shape.

        In: the column's name in the rows; `tested`, the column that the test is on; whether the
        value is a text rather than a number, a time or a boolean. The keyed hash of an identifier
        is its key.
        """
        column = (tested if name in _TESTED and tested else name).lower()
        if column in self.personal:
            return value if _HASH.fullmatch(value) else shape(value)
        return value if not is_text or column in self.keys else shape(value)


def shown_columns(manifest: Manifest) -> ShownColumns:
    """Return what the project's YAML says of its columns: their classes of personal data, and which
    are keys (tested as unique or as a relationship) or codes (with accepted values).
    """
    nodes = [*manifest.built.values(), *manifest.part("sources").values()]
    return ShownColumns(
        personal=frozenset(
            column["name"].lower()
            for node in nodes
            for column in node["columns"].values()
            if _meta(column).get("personal_data", "none") != "none"
        ),
        keys=frozenset(name for test in manifest.tests.values() for name in _keys(test)),
    )


def _meta(column: Node) -> Node:
    found: Node = (column.get("config") or {}).get("meta") or column.get("meta") or {}
    return found


def _keys(test: Node) -> Iterator[str]:
    kind = (test.get("test_metadata") or {}).get("name")
    if kind in _KEY_TESTS or kind == "accepted_values":
        yield str(test.get("column_name") or "").lower()
        arguments = test["test_metadata"]["kwargs"]
        yield from (str(name).lower() for name in arguments.get("columns") or ())
