"""Makes dbt artifacts of any number of tables: runs a generated project, and copies its areas.

make_artifacts(dbt, folder, seed)            # runs dbt: 36 tables
write_copies(template, folder, tables)       # 336, 2,000, ...
write_edited / write_rebuilt(folder, other)  # the artifacts of a later run of dbt
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.catalog.project import AREAS, write_project

Json = dict[str, Any]
ARTIFACTS = ("manifest.json", "catalog.json", "run_results.json")
# The parts of a manifest that hold nodes by unique id, and are copied with their area.
_SECTIONS = ("nodes", "sources", "exposures", "metrics", "semantic_models", "unit_tests")
_MAPS = ("parent_map", "child_map")
EDITED = "fct_payments__customers"


class ArtifactsError(Exception):
    """The generated artifacts are faulty; the message says how."""


def make_artifacts(dbt: Path, folder: Path, seed: int) -> Path:
    """Generate the project of 36 tables in a folder and run dbt on it.

    Returns the folder of the artifacts. Raises CalledProcessError when dbt fails.
    """
    write_project(folder, seed)
    environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "0"}
    environment.pop("DBT_PROFILES_DIR", None)
    for step in (["build"], ["docs", "generate", "--no-compile"]):
        command = [str(dbt.absolute()), "-q", *step, "--profiles-dir", "."]
        subprocess.run(command, cwd=folder, env=environment, check=True)
    return folder / "target"


def write_copies(template: Path, folder: Path, tables: int) -> None:
    """Write the artifacts of a project with `tables` tables: copies of whole areas of the template
    under other names, and the upstream part of one more area.

    Raises ArtifactsError when the artifacts have another number of tables.
    """
    manifest, catalog, results = (_read(template / name) for name in ARTIFACTS)
    areas = {area: _AreaOf(area, manifest, catalog, results) for area in AREAS}
    names = list(AREAS)
    for section in (*_SECTIONS, *_MAPS):
        manifest[section] = {}
    for section in ("nodes", "sources"):
        catalog[section] = {}
    results["results"] = []
    manifest["group_map"] = {group: [] for group in manifest["group_map"]}
    left, index = tables, 0
    while left > 0:
        area = areas[names[index % len(names)]]
        copy = area.copied(index // len(names) + 1, left)
        left -= copy.tables
        for section in (*_SECTIONS, *_MAPS):
            manifest[section].update(copy.manifest[section])
        for group, members in copy.manifest["group_map"].items():
            manifest["group_map"][group] += members
        for section in ("nodes", "sources"):
            catalog[section].update(copy.catalog[section])
        results["results"] += copy.results
        index += 1
    made = len(catalog["nodes"]) + len(catalog["sources"])
    if made != tables:
        raise ArtifactsError(f"{made} tables were made, not {tables}: names clash")
    _write_all(folder, manifest, catalog, results)


def write_edited(source: Path, folder: Path) -> None:
    """Write the artifacts after one model was changed: its text, a column's text and its SQL."""
    manifest, catalog, results = (_read(source / name) for name in ARTIFACTS)
    unique_id = next(
        unique_id for unique_id in manifest["nodes"] if unique_id.endswith(f".{EDITED}")
    )
    node = manifest["nodes"][unique_id]
    node["description"] += " Test customers are left out."
    node["columns"]["customer_id"]["description"] += " Never given twice."
    for key in ("raw_code", "compiled_code"):
        node[key] = node[key].replace("select * from totals", "select * from totals where true")
    _write_all(folder, manifest, catalog, results)


def write_rebuilt(source: Path, folder: Path) -> None:
    """Write the artifacts of the same project an hour later: only times have changed."""
    manifest, catalog, results = (_read(source / name) for name in ARTIFACTS)
    invocation = "5e8f0c5e-0000-4000-8000-000000000001"
    for document in (manifest, catalog, results):
        metadata = document["metadata"]
        metadata["generated_at"] = _later(metadata["generated_at"])
        metadata["invocation_id"] = invocation
    for result in results["results"]:
        for timing in result["timing"]:
            for key in ("started_at", "completed_at"):
                timing[key] = _later(timing[key])
    _write_all(folder, manifest, catalog, results)


def check_parsed(folder: Path) -> None:
    """Parse the artifacts with the parser that the stock dbt source uses. Raises its errors.

    Without dbt's macros, which that source drops as well: the parser does not know their languages.
    """
    from collate_dbt_artifacts_parser.parser import (  # type: ignore[import-untyped, unused-ignore]  # noqa: PLC0415
        parse_catalog,
        parse_manifest,
        parse_run_results,
    )

    for parse, name in zip(
        (parse_manifest, parse_catalog, parse_run_results), ARTIFACTS, strict=True
    ):
        document = _read(folder / name)
        document.pop("macros", None)
        parse({**document, "macros": {}} if name == "manifest.json" else document)


class _AreaOf:
    """The parts of the template's artifacts that belong to one area, ready to be copied."""

    def __init__(self, area: str, manifest: Json, catalog: Json, results: Json) -> None:
        """In: the area's name, the template's artifacts."""
        self._area = area
        self._sections = {
            section: self._own(manifest.get(section, {})) for section in (*_SECTIONS, *_MAPS)
        }
        self._groups = {
            group: [member for member in members if area in member]
            for group, members in manifest["group_map"].items()
        }
        self._catalog = {section: self._own(catalog[section]) for section in ("nodes", "sources")}
        self._results = [result for result in results["results"] if area in result["unique_id"]]

    def copied(self, number: int, most: int) -> _Copy:
        """Return copy number `number`, from 1, with at most `most` tables: all of them, or the most
        upstream ones with the nodes that depend on these alone.
        """
        kept = self._kept(most)
        document = {
            "manifest": {
                **{
                    section: {
                        key: node for key, node in self._sections[section].items() if key in kept
                    }
                    for section in _SECTIONS
                },
                **{
                    section: {
                        key: [end for end in ends if end in kept or self._area not in end]
                        for key, ends in self._sections[section].items()
                        if key in kept
                    }
                    for section in _MAPS
                },
                "group_map": {
                    group: [member for member in members if member in kept]
                    for group, members in self._groups.items()
                },
            },
            "catalog": {
                section: {key: entry for key, entry in entries.items() if key in kept}
                for section, entries in self._catalog.items()
            },
            "results": [result for result in self._results if result["unique_id"] in kept],
        }
        text = json.dumps(document)
        if number > 1:
            text = text.replace(self._area, f"{self._area}_{number:02}")
        return _Copy(json.loads(text))

    def _kept(self, most: int) -> set[str]:
        everything = {
            key: node for section in _SECTIONS for key, node in self._sections[section].items()
        }
        kept: set[str] = set()
        tables = 0
        for key in self._upstream_first(everything):
            parents = self._sections["parent_map"].get(key, [])
            if not all(parent in kept or self._area not in parent for parent in parents):
                continue
            if key in {**self._catalog["nodes"], **self._catalog["sources"]}:
                if tables == most:
                    continue
                tables += 1
            kept.add(key)
        return kept

    def _upstream_first(self, everything: Json) -> Iterator[str]:
        given: set[str] = set()
        waiting = dict.fromkeys(everything)
        while waiting:
            ready = [
                key
                for key in waiting
                if all(
                    parent in given or parent not in everything
                    for parent in self._sections["parent_map"].get(key, [])
                )
            ]
            if not ready:
                raise ArtifactsError(f"{self._area}: its nodes depend on each other in a circle")
            yield from ready
            given.update(ready)
            for key in ready:
                del waiting[key]

    def _own(self, section: Json) -> Json:
        return {key: node for key, node in section.items() if self._area in key}


class _Copy:
    """One area under another name."""

    def __init__(self, document: Json) -> None:
        """In: the area's part of each artifact."""
        self.manifest: Json = document["manifest"]
        self.catalog: Json = document["catalog"]
        self.results: list[Json] = document["results"]
        self.tables = len(self.catalog["nodes"]) + len(self.catalog["sources"])


def _later(moment: str) -> str:
    return (datetime.fromisoformat(moment) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")


def _read(path: Path) -> Json:
    document: Json = json.loads(path.read_bytes())
    return document


def _write_all(folder: Path, *documents: Json) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in zip(ARTIFACTS, documents, strict=True):
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
