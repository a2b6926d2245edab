"""Recognizes descriptions that a column inherited. Pure functions."""

from __future__ import annotations

import re

INHERITED = re.compile(r"\n\n\*Inherited from `[^\n]*`\.\*\Z")


def is_inherited(description: str) -> bool:
    """Whether a description was inherited: it ends in the note that `with_inherited` adds."""
    return bool(INHERITED.search(description))
