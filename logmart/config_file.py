"""Reads configuration files in YAML, each described by a pydantic model."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from logmart.errors import CommandError


class Described(BaseModel):
    """The base of the models: a key of the file that the model does not have is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# The kind of value that was expected, by pydantic's type of error.
_EXPECTED_KINDS = {"model_type": "mapping of keys to values", "tuple_type": "list"}
_Model = TypeVar("_Model", bound=Described)


def read_config_file(path: Path, model: type[_Model]) -> _Model:
    """Read a file that a model describes; a missing file gives the model's defaults.

    Raises CommandError for an invalid file, naming the file, the key and the remedy.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return model()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CommandError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    try:
        return model.model_validate({} if content is None else content)
    except ValidationError as error:
        raise CommandError(f"{path}: {_sentence(error, model)}") from error


def did_you_mean(word: str, known: list[str]) -> str:
    """Return a hint for a misspelt word: the closest known word, or else all known words."""
    close = difflib.get_close_matches(word, known, 1)
    return f"did you mean {close[0]}?" if close else f"write one of {', '.join(known)}"


def _sentence(error: ValidationError, model: type[BaseModel]) -> str:
    """Return the first validation error as a sentence."""
    first = error.errors(include_url=False)[0]
    place = first["loc"]
    key = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in place)
    if first["type"] == "extra_forbidden":
        known = list(_model_at(model, place[:-1]).model_fields)
        return f"unknown key {key[1:]}; {did_you_mean(str(place[-1]), known)}"
    subject = key[1:] or "the file"
    if first["type"] in _EXPECTED_KINDS:
        return f"{subject} is no {_EXPECTED_KINDS[first['type']]}"
    if first["type"] == "value_error":
        return f"{subject}: {first['msg'].removeprefix('Value error, ')}"
    return f"{subject} is {first['input']!r}: {first['msg'].replace('Input', 'it')}"


def _model_at(model: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel]:
    """Return the model that describes the mapping at a place within another model."""
    for step in place:
        if isinstance(step, str):
            annotation = model.model_fields[step].annotation
            inner = [annotation, *getattr(annotation, "__args__", ())]
            model = next(
                candidate
                for candidate in inner
                if isinstance(candidate, type) and issubclass(candidate, BaseModel)
            )
    return model
