"""Reduces, merges and compares the tag labels of entities and columns. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from openmetadata_standin.models import Json

# The stored fields of a label; the others are read from the tag when the label is sent.
STORED = ("tagFQN", "source", "labelType", "state", "reason", "appliedAt", "appliedBy", "metadata")


def stored_labels(labels: Iterable[Json]) -> list[Json]:
    """Return the labels reduced to the stored fields, each tag once, ordered by name."""
    unique: dict[str, Json] = {}
    for label in labels:
        if label.get("labelType") == "Derived":
            continue  # Its glossary term adds it again in every answer.
        unique.setdefault(label["tagFQN"], {key: label[key] for key in STORED if key in label})
    return [unique[fqn] for fqn in sorted(unique)]


def merge_labels(stored: list[Json], requested: list[Json]) -> list[Json]:
    """Return the union of both, like a PUT: no label is removed, stored labels stay unchanged."""
    return stored_labels([*stored, *requested])


def same_labels(first: list[Json], second: list[Json]) -> bool:
    """Whether two lists carry the same tags."""
    return {label["tagFQN"] for label in first} == {label["tagFQN"] for label in second}
