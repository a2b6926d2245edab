"""Runs dbt for the gate, on a given project, landing zone and database."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from logmart.dbt.run import invoke_dbt
from logmart.environment import changed_environment
from logmart.errors import CommandError
from logmart.landed.identifiers import KEY_VARIABLE

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# A sample holds no personal data. Its identifiers are hashed with a public key, so that another
# machine can build on its state. For any other logs landing_zone() requires a key.
SAMPLE_KEY = "the key of a sample, which is about nobody"
FAILED = frozenset({"error", "fail", "runtime error"})


@dataclass(frozen=True)
class Workplace:
    """The paths that dbt works with: the project's folder, the landing zone as the environment
    names it, the database file and the folder of artifacts.
    """

    project: Path
    landing: str
    database: Path
    target: Path


@dataclass(frozen=True)
class NodeResult:
    """The result of a node: dbt's unique id, status and message."""

    unique_id: str
    status: str
    message: str

    @property
    def kind(self) -> str:
        """Return the kind of node: model, test, ..."""
        return self.unique_id.partition(".")[0]

    @property
    def name(self) -> str:
        """Return the node's name; for a unit test, with the name of its model."""
        parts = self.unique_id.split(".")
        return "::".join(parts[2:]) if self.kind == "unit_test" else parts[2]


def id_key() -> str:
    """Return the key that identifiers are hashed with."""
    return os.environ.get(KEY_VARIABLE) or SAMPLE_KEY


def run_dbt(workplace: Workplace, verb: str, arguments: list[str]) -> list[NodeResult]:
    """Run a dbt command; return the result of each node, also of failed nodes.

    Raises CommandError when dbt itself stopped, for example on a project that it cannot parse, or
    failed without a node that did.
    """
    common = ["--project-dir", str(workplace.project)]
    common += ["--profiles-dir", str(workplace.project / "profiles")]
    common += ["--target-path", str(workplace.target.resolve())]
    common += ["--log-path", str(workplace.target.resolve() / "logs")]
    environment = {
        "LOGMART_LANDING": workplace.landing,
        "LOGMART_DATABASE": str(workplace.database),
        "LOGMART_PROJECT": str(workplace.project),
        KEY_VARIABLE: id_key(),
    }
    with changed_environment(environment):
        invoked = invoke_dbt(verb, ["--log-level-file", "none", *arguments, *common])
    if invoked.exception is not None:
        raise CommandError(
            f"dbt {arguments[0]} stopped in {workplace.project}: {invoked.exception}"
        )
    results = [
        NodeResult(
            result.node.unique_id, str(result.status), _COLOURS.sub("", str(result.message or ""))
        )
        for result in getattr(invoked.result, "results", None) or ()
        if hasattr(result, "status")
    ]
    if not (invoked.success or any(result.status in FAILED for result in results)):
        raise CommandError(f"dbt {arguments[0]} failed in {workplace.project} and named no node")
    return results
