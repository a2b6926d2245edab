"""What a manner of a server is: a sentence, and on which versions it is known, and how."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

MANNER_TESTS = "test_manners.py"


class Evidence(enum.Enum):
    """How a manner is known on a version."""

    TRIED = "tried"
    READ = "read"
    ASSUMED = "assumed"


@dataclass(frozen=True, eq=False)
class Manner:
    """One manner: its name, a sentence, the versions that have it and how that is known there.

    A version that is not in `known` does not have the manner. `test` is the module of
    `tests/standin` that holds it: the probe of its name, unless it cannot be seen from outside.
    """

    name: str
    sentence: str
    known: Mapping[str, Evidence]
    test: str = MANNER_TESTS


_TRIED, _READ, _ASSUMED = Evidence.TRIED, Evidence.READ, Evidence.ASSUMED

# Who has a manner, in the combinations that occur.
EVERYWHERE = {"1.2": _TRIED, "1.12": _TRIED, "2.0": _ASSUMED}
READ_EVERYWHERE = {"1.2": _READ, "1.12": _TRIED, "2.0": _READ}
SINCE_1_12 = {"1.12": _TRIED, "2.0": _ASSUMED}
READ_SINCE_1_12 = {"1.12": _TRIED, "2.0": _READ}
ONLY_1_12 = {"1.12": _TRIED}
ONLY_1_2 = {"1.2": _TRIED}
ONLY_2_0 = {"2.0": _READ}
NOT_ON_1_12 = {"1.2": _TRIED, "2.0": _READ}
READ_BUT_NOT_ON_1_12 = {"1.2": _READ, "2.0": _READ}
