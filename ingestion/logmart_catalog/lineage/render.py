"""Renders column lineage as JSON and as text."""

from __future__ import annotations

import json
from collections import Counter

from logmart_catalog.lineage.model import ColumnRef, Kind, ProjectLineage, TableLineage


def lineage_json(project: ProjectLineage) -> str:
    """Return the lineage of every column of every relation, with counts by kind."""
    document = {
        "counts": counts(project),
        "relations": [
            {"id": unique_id, "name": project.names[unique_id], **_table(project, table)}
            for unique_id, table in sorted(project.tables.items())
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def lineage_text(project: ProjectLineage) -> str:
    """Return counts by kind, then the untraced columns by relation and reason."""
    counted = counts(project)
    lines = [", ".join(f"{number} {name}" for name, number in counted.items())]
    for unique_id, table in sorted(project.tables.items()):
        reasons: dict[str, list[str]] = {}
        for column in table.columns:
            for reason in column.reasons:
                reasons.setdefault(reason, []).append(column.column)
        lines.extend(
            f"untraced  {project.names[unique_id]}: {', '.join(names)}: {reason}"
            for reason, names in reasons.items()
        )
    return "\n".join(lines)


def counts(project: ProjectLineage) -> dict[str, int]:
    """Return the numbers of relations, of columns, and of columns of each kind."""
    kinds = Counter(column.kind for table in project.tables.values() for column in table.columns)
    return {
        "relations": len(project.tables),
        "columns": kinds.total(),
        **{str(kind): kinds[kind] for kind in Kind},
    }


def _table(project: ProjectLineage, table: TableLineage) -> dict[str, object]:
    return {
        "columns": [
            {
                "name": column.column,
                "kind": str(column.kind),
                "parents": [_reference(project, parent) for parent in column.parents],
                "reasons": list(column.reasons),
            }
            for column in table.columns
        ],
        "keys": [{"role": key.role, **_reference(project, key.column)} for key in table.keys],
        "key_reasons": list(table.key_reasons),
    }


def _reference(project: ProjectLineage, column: ColumnRef) -> dict[str, str]:
    return {
        "id": column.relation,
        "relation": project.names.get(column.relation, column.relation),
        "column": column.name,
    }
