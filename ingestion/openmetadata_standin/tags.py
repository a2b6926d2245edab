"""Tag labels as they are stored on an entity or a column. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from openmetadata_standin.models import Json

# What a label keeps of its own; the rest is read from the tag whenever the label is sent.
STORED = ("tagFQN", "source", "labelType", "state", "reason", "appliedAt", "appliedBy", "metadata")


def stored_labels(labels: Iterable[Json]) -> list[Json]:
    """Return the labels reduced to what is stored, each tag once, in order of their names."""
    unique: dict[str, Json] = {}
    for label in labels:
        if label.get("labelType") == "Derived":
            continue  # It comes with its glossary term.
        unique.setdefault(label["tagFQN"], {key: label[key] for key in STORED if key in label})
    return [unique[fqn] for fqn in sorted(unique)]


def merge_labels(stored: list[Json], requested: list[Json]) -> list[Json]:
    """Return the union of both, as a PUT leaves it: nothing is removed, a stored label stays as it
    is.
    """
    return stored_labels([*stored, *requested])


def same_labels(one: list[Json], other: list[Json]) -> bool:
    """Whether two lists carry the same tags."""
    return {label["tagFQN"] for label in one} == {label["tagFQN"] for label in other}
