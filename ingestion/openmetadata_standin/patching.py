"""Restrictions and side effects of a PATCH."""

from __future__ import annotations

from typing import Any

from openmetadata_standin.behaviours.versions import ServerVersion
from openmetadata_standin.behaviours.writing import CONSTRAINTS_SORTED, DISPLAY_NAME_DENIED
from openmetadata_standin.errors import ForbiddenError
from openmetadata_standin.merging import Writer
from openmetadata_standin.models import Json

_SORTED = frozenset({"columns", "referredColumns"})


def check_allowed(version: ServerVersion, operations: Any, writer: Writer) -> None:
    """Raise ForbiddenError when a bot changes a display name, which its policy denies."""
    if not (writer.is_bot and version.has(DISPLAY_NAME_DENIED) and isinstance(operations, list)):
        return
    for operation in operations:
        if isinstance(operation, dict) and operation.get("path") == "/displayName":
            if operation.get("op") == "test":
                continue
            raise ForbiddenError(
                f"Principal: CatalogPrincipal{{name='{writer.name}'}} operation EditDisplayName"
                " denied by role IngestionBotRole, policy IngestionBotPolicy, rule"
                " DisplayName-Deny"
            )


def with_sorted_constraints(version: ServerVersion, document: Json) -> Json:
    """Return a document with the columns and the referred columns of its constraints sorted."""
    if "tableConstraints" not in document or not version.has(CONSTRAINTS_SORTED):
        return document
    constraints = [
        {key: sorted(value) if key in _SORTED else value for key, value in constraint.items()}
        for constraint in document["tableConstraints"]
    ]
    return {**document, "tableConstraints": constraints}
