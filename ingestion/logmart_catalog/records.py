"""JSON objects read field by field, with the type of every field checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logmart_catalog.errors import CatalogError


@dataclass(frozen=True)
class Record:
    """A JSON object, the place it was read from, and the error to raise when a field does not fit.

    A null field counts as absent.
    """

    where: str
    values: Mapping[str, object]
    error: type[CatalogError]

    @classmethod
    def of(cls, where: str, value: object, error: type[CatalogError]) -> Record:
        """Return the record of a parsed JSON value. Raises `error` when it is no object."""
        if not isinstance(value, dict):
            raise error(f"{where}: expected a JSON object, found {type(value).__name__}")
        return cls(where, value, error)

    def text(self, key: str) -> str:
        """Return a text field, "" when it is absent."""
        value = self.values.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._unfit(key, "a text")
        return value

    def number(self, key: str) -> int | None:
        """Return a whole-number field."""
        value = self.values.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise self._unfit(key, "a whole number")
        return value

    def record(self, key: str) -> Record:
        """Return an object field, an empty record when it is absent."""
        value = self.values.get(key)
        return Record.of(self._at(key), {} if value is None else value, self.error)

    def records(self, key: str) -> dict[str, Record]:
        """Return an object field whose values are all objects."""
        inner = self.record(key)
        return {name: inner.record(name) for name in inner.values}

    def items(self, key: str) -> list[object]:
        """Return a list field, an empty list when it is absent."""
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._unfit(key, "a list")
        return value

    def record_items(self, key: str) -> list[Record]:
        """Return a list field whose items are all objects."""
        where = self._at(key)
        return [Record.of(where, item, self.error) for item in self.items(key)]

    def texts(self, key: str) -> list[str]:
        """Return a list field whose items are all texts."""
        texts = [item for item in self.items(key) if isinstance(item, str)]
        if len(texts) != len(self.items(key)):
            raise self._unfit(key, "a list of texts")
        return texts

    def _at(self, key: str) -> str:
        return f"{self.where}, {key}"

    def _unfit(self, key: str, expected: str) -> CatalogError:
        found = type(self.values[key]).__name__
        return self.error(f"{self._at(key)}: expected {expected}, found {found}")
