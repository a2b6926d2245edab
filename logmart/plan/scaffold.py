"""Scaffolds a planned event: `logmart plan event app.card_frozen --group payments`.

Writes the event's model, its entry in the tracking plan and its line in dbt_project.yml; for the
first event of a source, the plan file and the list too. Refuses an event that exists or has a
faulty name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import click
import yaml

from logmart.errors import CommandError
from logmart.landed.source_options import source_options
from logmart.options import PROJECT_FOLDER
from logmart.plan.entries import plan_file
from logmart.plan.entry_text import entry_text, flow_text, with_entries
from logmart.plan.grammar import PlannedEvent
from logmart.plan.rules import event_name_faults


@click.command(help=__doc__)
@click.argument("name", metavar="SOURCE.EVENT_NAME")
@click.option("--group", required=True, help="The event's owner: a group of models/groups.yml.")
@click.option("--description", default="", help="What happened, and when the event is fired.")
@PROJECT_FOLDER
def main(name: str, group: str, description: str, project: Path) -> int:
    """Write the event's files and say what to do next."""
    source, _, event_name = name.partition(".")
    event = PlannedEvent(source, event_name, description=description, owner=group)
    for path, text in new_event_files(project, [event], {}).items():
        path.write_text(text, encoding="utf-8")
        print(f"Wrote {path.relative_to(project)}")
    todo = "its properties" if description else "its description and its properties"
    print(f"Now write {todo} in {plan_file(source)}, then: logmart plan check")
    return 0


def new_event_files(
    project: Path, events: list[PlannedEvent], changed: Mapping[Path, str]
) -> dict[Path, str]:
    """Return the texts of the files that new events need: models, plan entries, dbt_project.yml.

    `changed` holds new texts of files that are not written yet; additions to these files start from
    these texts. Raises CommandError for an event that exists, that is misnamed, or whose source or
    group is unknown.
    """
    settings = project / "dbt_project.yml"
    written = {settings: changed.get(settings) or _text(settings)}
    groups = known_groups(project)
    for event in events:
        _check(project, event, groups)
        written[project / f"models/staging/{event.source}/{event.model_name}.sql"] = model_text(
            event.name
        )
        plan = project / plan_file(event.source)
        text = written.get(plan) or changed.get(plan) or _plan_text(plan)
        written[plan] = with_entries(text, {event.model_name: entry_text(event)})
        written[settings] = with_listed_event(written[settings], event.source, event.name)
    return written


def model_text(event_name: str) -> str:
    """Return the SQL of an event's model."""
    quoted = event_name.replace("\\", "\\\\").replace("'", "\\'")
    return f"{{{{ planned_event('{quoted}') }}}}\n"


def known_groups(project: Path) -> set[str]:
    """Return the names of the groups in models/groups.yml."""
    content = yaml.safe_load(_text(project / "models/groups.yml"))
    return {str(group["name"]) for group in content["groups"]}


def with_listed_event(text: str, source: str, event: str) -> str:
    """Return the text of dbt_project.yml with the event at the end of its source's list.

    A source without a list gets one, after the others. Raises CommandError when the file has no
    `planned_events`.
    """
    lines = text.splitlines(keepends=True)
    start = next((n for n, line in enumerate(lines) if line.rstrip() == "  planned_events:"), -1)
    if start < 0:
        raise CommandError(
            "dbt_project.yml has no list `planned_events` below `vars`: write it as"
            " docs/bring-your-own-logs.md says"
        )
    end = start + 1
    while end < len(lines) and re.match(r"    |\s*$", lines[end]):
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    heading = f"    {source}:"
    item = f"      - {flow_text(event)}\n"
    first = next((n for n in range(start + 1, end) if lines[n].rstrip() == heading), -1)
    if first < 0:
        return "".join([*lines[:end], f"{heading}\n{item}", *lines[end:]])
    last = first
    while last + 1 < len(lines) and re.match(r"      - \S", lines[last + 1]):
        last += 1
    return "".join([*lines[: last + 1], item, *lines[last + 1 :]])


def _check(project: Path, event: PlannedEvent, groups: set[str]) -> None:
    options = source_options(project).get(event.source)
    faults = list(event_name_faults(event.name))
    if faults and not (options and options.names_as_sent):
        raise CommandError(f"{event.source}.{event.name}: {faults[0]}")
    folder = project / "models/staging" / event.source
    if not event.source or not (folder / f"base_{event.source}__events.sql").exists():
        raise CommandError(
            f"there is no source '{event.source}' ({folder.relative_to(project)}): name one as in"
            " app.card_frozen, or add it as docs/bring-your-own-logs.md says"
        )
    if event.owner not in groups:
        raise CommandError(
            f"there is no group '{event.owner}': models/groups.yml has {', '.join(sorted(groups))}"
        )
    model = folder / f"{event.model_name}.sql"
    planned = yaml.safe_load(_text(project / "dbt_project.yml"))["vars"]["planned_events"]
    if model.exists() or event.name in (planned.get(event.source) or []):
        raise CommandError(f"{event.source}.{event.name} is planned already: {model.name}")


def _plan_text(plan: Path) -> str:
    """Return the text of a source's plan file; for its first event, that of a file without any."""
    return _text(plan) if plan.exists() else "version: 2\n\nmodels:\n"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CommandError(f"{path} is not there: is this the dbt project's folder?") from error
