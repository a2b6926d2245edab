"""Reads the file of the bank that an address book is filled from.

Each line is a JSON object: `userId`, and maybe `pushToken`, `phone` (as +821012345678) and
`timeZone`. A name that ends in .gz is unpacked. No error shows a value.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from logmart.errors import CommandError

_KEYS = frozenset({"userId", "pushToken", "phone", "timeZone"})
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST = 4_096


@dataclass(frozen=True)
class Address:
    """A user of the bank, and where messages reach the user."""

    user_id: str = field(repr=False)
    push_token: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    time_zone: str | None


def read_addresses(path: Path) -> list[Address]:
    """Return the users of a file. Raises CommandError that names the line."""
    addresses: list[Address] = []
    lines_of: dict[str, int] = {}
    known = available_timezones()
    for number, line in enumerate(_lines(path), 1):
        try:
            address = _address(json.loads(line), known)
        except ValueError as error:
            why = "it is no JSON" if isinstance(error, json.JSONDecodeError) else str(error)
            raise CommandError(f"{path}, line {number}: {why}; nothing is written") from None
        first = lines_of.setdefault(address.user_id, number)
        if first != number:
            raise CommandError(
                f"{path}, line {number}: the user of line {first} again; nothing is written"
            )
        addresses.append(address)
    if not addresses:
        raise CommandError(f"{path} has no line: nothing is written")
    return addresses


def _lines(path: Path) -> Iterator[str]:
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read ({type(error).__name__})") from None
    yield from text.splitlines()


def _address(given: Any, time_zones: set[str]) -> Address:
    """Return a line's address. Raises ValueError, which names the key and no value."""
    if not isinstance(given, dict):
        raise ValueError("it is no JSON object")
    if unknown := sorted(set(given) - _KEYS):
        raise ValueError(f"there are other keys than {', '.join(sorted(_KEYS))} ({len(unknown)})")
    for key, value in given.items():
        if value is not None and (not isinstance(value, str) or not 0 < len(value) <= _LONGEST):
            raise ValueError(f"{key} is no text")
    phone, time_zone = given.get("phone"), given.get("timeZone")
    if not given.get("userId"):
        raise ValueError("userId is not there")
    if phone and not _PHONE.fullmatch(phone):
        raise ValueError("phone is not in the form of +821012345678")
    if time_zone and time_zone not in time_zones:
        raise ValueError("timeZone is none of the IANA database, such as Asia/Seoul")
    return Address(given["userId"], given.get("pushToken"), phone, time_zone)
