"""The manners of OpenMetadata's server that the stand-in copies, each a row, with the versions that
have it.

A next server's manners are added here: a row in one of the modules, a probe of its name in
`openmetadata_standin.conformance`, and what the server code does when the version has it.
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
