"""Validates bodies with the official client's generated models.

Only the verdict is used, not the model's values: the client's models replace some characters while
they validate, and the server does not.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import types
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from openmetadata_standin.errors import ApiError, BadRequestError

Json = dict[str, Any]

_GENERATED = "metadata.generated.schema"


class InvalidAnswerError(ApiError):
    """An answer does not fit its own schema: a defect of the stand-in."""

    status = 500


def import_client_lightly() -> None:
    """Make the generated models importable without the rest of the client.

    The client's package imports its profiler, which takes some ten seconds and which the generated
    models do not need. Call this once, before the first model is used, in a process that uses no
    other part of the client. Raises ModuleNotFoundError when the client is not installed.

    The models then replace no characters: for each value that they hold, the client imports what
    it may have to replace, which takes longer than to validate it.
    """
    spec = importlib.util.find_spec("metadata")
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(
            "openmetadata-ingestion is not installed; install requirements.lock"
        )
    if "metadata" not in sys.modules:
        package = types.ModuleType("metadata")
        package.__path__ = list(spec.submodule_search_locations)
        package.__spec__ = spec
        sys.modules["metadata"] = package
    base = importlib.import_module("metadata.ingestion.models.custom_pydantic")
    base.transform_entity_names = _unchanged  # type: ignore[attr-defined]


def _unchanged(entity: BaseModel, model: type[BaseModel]) -> BaseModel:
    return entity


@cache
def model(path: str) -> type[BaseModel]:
    """Return a generated model by its path, `module:Class` below the generated schema."""
    module, _, name = path.partition(":")
    found = getattr(importlib.import_module(f"{_GENERATED}.{module}"), name)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise TypeError(f"{path} is not a model")
    return found


@cache
def field_names(path: str) -> frozenset[str]:
    """Return the JSON names of a model's fields."""
    return frozenset(field.alias or name for name, field in model(path).model_fields.items())


def check_request(path: str, body: object) -> Json:
    """Return the body without nulls once the request model has accepted it.

    In: the model's path and the parsed JSON body. Validation is strict: "5" is no number. Raises
    BadRequestError naming the first invalid field.
    """
    try:
        model(path).model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRequestError(f"[{where or 'body'}: {first['msg']}]") from error
    if not isinstance(body, dict):
        raise BadRequestError("[body: must be an object]")
    pruned: Json = without_nulls(body)
    return pruned


def check_answer(path: str, answer: Json, left_out: frozenset[str] = frozenset()) -> Json:
    """Return the answer if its model accepts it; raise InvalidAnswerError otherwise.

    In: `left_out`, the fields that may be missing although the model requires them, since the
    server sends them only on request.
    """
    try:
        model(path).model_validate(answer)
    except ValidationError as error:
        for problem in error.errors():
            if problem["type"] != "missing" or problem["loc"][0] not in left_out:
                raise InvalidAnswerError(f"the stand-in made an invalid {path}: {error}") from error
    return answer


def without_nulls(value: Any) -> Any:
    """Return a JSON value without the null members of its objects."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def without_empty(document: Json) -> Json:
    """Return the document without empty lists, which the server treats as absent."""
    return {key: value for key, value in document.items() if value != [] or key == "columns"}
