"""Parts that many of OpenMetadata's documents share: marks, labels, owners, references."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from logmart_catalog.records import Record
from logmart_catalog.state.codec import decode, encode
from logmart_catalog.state.model import Mark
from logmart_catalog.state.owners import owner_parts, owner_text

Body = dict[str, object]

# The custom property that holds a mark.
MARK_PROPERTY = "logmartLastApplied"
_TAG, _TERM = "Classification", "Glossary"


def read_mark(record: Record) -> Mark | None:
    """Return the mark of an entity, None when it has none or one that is not ours to read."""
    text = record.record("extension").values.get(MARK_PROPERTY)
    if not isinstance(text, str):
        return None
    try:
        return decode(Mark, json.loads(text))
    except (TypeError, ValueError):
        return None


def extension_of(mark: Mark | None) -> dict[str, object]:
    """Return the extension that stores a mark."""
    if mark is None:
        return {}
    return {MARK_PROPERTY: json.dumps(encode(mark), ensure_ascii=False)}


def read_labels(record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the tags and glossary terms of a document, sorted; not those the server derives."""
    labels = [one for one in record.record_items("tags") if one.text("labelType") != "Derived"]
    return tuple(
        tuple(sorted(one.text("tagFQN") for one in labels if one.text("source") == source))
        for source in (_TAG, _TERM)
    )  # type: ignore[return-value]


def label_bodies(tags: Iterable[str], terms: Iterable[str] = ()) -> list[object]:
    """Return tags and glossary terms as a document holds them."""
    made = {"labelType": "Automated", "state": "Confirmed"}
    return [
        *({"tagFQN": tag, "source": _TAG, **made} for tag in tags),
        *({"tagFQN": term, "source": _TERM, **made} for term in terms),
    ]


def merged_labels(found: Record, tags: Iterable[str], terms: Iterable[str] = ()) -> list[object]:
    """Return the labels a document is to hold: those it has, as they are, and new ones."""
    wanted = label_bodies(tags, terms)
    stored = {(one.text("source"), one.text("tagFQN")): one for one in found.record_items("tags")}
    merged: list[object] = []
    for label in wanted:
        one = Record.of(found.where, label, found.error)
        old = stored.get((one.text("source"), one.text("tagFQN")))
        merged.append(dict(old.values) if old else label)
    derived = [dict(one.values) for one in stored.values() if one.text("labelType") == "Derived"]
    return [*merged, *derived]


def read_owners(record: Record) -> tuple[str, ...]:
    """Return the owners of an entity, as `owners` writes them; not those that it inherits from what
    it stands in.
    """
    found = own_items(record, "owners")
    return tuple(sorted(owner_text(one.text("type"), one.text("name")) for one in found))


def read_domains(record: Record) -> tuple[str, ...]:
    """Return the FQNs of an entity's domains, not of those that it inherits."""
    return tuple(sorted(one.text("fullyQualifiedName") for one in own_items(record, "domains")))


def owner_bodies(owners: Iterable[str], ids: Mapping[str, str]) -> list[Body]:
    """Return owners as an entity refers to them, without those that have no id: a team that could
    not be made, or an owner that others gave it.
    """
    return [{"id": ids[owner], "type": owner_parts(owner)[0]} for owner in owners if owner in ids]


def set_text(document: Body, key: str, text: str) -> None:
    """Set a text of a document, or remove it when it is empty."""
    if text:
        document[key] = text
    else:
        document.pop(key, None)


def set_list(document: Body, key: str, items: list[object], found: Record) -> None:
    """Set a list of a document, but leave an empty one as it was."""
    if items or found.items(key):
        document[key] = items


def own_items(record: Record, key: str) -> list[Record]:
    """Return the references of a list that are the entity's own, not inherited."""
    return [one for one in record.record_items(key) if one.values.get("inherited") is not True]


# What ends the description of an entity that has no room for a mark; the project's name follows.
TEXT_MARK = "Maintained by logmart for the dbt project "


def with_text_mark(text: str, project: str) -> str:
    """Return a description that says at its end which project maintains the entity."""
    return f"{text}\n\n{TEXT_MARK}{project}".strip()


def read_text_mark(text: str) -> tuple[str, str]:
    """Return a description without its mark, and the project named there ("" when none is)."""
    plain, mark, project = text.rpartition(TEXT_MARK)
    return (plain.strip(), project) if mark else (text, "")
