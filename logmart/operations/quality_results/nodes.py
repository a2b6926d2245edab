"""Finds the dbt nodes that checks are about, so that the catalog shows a result on their tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from logmart.dbt.manifest import Manifest, Node, parents


@dataclass(frozen=True)
class CheckedNode:
    """A node of dbt: its unique id, and the group that owns it ("" for none)."""

    unique_id: str
    owner: str


@dataclass(frozen=True)
class CheckedNodes:
    """The nodes of a manifest, by what a check calls its subject."""

    manifest: Manifest

    @cached_property
    def _models(self) -> dict[str, tuple[str, Node]]:
        return {node["name"]: (unique_id, node) for unique_id, node in self.manifest.built.items()}

    def of_subject(self, kind: str, subject: str) -> CheckedNode | None:
        """Return the node of a model, source or landed file; None where there is none, and for a
        subject that is no table.
        """
        if kind == "source":
            return self.of_source(subject)
        if kind == "file":
            return self.of_file(subject)
        if kind != "model" or subject not in self._models:
            return None
        unique_id, node = self._models[subject]
        return CheckedNode(unique_id, _owner(node))

    def of_source(self, source: str) -> CheckedNode | None:
        """Return the source table that reads all landed files of a source: the one of its ledger.
        It belongs to the owner of the ledger.
        """
        _, ledger = self._models.get(f"base_{source}__files", ("", {}))
        read = [one for one in parents(ledger) if one.startswith("source.")]
        return CheckedNode(read[0], _owner(ledger)) if read else None

    def of_file(self, landing_file: str) -> CheckedNode | None:
        """Return the source table that reads a landed file; of several, the one that reads only
        files with such names.
        """
        source, _, _ = landing_file.partition("/")
        whole, name = self.of_source(source), landing_file.rpartition("/")[2]
        closer = (
            each
            for each in self.of_landed([source])
            if each != whole and fnmatchcase(name, self._pattern(each.unique_id))
        )
        return next(closer, whole)

    def column_of(self, model: str, property_name: str) -> str:
        """Return the column of a model that a planned property fills; "" for none."""
        _, node = self._models.get(model, ("", {}))
        for name, column in (node.get("columns") or {}).items():
            if (column["config"].get("meta") or {}).get("property") == property_name:
                return str(name)
        return ""

    def of_landed(self, sources: Iterable[str]) -> list[CheckedNode]:
        """Return the source tables that read landed files of some sources."""
        tables = self.manifest.part("sources")
        return [
            CheckedNode(unique_id, whole.owner)
            for source in sources
            if (whole := self.of_source(source))
            for unique_id, table in tables.items()
            if table["source_name"] == source and self._pattern(unique_id)
        ]

    def _pattern(self, unique_id: str) -> str:
        """Return the pattern of the names of the files that a source table reads, "" for none."""
        meta = self.manifest.part("sources")[unique_id]["config"].get("meta") or {}
        return str(meta.get("external_location", "")).rpartition("/")[2]


def _owner(node: Node) -> str:
    return str(node["config"].get("group") or "")
