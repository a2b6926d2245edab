"""Reads the YAML files that people write, each described by a pydantic model."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from logmart.errors import CommandError


class Described(BaseModel):
    """A mapping in a file: a key that its model does not have is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# What pydantic calls these errors, and what is missing.
_NOT_OF_KIND = {"model_type": "mapping of keys to values", "tuple_type": "list"}
_Model = TypeVar("_Model", bound=Described)


def read_config_file(path: Path, model: type[_Model]) -> _Model:
    """Read a file that a model describes; where there is none, its defaults hold.

    Raises CommandError, naming the file, the key and the remedy, for what the model does not take.
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
    """Return a hint at what a misspelt word was meant to be."""
    close = difflib.get_close_matches(word, known, 1)
    return f"did you mean {close[0]}?" if close else f"write one of {', '.join(known)}"


def _sentence(error: ValidationError, model: type[BaseModel]) -> str:
    """Return the first thing that is wrong, as a sentence."""
    first = error.errors(include_url=False)[0]
    place = first["loc"]
    key = "".join(f"[{one + 1}]" if isinstance(one, int) else f".{one}" for one in place)
    if first["type"] == "extra_forbidden":
        known = list(_model_at(model, place[:-1]).model_fields)
        return f"unknown key {key[1:]}; {did_you_mean(str(place[-1]), known)}"
    what = key[1:] or "the file"
    if first["type"] in _NOT_OF_KIND:
        return f"{what} is no {_NOT_OF_KIND[first['type']]}"
    if first["type"] == "value_error":
        return f"{what}: {first['msg'].removeprefix('Value error, ')}"
    return f"{what} is {first['input']!r}: {first['msg'].replace('Input', 'it')}"


def _model_at(model: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel]:
    """Return the model of the mapping at a place below another's."""
    for one in place:
        if isinstance(one, str):
            annotation = model.model_fields[one].annotation
            inner = [annotation, *getattr(annotation, "__args__", ())]
            model = next(it for it in inner if isinstance(it, type) and issubclass(it, BaseModel))
    return model
