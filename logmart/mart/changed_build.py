"""Runs `dbt build` on the nodes whose code or inputs have changed since the last build.

manifest.json and run_results.json then describe all nodes: those that did not run have the compiled
SQL and the result of the build that ran them last.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dbt.contracts.graph.manifest import Manifest

from logmart.dbt.manifest import read_json, write_json
from logmart.dbt.run import run_dbt
from logmart.mart.build_options import BuildOptions
from logmart.mart.continued_build import RESULTS, complete_results
from logmart.mart.unchanged_nodes import Result, plan_build, record_build
from logmart.settings import Settings


def build_changed(
    paths: Settings, options: BuildOptions, arguments: list[str], *, runs_all: bool
) -> str:
    """Build; return a hash of the code of all nodes.

    In: dbt's arguments for target folder and variables; whether all nodes are to run.
    Raises CommandError when a node failed.
    """
    manifest: Manifest = run_dbt("parsed", ["parse", "--no-write-json", *arguments])
    document = manifest.writable_manifest().to_dict(omit_none=False)
    runs_all = runs_all or options.full_refresh
    plan = plan_build(paths, document, options.variables, runs_all=runs_all)
    if plan.unchanged:
        print(plan.sentence(), flush=True)
    path = options.target_path / RESULTS
    before = _invocation(path)
    refresh = ["--full-refresh"] if options.full_refresh else []
    try:
        run_dbt("built", ["build", *arguments, *refresh], left_out=plan.unchanged.keys())
    finally:
        if _invocation(path) != before:
            record_build(paths, plan, read_json(path)["results"])
            complete_results(path, plan.unchanged.values())
            _complete_manifest(options.target_path / "manifest.json", plan.unchanged)
    return plan.code_hash


def _complete_manifest(path: Path, results: Mapping[str, Result]) -> None:
    """Give the nodes that did not run the SQL that an earlier build compiled."""
    manifest = read_json(path)
    for unique_id, result in results.items():
        node = manifest["nodes"].get(unique_id)
        if node and result.get("compiled"):
            node |= {"compiled": True, "compiled_code": result["compiled_code"]}
    write_json(path, manifest)


def _invocation(results: Path) -> str:
    """Return the id of the invocation that wrote run_results.json; "" without the file."""
    return str(read_json(results)["metadata"]["invocation_id"]) if results.exists() else ""
