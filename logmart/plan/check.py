"""Lints the tracking plan: `logmart plan check [--against FILE_OR_FOLDER]`.

Each printed line names the file, the node, the fault and the remedy. With --against, a changed type
of a property is a fault too; the option takes dbt's manifest of the main branch, a folder that
holds it, or a checkout of the project. Exits with 1 when there is a fault.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
import yaml

from logmart.errors import CommandError
from logmart.landed.source_options import source_options
from logmart.options import PROJECT_FOLDER
from logmart.plan.entries import event_of, read_plan
from logmart.plan.grammar import PlannedEvent
from logmart.plan.rules import RULES, RULES_OF_A_BUILD, Fault, Project, type_changes


@click.command(help=__doc__)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="manifest.json of the main branch, or a folder.",
)
@PROJECT_FOLDER
def main(against: Path | None, project: Path) -> int:
    """Print the faults of the plan; return 1 when there are any."""
    planned = read_project(project)
    faults = check(planned)
    if against:
        faults += list(type_changes(planned, read_base(against)))
    for fault in faults:
        print(fault)
    properties = sum(len(event.properties) for event in planned.events)
    print(
        f"{len(planned.events)} events, {properties} properties:"
        f" {len(faults) or 'no'} fault{'' if len(faults) == 1 else 's'}"
    )
    return int(bool(faults))


def read_project(folder: Path) -> Project:
    """Read the plan of a project. Raises CommandError when the folder is not a project's."""
    try:
        settings = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
        groups = yaml.safe_load((folder / "models/groups.yml").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CommandError(
            f"{error.filename} is not there: is this the project's folder?"
        ) from error
    variables = settings["vars"]
    return Project(
        events=tuple(read_plan(folder)),
        groups=frozenset(str(group["name"]) for group in groups["groups"]),
        listed=tuple(
            (str(source), str(event))
            for source, events in variables["planned_events"].items()
            for event in events or ()
        ),
        models=frozenset(
            (path.parent.name, path.stem) for path in folder.glob("models/staging/*/stg_*.sql")
        ),
        personal_data_classes=frozenset(variables.get("personal_data_classes", ())) | {"none"},
        named_by_sender=frozenset(
            source for source, options in source_options(folder).items() if options.names_as_sent
        ),
    )


def read_base(path: Path) -> list[PlannedEvent]:
    """Return the plan of a manifest.json, of a folder that holds one, or of a project's checkout.

    Raises CommandError when there is none.
    """
    if path.is_dir() and (path / "dbt_project.yml").exists():
        return read_plan(path)
    manifest = path / "manifest.json" if path.is_dir() else path
    try:
        nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    except (FileNotFoundError, json.JSONDecodeError, KeyError) as error:
        raise CommandError(
            f"{manifest} is no manifest of dbt: make one on the main branch with `dbt parse`, and"
            " name it, its folder, or a checkout of the main branch with --against"
        ) from error
    return [
        event_of(node, file=Path(node["original_file_path"]))
        for node in nodes.values()
        if node["resource_type"] == "model" and "event" in node["config"].get("meta", {})
    ]


def check(project: Project) -> list[Fault]:
    """Return the faults of every rule, in the order of the rules."""
    return [fault for rule in RULES for fault in rule(project)]


def check_plan(folder: Path) -> None:
    """Raise CommandError when a project's plan has a fault that would break a build."""
    project = read_project(folder)
    faults = [fault for rule in RULES_OF_A_BUILD for fault in rule(project)]
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise CommandError(
            f"the tracking plan cannot be built: {faults[0]}{more} (`logmart plan check`)"
        )
