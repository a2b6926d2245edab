"""Merges one entity's desired state, actual state and mark (last applied). Pure functions.

A value in dbt wins. When dbt no longer gives a value, it is cleared if the sync wrote it, and kept
if somebody else did. Labels (tags, glossary terms, domains) that others added stay beside dbt's.
When a value in dbt could not be read, the actual value and its entry in the mark stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from logmart_catalog.plan.actions import Foreign
from logmart_catalog.state.asset_kinds import ASSET_KINDS, TEST
from logmart_catalog.state.descriptions import is_inherited
from logmart_catalog.state.marks import digest, texts_of
from logmart_catalog.state.model import Asset, Column, DataModel, Key, Mark, Run, Table, Value

_Item = TypeVar("_Item", str, Key)
# The field that stands for all custom properties.
_PROPERTIES = "properties"


class _Merge:
    """Merges the values of one entity, and collects in `foreign` what others wrote on it."""

    def __init__(
        self, wanted: Table | Asset, mark: Mark | None, exclusive: tuple[str, ...] = ()
    ) -> None:
        """In: the desired entity, the actual mark, the mutually exclusive classifications."""
        self._name = wanted.fqn
        self._unread = wanted.unread
        self._mark = mark or Mark("")
        self._exclusive = exclusive
        self.foreign: list[Foreign] = []

    def values(
        self, key: str, wanted: tuple[_Item, ...], found: tuple[_Item, ...]
    ) -> tuple[_Item, ...]:
        """Return the values of a field that is written as a whole, by dbt or by somebody else."""
        if self._is_unread(key):
            return found or wanted
        if wanted or not found or self._is_ours(key, found):
            return wanted
        self._note(key, "")
        return found

    def _is_ours(self, key: str, found: tuple[_Item, ...]) -> bool:
        written = self._mark.digests.get(key) == digest(map(str, found))
        return written or self._mark.lists.get(key) == found

    def text(self, key: str, wanted: str, found: str) -> str:
        """Return the text of a field."""
        return "".join(self.values(key, texts_of(wanted), texts_of(found)))

    def labels(self, key: str, wanted: tuple[str, ...], found: tuple[str, ...]) -> tuple[str, ...]:
        """Return the labels of a field: dbt's, and those that others added."""
        ours = {*wanted, *self._mark.lists.get(key, ())}
        taken = {_parent(label) for label in wanted} & set(self._exclusive)
        others = [label for label in found if label not in wanted and _parent(label) not in taken]
        kept = [other for other in others if self._is_unread(key) or other not in ours]
        for label in kept:
            if label not in ours:
                self._note(key, label)
        return tuple(sorted({*wanted, *kept}))

    def properties(self, wanted: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
        """Return the custom properties; empty ones are left out."""
        texts = {
            name: self.text(f"property:{name}", wanted.get(name, ""), found.get(name, ""))
            for name in sorted({*wanted, *found})
        }
        return {name: text for name, text in texts.items() if text}

    def mark(self, wanted: Mark | None) -> Mark | None:
        """Return the mark to write, given the mark of the desired entity."""
        if wanted is None or not self._unread:
            return wanted
        before = {
            key: old_digest
            for key, old_digest in self._mark.digests.items()
            if self._is_unread(key)
        }
        lists = dict(wanted.lists)
        for key, labels in self._mark.lists.items():
            if self._is_unread(key):
                lists[key] = tuple(sorted({*lists.get(key, ()), *labels}))
        return replace(wanted, digests={**wanted.digests, **before}, lists=lists)

    def _is_unread(self, key: str) -> bool:
        return key in self._unread or (key.startswith("property:") and _PROPERTIES in self._unread)

    def _note(self, key: str, label: str) -> None:
        field, _, column = key.partition(":")
        words = {
            "column": "description", "tags": "tag", "terms": "glossary term", "domains": "domain"
        }  # fmt: skip
        what = f"{words.get(field, field)} {label}".strip()
        if column:
            what += f" {column}" if field == "property" else f" of column {column}"
        self.foreign.append(Foreign(self._name, what))


def merge_table(
    desired: Table, actual: Table, exclusive: tuple[str, ...] = ()
) -> tuple[Table, list[Foreign]]:
    """Return the merged table, and what others wrote on it.

    In: `exclusive`, the mutually exclusive classifications.
    """
    merge = _Merge(desired, actual.mark, exclusive)
    stored = {column.name: column for column in actual.columns}
    columns = [
        _merge_column(merge, column, stored.get(column.name, Column(column.name, column.type)))
        for column in desired.columns
    ]
    merged = replace(
        desired,
        columns=tuple(columns),
        description=merge.text("description", desired.description, actual.description),
        owners=merge.values("owners", desired.owners, actual.owners),
        tags=merge.labels("tags", desired.tags, actual.tags),
        terms=merge.labels("terms", desired.terms, actual.terms),
        # A table has one domain: dbt's, if dbt gives one.
        domains=merge.values("domains", desired.domains, actual.domains),
        properties=merge.properties(desired.properties, actual.properties),
        keys=merge.values("keys", desired.keys, actual.keys),
        data_model=_merge_model(desired, actual),
        run=_later(desired.run, actual.run),
        mark=merge.mark(desired.mark),
    )
    return merged, merge.foreign


def merge_asset(desired: Asset, actual: Asset) -> tuple[Asset, list[Foreign]]:
    """Return the merged asset, and what others wrote on it."""
    kind = ASSET_KINDS[desired.kind]
    if kind.history:
        newer = str(actual.fields.get("timestamp", "")) >= str(desired.fields.get("timestamp", ""))
        return (actual if newer else desired), []
    if kind.shared:
        return replace(actual, fields=_union(desired.fields, actual.fields)), []
    if kind.whole:
        kept = {key: old_value for key, old_value in actual.fields.items() if key in desired.unread}
        if desired.kind == TEST and "owners" in actual.fields.keys() - desired.fields.keys():
            # A test of dbt has the owners of its table; those that a person gave it stay.
            kept["owners"] = actual.fields["owners"]
        return replace(desired, fields={**desired.fields, **kept}), []
    merge = _Merge(desired, actual.mark)
    fields: dict[str, Value] = {}
    for key in sorted({*desired.fields, *actual.fields}):
        wanted, found = desired.fields.get(key, ""), actual.fields.get(key, "")
        values = merge.values(key, texts_of(wanted), texts_of(found))
        if values:
            fields[key] = values if isinstance(wanted or found, tuple) else values[0]
    return replace(desired, fields=fields, mark=merge.mark(desired.mark)), merge.foreign


def _merge_column(merge: _Merge, wanted: Column, found: Column) -> Column:
    name = wanted.name
    # An inherited description gives way to one that somebody wrote for this column.
    own = "" if is_inherited(wanted.description) else wanted.description
    description = merge.text(f"column:{name}", own, found.description) or wanted.description
    return replace(
        wanted,
        description=description,
        tags=merge.labels(f"tags:{name}", wanted.tags, found.tags),
        terms=merge.labels(f"terms:{name}", wanted.terms, found.terms),
        constraint=merge.text(f"constraint:{name}", wanted.constraint, found.constraint),
    )


def _merge_model(desired: Table, actual: Table) -> DataModel | None:
    """Return the merged dbt tab; owners and tags that could not be read in dbt stay as they are."""
    wanted, found = desired.data_model, actual.data_model
    if wanted is None or found is None:
        return wanted or found
    if "owners" in desired.unread:
        wanted = replace(wanted, owners=found.owners or wanted.owners)
    if "tags" in desired.unread:
        wanted = replace(wanted, tags=tuple(sorted({*wanted.tags, *found.tags})))
    return wanted


def _later(wanted: Run | None, found: Run | None) -> Run | None:
    if wanted is None or (found is not None and found.ended_at >= wanted.ended_at):
        return found
    return wanted


def _union(wanted: Mapping[str, Value], found: Mapping[str, Value]) -> dict[str, Value]:
    """Return the fields of a shared asset, with the desired items added to its lists."""
    fields = dict(found)
    for key, value in wanted.items():
        there = fields.get(key, ())
        if isinstance(value, tuple) and isinstance(there, tuple):
            fields[key] = tuple(sorted({*value, *there}))
    return fields


def _parent(label: str) -> str:
    return label.rpartition(".")[0]
