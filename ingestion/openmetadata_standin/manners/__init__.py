"""The manners of OpenMetadata's server that the stand-in copies, with the versions that have them.

To add a manner of another version: add an entry in one of the modules, a probe of the same name in
`openmetadata_standin.conformance`, and the code for `version.has(...)` in the stand-in.
"""

from __future__ import annotations

from openmetadata_standin.manners import of_lineage, of_reading, of_tests, of_writing
from openmetadata_standin.manners.manner import Manner

MANNERS: tuple[Manner, ...] = (
    *of_reading.MANNERS,
    *of_writing.MANNERS,
    *of_lineage.MANNERS,
    *of_tests.MANNERS,
)
