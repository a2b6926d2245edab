"""Applies JSON Patch (RFC 6902) like the server."""

from __future__ import annotations

from typing import Any

import jsonpatch
import jsonpointer

from openmetadata_standin.errors import BadRequestError, PatchFailedError
from openmetadata_standin.models import Json, without_nulls


def apply_patch(document: Json, operations: Any) -> Json:
    """Return the document with a JSON Patch applied, without nulls.

    Raises BadRequestError when the operations are no JSON Patch, PatchFailedError when an operation
    cannot be applied.
    """
    if not isinstance(operations, list) or not all(
        isinstance(operation, dict) for operation in operations
    ):
        raise BadRequestError("[body: must be a JSON Patch, a list of operations]")
    try:
        patched = jsonpatch.apply_patch(document, operations)
    except jsonpatch.InvalidJsonPatch as error:
        raise BadRequestError(f"[body: {error}]") from error
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise PatchFailedError(f"The JSON Patch cannot be applied: {error}") from error
    result: Json = without_nulls(patched)
    return result
