"""Builds and tests the mart on a Trino server: `logmart trino build`.

It needs the landing zone and a running server, both named by the environment. It registers the
landed files with the server, then runs dbt with the target `trino`.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from dbt.cli.main import dbtRunner

from logmart.dbt.full_refresh import compile_beside
from logmart.dbt.run import run_dbt
from logmart.errors import CommandError
from logmart.mart.build_options import engine_options
from logmart.mart.load_in_parts import build_in_parts
from logmart.mart.preflight import check_landing_zone, check_planned_events
from logmart.plan.check import check_plan
from logmart.settings import PROJECT, project_variables, record_sources, settings
from logmart.trino.receive import id_key, receive, source_tables
from logmart.trino.server import (
    CATALOG,
    HEAP_VARIABLE,
    QueryError,
    Server,
    ask,
    configured_server,
    query_info,
)

# Silence its messages about a keyring, which is not used.
logging.getLogger("trino.auth").setLevel(logging.WARNING)
TARGET_PATH = Path("target/trino")
_DISK_REFUSES = re.compile("No space left on device|Disk quota exceeded|File too large")


def parsed_project(variables: Mapping[str, Any], target_path: Path = TARGET_PATH) -> Any:
    """Return dbt's manifest of the project for Trino. Raises CommandError."""
    arguments = ["parse", "--target", "trino", "--target-path", str(target_path)]
    arguments += _given(variables)
    result = dbtRunner().invoke(["--log-level", "none", *arguments])
    if not result.success:
        raise CommandError(f"dbt parse stopped: {result.exception}")
    return result.result


def build(
    server: Server,
    landing: Path,
    *,
    target_path: Path = TARGET_PATH,
    variables: Mapping[str, Any] | None = None,
    arguments: Sequence[str] = (),
) -> float:
    """Register the landed files, build and test. Raises CommandError that names the failed step.

    In: `variables`, those that override the project's; with `load_at_most_mib` lines are loaded in
    parts; `arguments`, further arguments of `dbt build`. Returns the seconds of the receive step.
    """
    try:
        ask(server, "select 1")
    except (OSError, QueryError) as error:
        raise CommandError(
            f"no Trino answers on 127.0.0.1:{server.port} ({error}): start one with"
            " `logmart trino up`"
        ) from error
    given = _given(variables or {})
    manifest = parsed_project(variables or {}, target_path)
    started = time.monotonic()
    files = receive(
        server,
        landing,
        source_tables(manifest),
        id_key(server),
        is_full_refresh="--full-refresh" in arguments,
    )
    received = time.monotonic() - started
    print(f"Received {len(files)} landed files in {received:.0f} s", flush=True)
    common = ["--target", "trino", "--target-path", str(target_path), *given]
    limit = (project_variables() | dict(variables or {}))["load_at_most_mib"]
    started = time.monotonic()
    try:
        if limit:
            _build_in_parts(server, [*common, *arguments], limit)
        else:
            run_dbt("built", ["build", *common, *arguments])
    except CommandError as error:
        raise CommandError(f"{error}{_remedy(server)}") from error
    print(f"Built and tested in {time.monotonic() - started:.0f} s", flush=True)
    return received


def _build_in_parts(server: Server, arguments: Sequence[str], load_at_most_mib: float) -> None:
    common = [argument for argument in arguments if argument != "--full-refresh"]

    def build(stage: str, more: Sequence[str]) -> None:
        print(f"{stage}, by {load_at_most_mib} MiB of each source's files", flush=True)
        run_dbt("built", ["build", *common, *more])

    def loaded_bytes() -> dict[str, int]:
        ledgers = ask(
            server,
            f"select table_schema || '.' || table_name from {CATALOG}.information_schema.tables"
            " where regexp_like(table_name, '^base_.*__files$')",
        )
        loaded = {}
        for (ledger,) in ledgers:
            total = ask(server, f"select coalesce(sum(size_bytes), 0) from {CATALOG}.{ledger}")
            loaded[str(ledger)] = int(str(total[0][0]))
        return loaded

    is_whole = "--full-refresh" in arguments
    build_in_parts(build, loaded_bytes, load_at_most_mib, is_full_refresh=is_whole)


def _remedy(server: Server) -> str:
    """Return a remedy when the last failed query lacked disk space or memory; else "".

    When the disk is full, a query's message says only that a file could not be closed; the reason
    is among its causes.
    """
    try:
        failed = [query for query in query_info(server) if query["state"] == "FAILED"]
        if not failed:
            return ""
        last = max(failed, key=lambda query: str(query["queryStats"]["createTime"]))
        details = query_info(server, f"query/{last['queryId']}")
    except OSError:
        return ""
    cause = details.get("failureInfo")
    if re.fullmatch("EXCEEDED_.*MEMORY_LIMIT", str((details.get("errorCode") or {}).get("name"))):
        return (
            f". One query took all the memory that the server gives it ({cause['message']}): start"
            f" the server with more, {HEAP_VARIABLE}=<n>G, and build again; the tables are"
            " unchanged"
        )
    while cause:
        if _DISK_REFUSES.search(str(cause.get("message"))):
            return (
                f". The server's disk takes no more ({cause['message']}): make room below"
                f" {server.folder} and build again; the tables are unchanged"
            )
        cause = cause.get("cause")
    return ""


def document(target_path: Path = TARGET_PATH, variables: Mapping[str, Any] | None = None) -> None:
    """Write the other artifacts that the catalog sync reads: dbt's catalog, and the SQL of a full
    refresh. Raises CommandError.
    """
    common = [*_given(variables or {}), "--target", "trino"]
    documented = ["--target-path", str(target_path)]
    run_dbt("documented", ["docs", "generate", "--no-compile", *common, *documented])
    run_dbt("compiled", [*compile_beside(target_path), *common])


def _given(variables: Mapping[str, Any]) -> list[str]:
    return ["--vars", json.dumps(dict(variables))] if variables else []


@click.command(help=__doc__)
@click.option(
    "--target-path",
    type=click.Path(path_type=Path),
    default=TARGET_PATH,
    show_default=True,
    help="Folder of dbt's artifacts.",
)
@engine_options
def main(target_path: Path, variables: dict[str, Any], full_refresh: bool) -> int:
    """Build, or raise CommandError."""
    all_variables = project_variables() | variables
    landing = settings().landing
    check_planned_events(all_variables["sources"], all_variables["planned_events"])
    check_plan(PROJECT)
    check_landing_zone(landing, [*all_variables["sources"], *record_sources(all_variables)])
    build(
        configured_server(),
        landing,
        target_path=target_path,
        variables=variables,
        arguments=["--full-refresh"] if full_refresh else [],
    )
    document(target_path, variables)
    return 0
