"""Reads and writes parts that OpenMetadata's documents share: marks, labels, owners, references."""

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
    """Return the mark of an entity, None when it has none or an unreadable one."""
    text = record.record("extension").values.get(MARK_PROPERTY)
    if not isinstance(text, str):
        return None
    try:
        return decode(Mark, json.loads(text))
    except (TypeError, ValueError):
        return None


def extension_of(mark: Mark | None) -> dict[str, object]:
    """Return the custom properties that store a mark."""
    if mark is None:
        return {}
    return {MARK_PROPERTY: json.dumps(encode(mark), ensure_ascii=False)}


def read_labels(record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the tags and glossary terms of a document, sorted, without derived ones."""
    labels = [tag for tag in record.record_items("tags") if tag.text("labelType") != "Derived"]
    return tuple(
        tuple(sorted(label.text("tagFQN") for label in labels if label.text("source") == source))
        for source in (_TAG, _TERM)
    )  # type: ignore[return-value]


def label_bodies(tags: Iterable[str], terms: Iterable[str] = ()) -> list[object]:
    """Return tags and glossary terms in the form of OpenMetadata's documents."""
    made = {"labelType": "Automated", "state": "Confirmed"}
    return [
        *({"tagFQN": tag, "source": _TAG, **made} for tag in tags),
        *({"tagFQN": term, "source": _TERM, **made} for term in terms),
    ]


def merged_labels(found: Record, tags: Iterable[str], terms: Iterable[str] = ()) -> list[object]:
    """Return the wanted labels: stored ones unchanged, others new. Derived labels stay."""
    wanted = label_bodies(tags, terms)
    stored = {(tag.text("source"), tag.text("tagFQN")): tag for tag in found.record_items("tags")}
    merged: list[object] = []
    for label in wanted:
        record = Record.of(found.where, label, found.error)
        old = stored.get((record.text("source"), record.text("tagFQN")))
        merged.append(dict(old.values) if old else label)
    derived = [
        dict(label.values) for label in stored.values() if label.text("labelType") == "Derived"
    ]
    return [*merged, *derived]


def read_owners(record: Record) -> tuple[str, ...]:
    """Return the owners of an entity, as `state.owners` writes them, without inherited ones."""
    found = own_items(record, "owners")
    return tuple(sorted(owner_text(owner.text("type"), owner.text("name")) for owner in found))


def read_domains(record: Record) -> tuple[str, ...]:
    """Return the FQNs of an entity's domains, without inherited ones."""
    return tuple(
        sorted(domain.text("fullyQualifiedName") for domain in own_items(record, "domains"))
    )


def owner_bodies(owners: Iterable[str], ids: Mapping[str, str]) -> list[Body]:
    """Return references to owners. Owners without a known id are left out: a team that could not be
    created, or an owner that others gave the entity.
    """
    return [{"id": ids[owner], "type": owner_parts(owner)[0]} for owner in owners if owner in ids]


def set_text(document: Body, key: str, text: str) -> None:
    """Set a text of a document, or remove it when it is empty."""
    if text:
        document[key] = text
    else:
        document.pop(key, None)


def set_list(document: Body, key: str, items: list[object], found: Record) -> None:
    """Set a list of a document, unless it is empty both before and after."""
    if items or found.items(key):
        document[key] = items


def own_items(record: Record, key: str) -> list[Record]:
    """Return the references in a list that are not inherited."""
    return [
        reference
        for reference in record.record_items(key)
        if reference.values.get("inherited") is not True
    ]


# The end of the description of an entity that cannot hold a mark; the project's name follows.
TEXT_MARK = "Maintained by logmart for the dbt project "


def with_text_mark(text: str, project: str) -> str:
    """Return a description with a final line that names the project that maintains the entity."""
    return f"{text}\n\n{TEXT_MARK}{project}".strip()


def read_text_mark(text: str) -> tuple[str, str]:
    """Return a description without that final line, and the project in it ("" for none)."""
    plain, mark, project = text.rpartition(TEXT_MARK)
    return (plain.strip(), project) if mark else (text, "")
