"""The behaviours of OpenMetadata's server that the stand-in copies, and the versions with them.

To add a behaviour of another version, add an entry in one of the modules, a probe of the same name
in `openmetadata_standin.conformance`, and the code for `version.has(...)` in the stand-in.
"""

from __future__ import annotations

from openmetadata_standin.behaviours import lineage, reading, test_cases, writing
from openmetadata_standin.behaviours.behaviour import Behaviour

BEHAVIOURS: tuple[Behaviour, ...] = (
    *reading.BEHAVIOURS,
    *writing.BEHAVIOURS,
    *lineage.BEHAVIOURS,
    *test_cases.BEHAVIOURS,
)
