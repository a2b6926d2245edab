"""The SQL of a full refresh, which lineage is read from: that of an incremental run refers to its
own table.
"""

from __future__ import annotations

from pathlib import Path

# Below dbt's target folder. The catalog sync looks for it there.
FULL_REFRESH = "full_refresh"
# Of every query: tests say what they say without their compiled SQL.
COMPILE = (
    "compile",
    "--full-refresh",
    "--exclude",
    "resource_type:test",
    "resource_type:unit_test",
)


def compile_beside(target_path: Path) -> list[str]:
    """Return the arguments of dbt that compile a full refresh to FULL_REFRESH below its target.

    They take the project as the build has parsed it: dbt would parse all of it again for another
    folder.
    """
    parsed = target_path / "partial_parse.msgpack"
    folder = target_path / FULL_REFRESH
    return [*COMPILE, "--target-path", str(folder), "--partial-parse-file-path", str(parsed)]
