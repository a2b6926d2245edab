"""Checks names, and joins and splits fully qualified names (FQNs)."""

from __future__ import annotations

import re

from openmetadata_standin.errors import BadRequestError

MAX_NAME_LENGTH = 256
_ILLEGAL = re.compile(r'"|::|[\n\r\u0085\u2028\u2029]')


def check_name(name: str) -> None:
    """Raise BadRequestError when the local name of an entity is empty, longer than 256 characters,
    or holds a double quote, `::` or a line break.
    """
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        raise BadRequestError(f"[name size must be between 1 and {MAX_NAME_LENGTH}]")
    if _ILLEGAL.search(name):
        raise BadRequestError('[name must match "^((?!::).)*$" and hold no double quote]')


def quote_name(name: str) -> str:
    """Return the name in the form of an FQN: in double quotes when it holds a dot.

    Raises BadRequestError when the name itself holds a double quote.
    """
    if '"' in name:
        raise BadRequestError(f"Invalid name {name}")
    return f'"{name}"' if "." in name else name


def build_fqn(parent: str | None, name: str) -> str:
    """Return the FQN of `name` below `parent`, an FQN, or at the top when `parent` is None."""
    return quote_name(name) if parent is None else f"{parent}.{quote_name(name)}"


def parent_fqn(fqn: str) -> str:
    """Return the FQN without its last name, "" at the top."""
    parts = re.findall(r'"[^"]*"|[^.]+', fqn)
    return ".".join(parts[:-1])


def first_name(fqn: str) -> str:
    """Return the outermost name of an FQN, without quotes."""
    first: str = re.findall(r'"[^"]*"|[^.]+', fqn)[0]
    return first.strip('"')


def incidents_key(fqn: str) -> str:
    """Return the name under which the statuses of a test's incidents are stored."""
    return f"{fqn}/incidents"
