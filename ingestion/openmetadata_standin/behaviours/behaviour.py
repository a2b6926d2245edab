"""A behaviour of a server: a sentence, the versions that have it, and the evidence for each."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

BEHAVIOUR_TESTS = "test_manners.py"


class Evidence(enum.Enum):
    """The evidence for a behaviour on a version."""

    TRIED = "tried"
    READ = "read"
    ASSUMED = "assumed"


@dataclass(frozen=True, eq=False)
class Behaviour:
    """One behaviour: its name, a sentence, and the evidence for each version that has it.

    A version that is not in `known` does not have the behaviour. `test` is the test in
    `tests/standin` that covers it: by default the one that runs the probe of the same name.
    """

    name: str
    sentence: str
    known: Mapping[str, Evidence]
    test: str = BEHAVIOUR_TESTS


_TRIED, _READ, _ASSUMED = Evidence.TRIED, Evidence.READ, Evidence.ASSUMED

# The combinations of versions and evidence.
EVERYWHERE = {"1.2": _TRIED, "1.12": _TRIED, "2.0": _ASSUMED}
READ_EVERYWHERE = {"1.2": _READ, "1.12": _TRIED, "2.0": _READ}
SINCE_1_12 = {"1.12": _TRIED, "2.0": _ASSUMED}
READ_ALL = {"1.2": _READ, "1.12": _READ, "2.0": _READ}
READ_SINCE_1_12 = {"1.12": _TRIED, "2.0": _READ}
ONLY_READ_SINCE_1_12 = {"1.12": _READ, "2.0": _READ}
ONLY_1_12 = {"1.12": _TRIED}
ONLY_1_2 = {"1.2": _TRIED}
ONLY_2_0 = {"2.0": _READ}
READ_ON_1_12 = {"1.2": _ASSUMED, "1.12": _READ, "2.0": _ASSUMED}
READ_ON_1_12_AND_LATER = {"1.12": _READ, "2.0": _ASSUMED}
NOT_ON_1_12 = {"1.2": _TRIED, "2.0": _READ}
READ_BUT_NOT_ON_1_12 = {"1.2": _READ, "2.0": _READ}
