"""Descriptions that a column has of the one it copies. Pure functions."""

from __future__ import annotations

import re

INHERITED = re.compile(r"\n\n\*Inherited from `[^\n]*`\.\*\Z")


def is_inherited(description: str) -> bool:
    """Whether a description is another column's, as `with_inherited` leaves it."""
    return bool(INHERITED.search(description))
