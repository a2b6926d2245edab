"""Finds the nodes that a build need not run, because nothing that they depend on has changed.

After a build, `<database>.versions.json` beside the build's database holds the versions of each
node that passed, its result, and a fingerprint of the database file. Every other writer changes the
fingerprint: then the next build runs all nodes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from logmart import landed as landed_package
from logmart.dbt.manifest import write_json
from logmart.dbt.node_versions import NodeVersions, Version
from logmart.landed.identifiers import erased_list_path
from logmart.mart.publish import PASSED
from logmart.settings import Settings

# A DuckDB file begins with three blocks of headers. Two of them count its checkpoints.
_HEADER_BYTES = 3 * 4096
_ENGINE_PACKAGES = ("dbt-core", "dbt-adapters", "dbt-duckdb", "duckdb")
_WITHOUT_DATA = frozenset({"view", "ephemeral"})
_HOOK = "operation."

# A node's entry in run_results.json.
Result = Mapping[str, Any]


@dataclass(frozen=True)
class BuildPlan:
    """The versions of all nodes, and the results of the nodes that need not run."""

    versions: Mapping[str, Version]
    unchanged: Mapping[str, Result]

    def sentence(self) -> str:
        """Return the plan as a line to print."""
        count = sum(not unique_id.startswith(_HOOK) for unique_id in self.versions)
        return (
            f"{len(self.unchanged):,} of {count:,} nodes have the same code and inputs as in the"
            " last build, and do not run (--run-all runs them)"
        )

    @property
    def code_hash(self) -> str:
        """A hash of the code of all nodes."""
        codes = sorted(
            f"{unique_id} {version.code}" for unique_id, version in self.versions.items()
        )
        return hashlib.sha256("\n".join(codes).encode()).hexdigest()


def plan_build(
    paths: Settings,
    manifest: Mapping[str, Any],
    variables: Mapping[str, object],
    *,
    runs_all: bool = False,
) -> BuildPlan:
    """Return the plan of a build.

    In: manifest.json of the parsed project, as a document; the values of all variables; whether
    all nodes are to run. A node is unchanged when its data version is that of the last build, or,
    for a view, its code version: a view has no data of its own. When a hook of the run has changed
    all nodes run, because dbt runs no hook where it runs no node.
    """
    sources = {source["source_name"] for source in manifest["sources"].values()}
    landed = {name: _landed_hash(paths.landing / name) for name in sources}
    versions = NodeVersions(manifest, variables, landed, _engine_hash(paths)).of_all()
    built = {} if runs_all else _read(paths.database)

    def is_unchanged(unique_id: str) -> bool:
        if unique_id not in built:
            return False
        before, now = built[unique_id][0], versions[unique_id]
        node = manifest["nodes"].get(unique_id) or {}
        has_data = (node.get("config") or {}).get("materialized") not in _WITHOUT_DATA
        return before.data == now.data if has_data else before.code == now.code

    unchanged = {unique_id for unique_id in versions if is_unchanged(unique_id)}
    hooks = {unique_id for unique_id in versions if unique_id.startswith(_HOOK)}
    if not hooks <= unchanged:
        unchanged = hooks
    return BuildPlan(versions, {each: built[each][1] for each in unchanged - hooks})


def record_build(paths: Settings, plan: BuildPlan, results: Iterable[Result]) -> None:
    """Store the versions and results of the nodes that passed, and of the unchanged ones.

    In: the results of the nodes that ran, as in run_results.json.
    """
    passed = {each["unique_id"]: each for each in results if each["status"] in PASSED}
    hooks: dict[str, Result] = {
        unique_id: {} for unique_id in plan.versions if unique_id.startswith(_HOOK)
    }
    built = {
        unique_id: {"code": plan.versions[unique_id].code, "data": plan.versions[unique_id].data}
        | {"result": result}
        for unique_id, result in (hooks | dict(plan.unchanged) | passed).items()
        if unique_id in plan.versions
    }
    write_json(_file(paths.database), {"database": _fingerprint(paths.database), "nodes": built})


def _read(database: Path) -> dict[str, tuple[Version, Result]]:
    """Return what the last build left; nothing when the database has changed since."""
    try:
        stored = json.loads(_file(database).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    if stored["database"] is None or stored["database"] != _fingerprint(database):
        return {}
    return {
        unique_id: (Version(node["code"], node["data"]), node["result"])
        for unique_id, node in stored["nodes"].items()
    }


def _file(database: Path) -> Path:
    return database.with_name(f"{database.stem}.versions.json")


def _fingerprint(database: Path) -> str | None:
    """Return what changes with every write to a database; None while a write is not in it."""
    if not database.exists() or database.with_name(f"{database.name}.wal").exists():
        return None
    with database.open("rb") as file:
        return hashlib.sha256(file.read(_HEADER_BYTES)).hexdigest()


def _landed_hash(folder: Path) -> str:
    """Return a hash of the names, sizes and times of all files below a folder."""
    digest = hashlib.sha256()
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(parent, name)
            status = os.stat(path)
            digest.update(f"{path}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _engine_hash(paths: Settings) -> str:
    """Return a hash of what every node depends on besides the project and the landed files."""
    digest = hashlib.sha256()
    for package in _ENGINE_PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    readers = sorted(Path(landed_package.__path__[0]).glob("*.py"))
    erased = erased_list_path(paths.landing)
    for path in [*readers, *([erased] if erased.exists() else [])]:
        digest.update(path.read_bytes())
    return digest.hexdigest()
