"""Builds, tests, documents and publishes the mart: `logmart mart build`."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import duckdb

from logmart.dbt import full_refresh
from logmart.dbt.run import run_dbt
from logmart.errors import CommandError
from logmart.landed.duckdb_plugin import check_key
from logmart.landed.identifiers import KEY_FILE, KEY_VARIABLE, IdKeyError, load_id_key
from logmart.landed.source_options import SourceOptions, source_options
from logmart.mart.build_options import BuildOptions, build_options
from logmart.mart.changed_build import build_changed
from logmart.mart.continued_build import continue_build, variables_of
from logmart.mart.erasure import finish_erasure
from logmart.mart.landed_outcomes import read_outcomes
from logmart.mart.load_in_parts import build_in_parts, loaded_in
from logmart.mart.preflight import check_build
from logmart.mart.publish import publish
from logmart.mart.stale_stamp import published_date
from logmart.policies.build_decisions import decide_on_build
from logmart.policies.decisions import refuse_broken
from logmart.settings import PROJECT, landed_sources, settings


@click.command(help=__doc__)
@build_options
@click.option(
    "--continue",
    "continues",
    is_flag=True,
    help="Go on from the failed nodes of the last build, with its variables.",
)
@click.option(
    "--run-all", is_flag=True, help="Run all models and tests, also those that cannot differ."
)
@click.option(
    "--ledger-until",
    metavar="MOMENT",
    help="UTC moment up to which the SLA ledger judges; default: the last operations record's.",
)
def main(build: BuildOptions, continues: bool, run_all: bool, ledger_until: str | None) -> int:
    """Build, or raise CommandError with nothing published."""
    clock = {"ledger_until": ledger_until} if ledger_until else {}
    options = replace(build, chosen=build.chosen | clock)
    build_mart(options, continues=continues, runs_all=run_all)
    return 0


def build_mart(options: BuildOptions, *, continues: bool = False, runs_all: bool = False) -> None:
    """Build, test, document and publish, or raise CommandError with nothing published.

    In: `continues`, whether to go on from the failed nodes of the last build; `runs_all`, whether
    to run the nodes too whose code and inputs are those of the last build.
    Raises CommandError after publishing, too, when all lines of a source were rejected for one
    reason.
    """
    if continues:
        options = replace(options, chosen=variables_of(options.target_path))
    paths = settings()
    chosen, variables = options.chosen, options.variables
    landed = landed_sources(variables)
    check_build(paths, variables)
    if finish_erasure(paths, options.target_path):
        print("An interrupted erasure is finished first", flush=True)
    key_notice = _check_key(paths.database)

    given = ["--vars", json.dumps(chosen)] if chosen else []
    common = ["--target-path", str(options.target_path), *given]
    started = time.monotonic()
    print(f"Building {paths.database} from {paths.landing} ({', '.join(landed)})", flush=True)
    if key_notice:
        print(key_notice, flush=True)
    code_hash = ""
    try:
        if continues:
            continue_build(options.target_path)
        elif variables["load_at_most_mib"]:
            _build_in_parts(options, common, paths.database)
        else:
            code_hash = build_changed(paths, options, common, runs_all=runs_all)
    except CommandError:
        if (options.target_path / "run_results.json").exists():
            decide_on_build(options.target_path)
        raise
    refuse_broken(decide_on_build(options.target_path), "nothing is published")
    run_dbt("documented", ["docs", "generate", "--no-compile", *common])
    if not full_refresh.holds(options.target_path, code_hash):
        run_dbt("compiled", [*full_refresh.compile_beside(options.target_path), *given])
        full_refresh.mark(options.target_path, code_hash)
    print(f"Built and tested in {time.monotonic() - started:.0f} s", flush=True)
    all_outcomes = read_outcomes(paths.database)
    declared = source_options(PROJECT)
    for outcomes in all_outcomes:
        print("\n".join(outcomes.sentences()), flush=True)
        history = declared.get(outcomes.source, SourceOptions()).history_until
        if history:
            print(f"    history: no event of a file that landed up to {history} is too late")
    publication = publish(paths.database, paths.published, options.target_path)
    data_date = published_date(paths.published)
    zone = variables["business_time_zone"]
    dated = f", complete up to {data_date} in {zone}" if data_date else ""
    print(f"{publication.sentence()}{dated}", flush=True)
    refusals = [text for text in (each.refusal() for each in all_outcomes) if text]
    if refusals:
        raise CommandError("; ".join(refusals))


def _build_in_parts(options: BuildOptions, common: list[str], database: Path) -> None:
    load_at_most_mib = options.variables["load_at_most_mib"]

    def build(stage: str, arguments: Sequence[str]) -> None:
        print(f"{stage}, by {load_at_most_mib} MiB of each source's files", flush=True)
        run_dbt("built", ["build", *common, *arguments])

    is_whole = options.full_refresh
    build_in_parts(build, lambda: loaded_in(database), load_at_most_mib, is_full_refresh=is_whole)


def _check_key(database: Path) -> str:
    """Check the key of the database; return a notice when the key is a generated one, else "".

    Raises CommandError.
    """
    is_new = not (database.parent / KEY_FILE).exists()
    try:
        key = load_id_key(database)
        if database.exists():
            with duckdb.connect(str(database)) as connection:
                check_key(connection, key, database)
    except IdKeyError as error:
        raise CommandError(str(error)) from error
    if key.made_file is None:
        return ""
    key_kind = "a new random key" if is_new else "the random key"
    return f"Identifiers are hashed with {key_kind} of {key.made_file}: {KEY_VARIABLE} is not set"
