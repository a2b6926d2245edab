"""Compiles the SQL of a full refresh. Lineage is read from it, because the SQL of an incremental
run refers to the model's own table.
"""

from __future__ import annotations

from pathlib import Path

# A folder below dbt's target folder, where the catalog sync looks for this SQL.
FULL_REFRESH = "full_refresh"
_CODE_HASH = "code_hash"
# Tests are left out: nothing reads their compiled SQL.
COMPILE = (
    "compile",
    "--full-refresh",
    "--exclude",
    "resource_type:test",
    "resource_type:unit_test",
)


def holds(target_path: Path, code_hash: str) -> bool:
    """Return whether the SQL in FULL_REFRESH was compiled from code with this hash."""
    folder = target_path / FULL_REFRESH
    try:
        is_same = (folder / _CODE_HASH).read_text(encoding="ascii") == code_hash
    except FileNotFoundError:
        return False
    return is_same and (folder / "manifest.json").exists()


def mark(target_path: Path, code_hash: str) -> None:
    """Write down which code the SQL in FULL_REFRESH was compiled from; "": it is not known."""
    path = target_path / FULL_REFRESH / _CODE_HASH
    path.unlink(missing_ok=True)
    if code_hash:
        path.write_text(code_hash, encoding="ascii")


def compile_beside(target_path: Path) -> list[str]:
    """Return the dbt arguments that compile a full refresh into FULL_REFRESH below a target folder.

    They reuse the parsed project of the build; otherwise dbt would parse it again, because the
    target folder is another.
    """
    parsed = target_path / "partial_parse.msgpack"
    folder = target_path / FULL_REFRESH
    return [*COMPILE, "--target-path", str(folder), "--partial-parse-file-path", str(parsed)]
