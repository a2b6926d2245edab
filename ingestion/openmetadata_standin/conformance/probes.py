"""All probes, in the order of their modules."""

from __future__ import annotations

from openmetadata_standin.conformance import (
    probes_of_lineage,
    probes_of_many,
    probes_of_patches,
    probes_of_puts,
    probes_of_reading,
    probes_of_refusals,
    probes_of_removal,
    probes_of_tests,
)
from openmetadata_standin.conformance.probe import Probe, probes_in

_MODULES = (
    probes_of_reading,
    probes_of_many,
    probes_of_puts,
    probes_of_patches,
    probes_of_refusals,
    probes_of_removal,
    probes_of_lineage,
    probes_of_tests,
)
PROBES: tuple[Probe, ...] = tuple(probe for module in _MODULES for probe in probes_in(module))
