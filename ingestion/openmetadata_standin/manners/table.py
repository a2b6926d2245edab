"""Renders the README's table of manners."""

from __future__ import annotations

from openmetadata_standin.manners import MANNERS
from openmetadata_standin.manners.manner import Manner
from openmetadata_standin.manners.versions import SERIES

_HEAD = f"| manner | | {' | '.join(SERIES)} | test |\n|{'---|' * (len(SERIES) + 3)}\n"


def manner_table() -> str:
    """Return the table: a row for each manner, with the evidence on each version and the test."""
    return _HEAD + "\n".join(_row(manner) for manner in MANNERS) + "\n"


def _row(manner: Manner) -> str:
    known = [manner.known[one].value if one in manner.known else "no" for one in SERIES]
    return f"| `{manner.name}` | {manner.sentence} | {' | '.join(known)} | `{manner.test}` |"
