"""Continues a failed build from its failed nodes, with dbt's own `retry`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from logmart.dbt.manifest import read_json, write_json
from logmart.dbt.run import run_dbt
from logmart.errors import CommandError

RESULTS = "run_results.json"


def variables_of(target_path: Path) -> dict[str, Any]:
    """Return the variables that the last build was given.

    Raises CommandError when the last command was no build.
    """
    arguments = read_json(target_path / RESULTS)["args"]
    if arguments["which"] != "build":
        raise CommandError(
            f"the last dbt command in {target_path} was `{arguments['which']}`: only a build can be"
            " continued"
        )
    return dict(arguments.get("vars") or {})


def continue_build(target_path: Path) -> None:
    """Run the nodes of the last build that failed or were skipped, with the build's variables.

    run_results.json then holds the results of the whole build: those of nodes that passed before,
    and the new ones. Raises CommandError when a node failed.
    """
    path = target_path / RESULTS
    earlier = read_json(path)
    try:
        run_dbt("built", ["retry", "--target-path", str(target_path)])
    finally:
        if read_json(path)["metadata"]["invocation_id"] != earlier["metadata"]["invocation_id"]:
            complete_results(path, earlier["results"])


def complete_results(path: Path, earlier_results: Iterable[Mapping[str, Any]]) -> None:
    """Add the results of nodes that only an earlier invocation ran to run_results.json."""
    later = read_json(path)
    again = {result["unique_id"] for result in later["results"]}
    kept = [result for result in earlier_results if result["unique_id"] not in again]
    write_json(path, {**later, "results": [*kept, *later["results"]]})
