"""Writes `quality_results.json` beside dbt's artifacts: the newest results of the checks that are
no tests of dbt, the files in quarantine and the open incidents. The catalog sync publishes it.

It holds counts, names and times: no value of a row, no row's key, no name of a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from logmart.dbt.manifest import write_json
from logmart.operations.landing import utc_text
from logmart.operations.quality_results.anomaly_stage import anomaly_checks
from logmart.operations.quality_results.build import ReadBuild
from logmart.operations.quality_results.check import CatalogCheck
from logmart.operations.quality_results.incidents import with_incidents
from logmart.operations.quality_results.raw_stage import (
    quarantine_checks,
    quarantined_files,
    raw_checks,
)

QUALITY_RESULTS = "quality_results.json"
SCHEMA_VERSION = "logmart/quality_results/v1"


@dataclass(frozen=True)
class QualityResults:
    """The checks of a build by node and name, and counts of what is about no table."""

    checks: Sequence[CatalogCheck]
    left_out: dict[str, int]

    def sentence(self, path: Path) -> str:
        """Return them as a line to print, with the file that holds them."""
        statuses = Counter(check.status for check in self.checks)
        said = [f"{statuses[word]:,} {word}" for word in ("failed", "error") if statuses[word]]
        return ", ".join([f"{len(self.checks):,} checks for the catalog", *said]) + f": {path}"


def quality_results(build: ReadBuild) -> QualityResults:
    """Return the checks of a build. Without records of operations, they are of the anomaly stage.

    Raises duckdb.Error when the build lacks a table that they are read from.
    """
    checks = list(anomaly_checks(build))
    left_out: dict[str, int] = {}
    if "incidents" in build.tables:
        files = quarantined_files(build)
        checks += [*raw_checks(build), *quarantine_checks(build, files)]
        checks, left_out = with_incidents(build, checks, files)
    return QualityResults(sorted(checks, key=lambda check: (check.node, check.name)), left_out)


def write_quality_results(build: ReadBuild, target_path: Path) -> str:
    """Write the file in the folder of a build's dbt artifacts, in one atomic step; return a line.

    Raises duckdb.Error when the build lacks a table that the checks are read from.
    """
    results = quality_results(build)
    document = {
        "metadata": {"schema_version": SCHEMA_VERSION, "generated_at": utc_text(build.now)},
        "checks": [
            {name: value for name, value in asdict(check).items() if value}
            for check in results.checks
        ],
        "left_out": results.left_out,
    }
    path = target_path / QUALITY_RESULTS
    write_json(path, document)
    return results.sentence(path)
