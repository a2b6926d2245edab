"""Findings on descriptions; a doc block gives one, however much it describes. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from logmart.dbt.manifest import Node
from logmart.findings import Finding, Reach
from logmart.gate.compared import Compared
from logmart.gate.node_values import ValueChange


def description_findings(compared: Compared, reported: set[tuple[str, str]]) -> Iterator[Finding]:
    """Yield the findings on descriptions, and on doc blocks, which count what they describe.

    In: `reported`, the models and columns of other findings.
    """
    blocks = _changed_blocks(compared)
    described: dict[str, list[str]] = {block: [] for block in blocks}
    for unique_id in compared.both:
        before = compared.base.manifest.built[unique_id]
        node = compared.head.manifest.built[unique_id]
        texts_before, texts_after = _texts(before), _texts(node)
        for column in sorted(texts_before.keys() | texts_after.keys()):
            was, now = texts_before.get(column, ""), texts_after.get(column, "")
            if was == now or (node["name"], column) in reported:
                continue
            block = next((each for each in _blocks_of(node, column) if each in blocks), "")
            if block:
                described[block].append(f"{node['name']}.{column}" if column else node["name"])
                continue
            kind = "description_changed" if now else "description_removed"
            message = ValueChange("description", was, now).text()
            yield Finding(kind, message, node["name"], column, _yaml_file(node))
    for block, change in blocks.items():
        yield _block_finding(compared, block, change, described[block])


def _block_finding(
    compared: Compared, block: str, change: ValueChange, described: list[str]
) -> Finding:
    models = {place.partition(".")[0] for place in described}
    node = compared.head.manifest.part("docs")[block]
    manifest = compared.head.manifest
    owners = {manifest.owner_of(each) for each in manifest.built.values() if each["name"] in models}
    plural = ("" if len(described) == 1 else "s"), ("" if len(models) == 1 else "s")
    counted = f"{len(described)} description{plural[0]} in {len(models)} model{plural[1]}"
    return Finding(
        "description_changed",
        f"{counted}, {change.text()}",
        str(node["name"]),
        file=str(node["original_file_path"]),
        reach=Reach(models=tuple(sorted(models)), owners=tuple(sorted(owners - {""}))),
        count=max(len(described), 1),
        places=tuple(described),
    )


def _changed_blocks(compared: Compared) -> Mapping[str, ValueChange]:
    """Return the doc blocks with another text, by id."""
    before, after = (side.manifest.part("docs") for side in (compared.base, compared.head))
    found = {}
    for block in sorted(before.keys() & after.keys()):
        was, now = (" ".join(part[block]["block_contents"].split()) for part in (before, after))
        if was != now:
            found[block] = ValueChange("doc block", was, now)
    return found


def _blocks_of(node: Node, column: str) -> list[str]:
    """Return the doc blocks that a node's or a column's description is made of."""
    columns = {str(each["name"]): each for each in (node.get("columns") or {}).values()}
    described = columns.get(column, {}) if column else node
    return list(described.get("doc_blocks") or [])


def _texts(node: Node) -> dict[str, str]:
    """Return the descriptions of a node, by column; the node's own by ""."""
    texts = {"": str(node.get("description") or "")}
    texts |= {
        str(column["name"]): str(column.get("description") or "")
        for column in (node.get("columns") or {}).values()
    }
    return {column: " ".join(text.split()) for column, text in texts.items()}


def _yaml_file(node: Node) -> str:
    return str(node.get("patch_path") or node["original_file_path"]).partition("://")[2] or str(
        node["original_file_path"]
    )
