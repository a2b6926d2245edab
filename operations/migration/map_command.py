"""Writes the mapping of a migration, or adds what is new at the source: `logmart migrate map`.

The first time, name the source (`--from KIND:VARIABLE`, where the environment variable holds the
address or the folder) and the target (`--to duckdb:PATH` or `--to landing:SOURCE`). Each table and
column of the source is proposed, with its type and key; names that look like personal data get the
class `personal`. A person reviews the file: a column that cannot be told exactly has no reason yet,
and until it has one no run starts. Later, only what is new is added, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click

from logmart.errors import CommandError
from operations.migration.landed_plan import planned_entities
from operations.migration.mapping import (
    DUCKDB,
    LANDING,
    SOURCE_KINDS,
    TARGET_KINDS,
    Mapping,
    Source,
    Target,
)
from operations.migration.mapping_edits import added_text, new_text
from operations.migration.mapping_file import MAPPING_FILE, draft_mapping, mapping_faults
from operations.migration.scaffold import Proposal, propose, refusal_of
from operations.migration.schema import SourceTable, schema_faults
from operations.migration.sources import open_source


@click.command("map", help=__doc__)
@click.option(
    "--mapping",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=MAPPING_FILE,
    show_default=True,
    help="The mapping to write.",
)
@click.option("--from", "source", metavar="KIND:VARIABLE", help="The source of a new mapping.")
@click.option("--schema", default="", help="Its schema, where it is not the default one.")
@click.option("--to", "target", metavar="KIND:PLACE", help="The target of a new mapping.")
def main(path: Path, source: str | None, schema: str, target: str | None) -> int:
    """Write the mapping; return 0."""
    if path.exists():
        if source or target or schema:
            raise CommandError(f"{path} names its source and target already: change them there")
        mapping = draft_mapping(path)
    else:
        mapping = _new_mapping(path, source, schema, target)
    landed = mapping.target.kind == LANDING
    entities = planned_entities(mapping.target.source) if landed else {}
    with closing(open_source(mapping)) as opened:
        found = opened.tables()
        proposal = propose(mapping, found, entities, refusal_of(opened.plan))
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if not proposal.is_empty:
        changed = added_text(text, proposal) if mapping.tables else new_text(mapping, proposal)
        _write(path, changed)
    print("\n".join([*_told(path, proposal), *_gone(mapping, found)]))
    return 0


def _new_mapping(path: Path, source: str | None, schema: str, target: str | None) -> Mapping:
    if not source or not target:
        raise CommandError(
            f"{path} is not there: name the source and the target of a new one, as in"
            " --from postgresql:OLD_DATABASE_URL --to duckdb:data/migrated.duckdb"
        )
    kind, _, variable = source.partition(":")
    if kind not in SOURCE_KINDS or not variable:
        raise CommandError(
            f"--from is {source}: write one of {', '.join(SOURCE_KINDS)}, a colon, and"
            " the name of an environment variable"
        )
    target_kind, _, place = target.partition(":")
    if target_kind not in TARGET_KINDS or not place:
        raise CommandError(f"--to is {target}: write duckdb:PATH or landing:SOURCE")
    is_file = target_kind == DUCKDB
    mapping = Mapping(
        Source(kind, variable, schema),
        Target(target_kind, path=place if is_file else "", source="" if is_file else place),
        (),
    )
    faults = mapping_faults(mapping)
    if faults:
        raise CommandError(faults[0])
    return mapping


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error}") from error


def _told(path: Path, proposal: Proposal) -> Iterator[str]:
    if proposal.is_empty:
        yield f"{path}: nothing is new at the source"
        return
    for proposed in proposal.tables:
        count = len(proposed.table.columns)
        yield f"added table {proposed.table.source}, {count} columns"
        yield from _comments(proposed.table.source, proposed.comments)
    for changed in proposal.columns:
        for column in changed.columns:
            yield f"added column {changed.table.source}.{column.source}, {column.type}"
        yield from _comments(changed.table.source, changed.comments)
    for exclusion in proposal.excluded:
        yield f"excluded {exclusion.name}: {exclusion.reason}"
    yield f"{path} written: review it"


def _comments(table: str, comments: dict[str, str]) -> Iterator[str]:
    for name, comment in comments.items():
        yield f"to decide: {table}.{name}: {comment}" if name else f"{table}: {comment}"


def _gone(mapping: Mapping, found: list[SourceTable]) -> Iterator[str]:
    for fault in schema_faults(mapping, found):
        if "no longer" in fault:
            yield f"{fault}: remove it from the mapping"
