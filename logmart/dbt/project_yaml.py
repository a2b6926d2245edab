"""Reads entries from the dbt project's YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def entries(project: Path, folder: str, key: str) -> list[dict[str, Any]]:
    """Return the entries under a key in all YAML files below a folder of models/, file by file.

    Each entry has its file under `file`.
    """
    found = []
    for file in sorted((project / "models" / folder).rglob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        found += [{**entry, "file": file} for entry in content.get(key, [])]
    return found


def groups(project: Path) -> dict[str, dict[str, Any]]:
    """Return the groups of models/groups.yml by name."""
    content = yaml.safe_load((project / "models/groups.yml").read_text(encoding="utf-8"))
    return {group["name"]: group for group in content["groups"]}
