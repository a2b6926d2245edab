"""What a node of dbt's graph reads. Pure functions."""

from __future__ import annotations

from logmart_catalog.artifacts.read import Artifacts, is_ephemeral
from logmart_catalog.records import Record


def parents(node: Record, artifacts: Artifacts, passed: frozenset[str] = frozenset()) -> set[str]:
    """Return the nodes with a relation that a node reads: through ephemeral models, semantic models
    and metrics. In: `passed`, the nodes already on the way.
    """
    found: set[str] = set()
    for parent in node.record("depends_on").texts("nodes"):
        through = _through(parent, artifacts)
        if through is None:
            found.add(parent)
        elif parent not in passed:
            found |= parents(through, artifacts, passed | {parent})
    return found


def _through(unique_id: str, artifacts: Artifacts) -> Record | None:
    """Return a node that has no relation of its own, None for one that has."""
    node = artifacts.nodes.get(unique_id)
    if node is not None:
        return node if is_ephemeral(node) else None
    return artifacts.metrics.get(unique_id) or artifacts.semantic_models.get(unique_id)
