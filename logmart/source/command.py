"""Adds a source of events from sample files: `logmart source add NAME --from FILE...`.

Reads JSON lines, tables (CSV, TSV), Parquet and access logs, gzip and zstd too; recognizes the
exports of GA4, Segment, RudderStack and Amplitude; proposes which field is which canonical column,
and a tracking plan with types, rules and classes of personal data. Prints the proposal, and when
you accept it, lands the files and writes the source's folder and its lists in dbt_project.yml. For
a source that the project has, it proposes only what is new.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import yaml

from logmart.errors import CommandError
from logmart.options import PROJECT_FOLDER
from logmart.plan.scaffold import known_groups
from logmart.settings import settings
from logmart.source.folder import folder_texts, known_options, with_time_zone
from logmart.source.growth import Terms, grown_texts
from logmart.source.landing import land, landing_paths
from logmart.source.presets import PRESETS
from logmart.source.proposal import Arrival, Choices, propose
from logmart.source.review import review
from logmart.source.sample import read_sample


@dataclass(frozen=True)
class Request:
    """The options of the command."""

    name: str
    files: tuple[Path, ...]
    project: Path
    preset: str | None
    fields: tuple[str, ...]
    event: str
    only: str
    times_in: str
    time_zone: str
    key: str | None
    group: str
    with_rules: bool
    alone: bool
    dry_run: bool
    yes: bool

    def choices(self) -> Choices:
        """Return what the options say of the lines. Raises CommandError."""
        return Choices(
            preset=self.preset or "",
            fields=_fields(self.fields),
            event=self.event,
            times_in=_zone(self.times_in) if self.times_in else "",
            only=frozenset(part.strip() for part in self.only.split(",") if part.strip()),
            key=self.key or "",
        )


@click.command(help=__doc__)
@click.argument("name")
@click.option(
    "--from",
    "files",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="A file of the log. Further files: further names, or the option again.",
)
@click.argument("more_files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--preset", type=click.Choice([*PRESETS, "none"]), help="Default: recognized.")
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="The field of a canonical column, as in user_id=account.id.",
)
@click.option("--event", default="", help="One event name for all rows.")
@click.option("--only", default="", metavar="NAMES", help="Plan these properties alone.")
@click.option(
    "--times-in",
    default="",
    metavar="ZONE",
    help="Zone of times without an offset; default: UTC, for dates alone the business time zone.",
)
@click.option("--time-zone", default="", help="Business time zone of the project.")
@click.option(
    "--key",
    type=click.Choice(["line", "content"]),
    help="Key of a log without ids: file and line (the default), or its content, for an export"
    " that repeats earlier rows.",
)
@click.option("--group", default="engagement", show_default=True, help="Owner of the events.")
@click.option("--with-rules", is_flag=True, help="Write the proposed rules into the plan.")
@click.option("--alone", is_flag=True, help="Do not add the source to `sources`.")
@click.option("--dry-run", is_flag=True, help="Show the proposal and write nothing.")
@click.option("--yes", is_flag=True, help="Accept the proposal without being asked.")
@PROJECT_FOLDER
def main(files: tuple[Path, ...], more_files: tuple[Path, ...], **options: Any) -> int:
    """Propose a source, and write it when the proposal is accepted."""
    request = Request(files=(*files, *more_files), **options)
    _check_group(request)
    variables = _variables(request.project)
    today = _today(variables)
    if known_options(request.project, request.name):
        arrival = Arrival(today, int(variables["horizon_days"]))
        zone = str(variables["business_time_zone"])
        terms = Terms(request.group, request.with_rules, arrival, zone)
        texts, report = grown_texts(request.name, request.project, request.files, terms)
    else:
        texts, report = _new_source(request, variables, today)
    print(report)
    places = landing_paths(settings().landing, request.name, request.files, today)
    if not texts and not places:
        print("Nothing is new.")
    elif _is_accepted(request, texts, places):
        _write(texts, places, request.project)
        _say_next(request, _variables(request.project))
    return 0


def _new_source(
    request: Request, variables: dict[str, Any], today: date
) -> tuple[dict[Path, str], str]:
    """Return the texts of the files of a new source, and the proposal as a table."""
    zone = _business_zone(request, str(variables["business_time_zone"]))
    choices = replace(request.choices(), business_zone=zone)
    sample = read_sample(request.files)
    horizon = int(variables["horizon_days"])
    proposal = propose(request.name, sample, choices, Arrival(today, horizon))
    texts = folder_texts(
        request.project,
        proposal,
        request.group,
        has_rules=request.with_rules,
        is_listed=not request.alone,
    )
    if zone != variables["business_time_zone"]:
        path = request.project / "dbt_project.yml"
        texts[path] = with_time_zone(texts[path], zone)
    return texts, review(proposal, zone)


def _fields(given: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    fields = {}
    for each in given:
        column, _, path = each.partition("=")
        if not path:
            raise CommandError(f"--field {each} is not like user_id=account")
        fields[column] = tuple(path.split("."))
    return fields


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CommandError(f"'{name}' is no time zone: write it like Asia/Seoul") from error
    return name


def _business_zone(request: Request, present: str) -> str:
    """Return the business time zone: the option, else the answer, else the project's."""
    if request.time_zone:
        return _zone(request.time_zone)
    if request.yes or request.dry_run or not sys.stdin.isatty():
        return present
    return _zone(str(click.prompt("Business dates are days in the time zone", default=present)))


def _check_group(request: Request) -> None:
    groups = known_groups(request.project)
    if request.group not in groups:
        raise CommandError(
            f"there is no group '{request.group}': name one of {', '.join(sorted(groups))}"
        )


def _variables(project: Path) -> dict[str, Any]:
    text = (project / "dbt_project.yml").read_text(encoding="utf-8")
    variables: dict[str, Any] = yaml.safe_load(text)["vars"]
    return variables


def _today(variables: dict[str, Any]) -> date:
    given = variables.get("loader_date")
    return date.fromisoformat(str(given)) if given else datetime.now(UTC).date()


def _is_accepted(request: Request, texts: dict[Path, str], places: dict[Path, Path]) -> bool:
    landing = f"{len(places)} file{'' if len(places) == 1 else 's'} to land"
    print(f"\n{len(texts)} files of the project to write, {landing}.")
    if request.dry_run:
        print("Nothing is written (--dry-run).")
        return False
    if request.yes:
        return True
    if not sys.stdin.isatty():
        raise CommandError("nobody can be asked here: accept the proposal with --yes")
    return click.confirm("Write them?", default=False)


def _write(texts: dict[Path, str], places: dict[Path, Path], project: Path) -> None:
    """Land the files, then write the folder; dbt_project.yml, which switches it on, comes last."""
    try:
        land(places)
        for path, text in sorted(texts.items(), key=lambda item: item[0].name == "dbt_project.yml"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"a file cannot be written: {error}") from error
    for place in places.values():
        print(f"Landed {place}")
    for path in sorted(texts):
        print(f"Wrote {path.relative_to(project)}")


def _say_next(request: Request, variables: dict[str, Any]) -> None:
    others = [source for source in variables["sources"] if source != request.name]
    missing = [each for each in others if not (settings().landing / each).exists()]
    is_listed = request.name in variables["sources"] and not missing
    print(f"Now build: .venv/bin/logmart mart build{'' if is_listed else ' --sources '}", end="")
    print("" if is_listed else request.name)
