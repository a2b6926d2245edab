"""Where tables are copied to."""

from __future__ import annotations

from pathlib import Path

from operations.migration.mapping import DUCKDB, LANDING, Mapping
from operations.migration.targets.base import Target
from operations.migration.targets.duckdb import DuckdbTarget
from operations.migration.targets.landing import LandingTarget


def open_target(mapping: Mapping, landing: Path, state: Path, *, writes: bool) -> Target:
    """Open the target of a mapping.

    In: `landing`, the landing zone; `state`, the folder of the migration. Raises CommandError,
    TransientError when it is in use.
    """
    if mapping.target.kind == DUCKDB:
        return DuckdbTarget(Path(mapping.target.path), writes=writes)
    assert mapping.target.kind == LANDING
    return LandingTarget(landing, mapping.target.source, state)
