"""Reads dbt's manifest and catalog."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from logmart.errors import CommandError

Node = Mapping[str, Any]
BUILT = frozenset({"model", "seed", "snapshot"})


def read_json(path: Path) -> Any:
    """Return the content of an artifact.

    Raises CommandError, naming the file and the remedy, when it cannot be read.
    """
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise CommandError(f"{path} is not there: build first with `make build`") from error
    except ValueError as error:
        raise CommandError(f"{path} is cut short: build again with `make build`") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


def write_json(path: Path, document: object) -> None:
    """Replace an artifact in one step."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(document), encoding="utf-8")
    part.replace(path)


def quoted(identifier: str) -> str:
    """Return an identifier in double quotes."""
    return '"' + identifier.replace('"', '""') + '"'


@dataclass(frozen=True)
class Manifest:
    """A manifest.json whose models are compiled as for a full refresh."""

    document: Mapping[str, Any]

    @cached_property
    def built(self) -> dict[str, Node]:
        """The models, seeds and snapshots by unique id."""
        nodes: Mapping[str, Node] = self.document["nodes"]
        return {
            unique_id: node for unique_id, node in nodes.items() if node["resource_type"] in BUILT
        }

    @cached_property
    def tests(self) -> dict[str, Node]:
        """The data tests by unique id."""
        nodes: Mapping[str, Node] = self.document["nodes"]
        return {
            unique_id: node for unique_id, node in nodes.items() if node["resource_type"] == "test"
        }

    @cached_property
    def owners(self) -> dict[str, str]:
        """The owner of each group, by the group's name."""
        groups: Iterable[Node] = self.document["groups"].values()
        return {group["name"]: _owner(group["owner"]) for group in groups}

    def part(self, name: str) -> Mapping[str, Node]:
        """Return another part of the document: unit_tests, exposures, metrics, ..."""
        part: Mapping[str, Node] = self.document.get(name) or {}
        return part

    def name(self, unique_id: str) -> str:
        """Return the name of a model, seed or snapshot."""
        return str(self.built[unique_id]["name"])

    def owner_of(self, node: Node) -> str:
        """Return the owner of an exposure, or of a node's group; "" where there is none."""
        if node.get("owner"):
            return _owner(node["owner"])
        return self.owners.get(node.get("group") or "", "")

    def downstream(self, unique_ids: Iterable[str]) -> set[str]:
        """Return the nodes and everything downstream of them."""
        children: dict[str, list[str]] = {}
        for unique_id, node in self.built.items():
            for parent in parents(node):
                children.setdefault(parent, []).append(unique_id)
        found: set[str] = set()
        waiting = list(unique_ids)
        while waiting:
            unique_id = waiting.pop()
            if unique_id not in found:
                found.add(unique_id)
                waiting += children.get(unique_id, [])
        return found

    def tests_of(self, unique_id: str) -> dict[str, Node]:
        """Return the tests on a node."""
        return {
            test_id: test
            for test_id, test in self.tests.items()
            if test.get("attached_node") == unique_id
            or (not test.get("attached_node") and unique_id in parents(test))
        }


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.json. Raises CommandError when it cannot be read."""
    return Manifest(read_json(path))


def parents(node: Node) -> list[str]:
    """Return the unique ids that a node reads."""
    return list((node.get("depends_on") or {}).get("nodes") or [])


def macros(node: Node) -> list[str]:
    """Return the macros that a node calls directly."""
    return list((node.get("depends_on") or {}).get("macros") or [])


def relation(node: Node, database: str) -> str:
    """Return a node's quoted name in an attached database."""
    return f"{database}.{quoted(node['schema'])}.{quoted(node.get('alias') or node['name'])}"


def test_kind(test: Node) -> str:
    """Return the name of a generic test; "" for any other test."""
    return str((test.get("test_metadata") or {}).get("name") or "")


def arguments(test: Node) -> Mapping[str, Any]:
    """Return the arguments of a generic test."""
    return (test.get("test_metadata") or {}).get("kwargs") or {}


def keys(manifest: Manifest, unique_id: str) -> set[tuple[str, ...]]:
    """Return the unique keys of a model, as sets of columns, from its tests and constraints."""
    node = manifest.built[unique_id]
    found: set[tuple[str, ...]] = set()
    for test in manifest.tests_of(unique_id).values():
        if test["config"].get("where"):
            continue
        given = arguments(test)
        if test_kind(test) == "unique":
            found.add((str(given.get("column_name")).lower(),))
        elif "unique_combination" in test_kind(test):
            columns = given.get("columns") or given.get("combination_of_columns") or []
            found.add(tuple(sorted(str(column).lower() for column in columns)))
    for constraint in node.get("constraints") or []:
        if constraint["type"] in ("primary_key", "unique") and constraint.get("columns"):
            found.add(tuple(sorted(str(column).lower() for column in constraint["columns"])))
    for column in (node.get("columns") or {}).values():
        if any(
            constraint["type"] in ("primary_key", "unique")
            for constraint in column.get("constraints") or []
        ):
            found.add((str(column["name"]).lower(),))
    return found - {()}


@dataclass(frozen=True)
class Catalog:
    """The columns in the warehouse and their types, for each node by unique id."""

    columns: Mapping[str, Mapping[str, str]]


def read_catalog(path: Path) -> Catalog:
    """Read a catalog.json. Raises CommandError when it cannot be read."""
    nodes: Mapping[str, Node] = read_json(path)["nodes"]
    return Catalog(
        {
            unique_id: {
                column["name"]: column["type"]
                for column in sorted(node["columns"].values(), key=lambda each: each["index"])
            }
            for unique_id, node in nodes.items()
        }
    )


def _owner(owner: Any) -> str:
    if not isinstance(owner, Mapping):
        return ""
    name, email = owner.get("name") or "", owner.get("email") or ""
    if isinstance(email, list):
        email = ", ".join(str(address) for address in email)
    return f"{name} <{email}>" if name and email else str(name or email)
