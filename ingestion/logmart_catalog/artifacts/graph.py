"""The parents of a node in dbt's graph. Pure functions."""

from __future__ import annotations

from logmart_catalog.artifacts.read import Artifacts, is_ephemeral
from logmart_catalog.records import Record


def parents(node: Record, artifacts: Artifacts, passed: frozenset[str] = frozenset()) -> set[str]:
    """Return the nodes with a relation that a node reads, directly or through ephemeral models,
    semantic models and metrics. In: `passed`, the nodes already visited on this path.
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
    """Return the node when it has no relation of its own, None when it has one."""
    node = artifacts.nodes.get(unique_id)
    if node is not None:
        return node if is_ephemeral(node) else None
    return artifacts.metrics.get(unique_id) or artifacts.semantic_models.get(unique_id)
