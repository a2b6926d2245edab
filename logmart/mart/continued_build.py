"""Continues a failed build from its failed nodes, with dbt's own `retry`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from logmart.dbt.manifest import read_json
from logmart.dbt.run import run_dbt
from logmart.errors import CommandError

_RESULTS = "run_results.json"


def variables_of(target_path: Path) -> dict[str, Any]:
    """Return the variables that the last build was given.

    Raises CommandError when the last command was no build.
    """
    arguments = read_json(target_path / _RESULTS)["args"]
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
    path = target_path / _RESULTS
    earlier = read_json(path)
    try:
        run_dbt("built", ["retry", "--target-path", str(target_path)])
    finally:
        later = read_json(path)
        if later["metadata"]["invocation_id"] != earlier["metadata"]["invocation_id"]:
            part = path.with_suffix(".part")
            part.write_text(json.dumps(whole_results(earlier, later)), encoding="utf-8")
            part.replace(path)


def whole_results(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Return the results of two invocations as one: the later one's, and those of nodes that only
    the earlier one ran.
    """
    again = {result["unique_id"] for result in later["results"]}
    kept = [result for result in earlier["results"] if result["unique_id"] not in again]
    return {**later, "results": [*kept, *later["results"]]}
