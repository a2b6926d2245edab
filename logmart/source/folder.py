"""Writes the folder of a new source, as a person would: YAML, base models and events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from logmart.errors import CommandError
from logmart.landed.source_options import sources_file
from logmart.plan.entries import plan_file
from logmart.plan.entry_text import entry_text, flow_text, with_entries
from logmart.plan.event_names import event_models
from logmart.plan.grammar import PlannedEvent
from logmart.plan.scaffold import model_text, with_listed_event
from logmart.source.base_model import base_model, origin_texts
from logmart.source.plan_proposal import planned_event
from logmart.source.proposal import Proposal

_TEMPLATE = Path(__file__).parent / "templates" / "models.yml"


def folder_texts(
    project: Path, proposal: Proposal, group: str, *, has_rules: bool, is_listed: bool
) -> dict[Path, str]:
    """Return the texts of the files of a new source, by path.

    In: `group`, the owner of its events; `has_rules`, whether proposed rules are written;
    `is_listed`, whether the source joins `sources`, from which every build is made. Raises
    CommandError when the project has such a source, or no such group.
    """
    source = proposal.source
    folder = project / "models/staging" / source
    if folder.exists():
        raise CommandError(
            f"{folder.relative_to(project)} is there and is no source of events: name the new"
            " source otherwise"
        )
    settings = project / "dbt_project.yml"
    text = (
        _with_source(settings.read_text(encoding="utf-8"), source)
        if is_listed
        else (settings.read_text(encoding="utf-8"))
    )
    texts = {
        project / sources_file(source): _sources_yaml(proposal),
        folder / f"_{source}__models.yml": _models_yaml(proposal),
        folder / f"base_{source}__files.sql": f"{{{{ landed_files('{source}') }}}}\n",
        folder / f"base_{source}__events.sql": base_model(source, proposal.mapping),
        folder / f"stg_{source}__unplanned_events.sql": "{{ unplanned_events() }}\n",
    }
    events = [planned_event(source, each, group, has_rules=has_rules) for each in proposal.events]
    plan, settings_text = with_events("version: 2\n\nmodels:\n", text, events, ())
    texts |= {project / plan_file(source): plan, settings: settings_text}
    for name, model in event_models(source, [event.name for event in events]).items():
        texts[folder / f"{model}.sql"] = model_text(name)
    return texts


def with_events(
    plan: str, settings: str, events: Iterable[PlannedEvent], listed: Iterable[str]
) -> tuple[str, str]:
    """Return the texts of a plan file and of dbt_project.yml with new events.

    In: `listed`, the events that the source has.
    """
    added = list(events)
    for event in added:
        names = [*listed, *(each.name for each in added)]
        model = event_models(event.source, names)[event.name]
        entry = entry_text(event).replace(f"- name: {event.model_name}\n", f"- name: {model}\n", 1)
        plan = with_entries(plan, {model: entry})
        settings = with_listed_event(settings, event.source, event.name)
    return plan, settings


def _with_source(text: str, source: str) -> str:
    """Return the text of dbt_project.yml with a source in its list. Raises CommandError."""
    line = re.search(r"^  sources: \[(.*)\]$", text, re.MULTILINE)
    if line is None:
        raise CommandError(
            "dbt_project.yml has no line `  sources: [...]` below vars: write the list on one line"
        )
    names = [name.strip() for name in line[1].split(",") if name.strip()]
    if source in names:
        return text
    return f"{text[: line.start(1)]}{', '.join([*names, source])}{text[line.end(1) :]}"


def with_time_zone(text: str, time_zone: str) -> str:
    """Return the text of dbt_project.yml with another business time zone."""
    return re.sub(
        r"^  business_time_zone: .*$",
        f"  business_time_zone: {time_zone}",
        text,
        flags=re.MULTILINE,
    )


def option_lines(proposal: Proposal) -> dict[str, object]:
    """Return the options of the source that its YAML sets, in their order."""
    options = proposal.options
    given: dict[str, object] = {}
    if options.format != "json":
        given["format"] = options.format
    if options.format == "csv" and options.delimiter != ",":
        given["delimiter"] = options.delimiter
    if options.columns:
        given["columns"] = list(options.columns)
    if options.typed_as_text:
        given["typed_as_text"] = True
    if options.time_zone:
        given["time_zone"] = options.time_zone
    if options.history_until:
        given["history_until"] = options.history_until
    if options.key == "content":
        given["key"] = options.key
    if options.session_property:
        given["session_property"] = options.session_property
    if options.names_as_sent:
        given["names_as_sent"] = True
    return given


def _sources_yaml(proposal: Proposal) -> str:
    source = proposal.source
    options = "".join(
        f"            {key}: {flow_text(value)}\n" for key, value in option_lines(proposal).items()
    )
    preset = f"            preset: {proposal.preset.name}\n" if proposal.preset else ""
    fields = "".join(
        f"              {name}: {flow_text(text)}\n"
        for name, text in origin_texts(proposal.mapping).items()
    )
    form = {
        "json": "JSON lines, one event a line",
        "csv": "a table, one event a row",
        "columns": "Parquet with columns, one event a row",
        "access_log": "the combined log format, one request a line",
    }[proposal.sample.format]
    return f"""version: 2

sources:
  - name: {source}
    description: Events of {source}.
    config:
      enabled: "{{{{ '{source}' in var('sources') }}}}"
    tables:
      - name: events
        description: Landed files of {form} (`{source}/dt=YYYY-MM-DD/`).
        config:
          meta:
            external_location: "{{{{ env_var('LOGMART_LANDING', 'data/landing') }}}}/{source}/**/*"
{options}{preset}            # Where the base model takes the canonical columns from.
            fields:
{fields}        columns:
          - name: line
            data_type: varchar
            description: One event, as it landed; a row of a table as a JSON object.
          - name: filename
            data_type: varchar
            description: "{{{{ doc('landed_path') }}}}"
          - name: size
            data_type: bigint
            description: "{{{{ doc('landed_size') }}}}"
"""


def _models_yaml(proposal: Proposal) -> str:
    return _TEMPLATE.read_text(encoding="utf-8").replace("SOURCE", proposal.source)


def known_options(project: Path, source: str) -> Mapping[str, object]:
    """Return config.meta of a source's table of events; empty for a new source.

    Raises CommandError for a text that is no name of a source, and for a source that was written by
    hand: only its base model says how a line is read.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", source):
        raise CommandError(f"'{source}' is no name of a source: write it like web_shop")
    path = project / sources_file(source)
    if not path.exists():
        return {}
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for table in content["sources"][0]["tables"]:
        if table["name"] == "events":
            meta: Mapping[str, object] = table["config"]["meta"]
            if "fields" not in meta:
                raise CommandError(
                    f"the source {source} was written by hand: land its files yourself, and plan"
                    f" new events with `logmart plan event {source}.<event>`"
                )
            return meta
    return {}
