"""The plan as a spreadsheet and as YAML: a round trip changes nothing."""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from logmart.errors import CommandError
from logmart.plan.entries import event_of, read_plan
from logmart.plan.entry_text import entry_text, with_entries
from logmart.plan.grammar import COLUMNS, PlannedEvent, PlannedProperty
from logmart.plan.key_types import Deprecation, Scalar
from logmart.plan.rows import from_csv, to_csv
from logmart.plan.spreadsheet import import_file
from logmart.settings import PROJECT

# Texts as people write them: any script, quotes, line breaks, special characters of YAML and CSV.
_ANY = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=80
)
TEXTS = st.one_of(
    _ANY,
    st.sampled_from(["yes", "null", "1.0", "- x", "a: b", "#", "'", '"', "{{ doc('x') }}", "=1+1"]),
    st.text("ab ,;|:", max_size=150),
).map(str.strip)
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(_[a-z0-9]{1,8}){0,2}", fullmatch=True)
VERSION = st.lists(st.integers(0, 99), min_size=1, max_size=4).map(
    lambda parts: ".".join(map(str, parts))
)
VERSIONS = st.one_of(
    st.just(""),
    VERSION,
    st.dictionaries(st.sampled_from(["ios", "android", "web"]), VERSION, min_size=1).map(
        lambda versions: tuple(versions.items())
    ),
)
DEPRECATIONS = st.none() | st.builds(
    Deprecation,
    use=st.sampled_from(["transfer_sent", "use the new one", "a: b"]),
    since=VERSIONS,
    date=st.sampled_from(["", "2026-05-01"]),
)
VALUES: dict[str, st.SearchStrategy[Scalar]] = {
    "varchar": _ANY,
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False, allow_infinity=False).filter(lambda n: n != int(n))
    | st.integers(-1000, 1000),
    "boolean": st.booleans(),
    "timestamp": st.just("2026-01-05T00:00:00Z"),
    "date": st.just("2026-01-05"),
}


@st.composite
def properties(draw: st.DrawFn, name: str) -> PlannedProperty:
    data_type = draw(st.sampled_from(sorted(VALUES)))
    values = VALUES[data_type]
    bounds = st.none() | (values if data_type != "varchar" else st.nothing())
    return PlannedProperty(
        column=draw(NAMES),
        name=name,
        data_type=data_type,
        description=draw(TEXTS),
        required=draw(st.booleans()),
        allowed=tuple(draw(st.lists(values, max_size=3))),
        minimum=draw(bounds),
        maximum=draw(bounds),
        pattern=draw(_ANY),
        personal_data=draw(st.sampled_from(["", "none", "Personal"])),
        since=draw(VERSIONS),
        until=draw(VERSIONS),
        deprecated=draw(DEPRECATIONS),
    )


@st.composite
def events(draw: st.DrawFn, name: str) -> PlannedEvent:
    return PlannedEvent(
        source=draw(st.sampled_from(["app", "bank"])),
        name=name,
        description=draw(TEXTS),
        owner=draw(st.sampled_from(["", "growth"])),
        is_activity=draw(st.booleans()),
        is_steady=draw(st.booleans()),
        since=draw(VERSIONS),
        until=draw(VERSIONS),
        deprecated=draw(DEPRECATIONS),
        properties=tuple(
            draw(properties(each)) for each in draw(st.lists(NAMES, unique=True, max_size=3))
        ),
    )


@st.composite
def plans(draw: st.DrawFn) -> list[PlannedEvent]:
    return [draw(events(name)) for name in draw(st.lists(NAMES, unique=True, max_size=3))]


def with_distinct_columns(event: PlannedEvent) -> PlannedEvent:
    numbered = [replace(p, column=f"{p.column}_{n}") for n, p in enumerate(event.properties)]
    return replace(event, properties=tuple(numbered))


def test_blank_allowed_values_come_back() -> None:
    for allowed in [("",), (" ",), ("", "a|b"), ('"',), ("\n0", "a\n"), ("0\n",)]:
        plan = [
            PlannedEvent(
                "app", "a_made", properties=(PlannedProperty("x", "x", "varchar", allowed=allowed),)
            )
        ]
        assert from_csv(to_csv(plan), [], "plan.csv") == plan


@given(plans())
@settings(max_examples=60, deadline=None)
def test_a_plan_comes_back_from_a_spreadsheet_as_it_was(plan: list[PlannedEvent]) -> None:
    text = to_csv(plan)
    assert from_csv(text, [], "plan.csv") == plan
    assert to_csv(from_csv(text, [], "plan.csv")) == text


@given(
    st.lists(NAMES, unique=True, min_size=1, max_size=3).flatmap(
        lambda n: st.tuples(*map(events, n))
    )
)
@settings(max_examples=60, deadline=None)
def test_a_plan_comes_back_from_yaml_as_it_was(drawn: tuple[PlannedEvent, ...]) -> None:
    plan = [with_distinct_columns(event) for event in drawn]
    text = with_entries(
        "version: 2\n\nmodels:\n", {event.model_name: entry_text(event) for event in plan}
    )
    assert [event_of(entry) for entry in yaml.safe_load(text)["models"]] == plan
    again = with_entries(text, {event.model_name: entry_text(event) for event in plan})
    assert again == text


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(PROJECT / "models", folder / "models")
    shutil.copyfile(PROJECT / "dbt_project.yml", folder / "dbt_project.yml")
    return folder


def files_of(project: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}


def test_an_export_that_is_imported_changes_no_byte(project: Path, tmp_path: Path) -> None:
    before = files_of(project)
    sheet = tmp_path / "plan.csv"
    sheet.write_text(to_csv(read_plan(project)), encoding="utf-8")
    import_file(project, sheet)
    assert files_of(project) == before


def test_an_import_writes_the_entry_that_differs_alone(project: Path, tmp_path: Path) -> None:
    before = files_of(project)
    sheet = tmp_path / "plan.csv"
    sheet.write_text(
        "Event,Property,Type,Required,Allowed,Min,Since,Description\n"
        "logged_in,method,varchar,TRUE,password|pin|biometric|passkey,,,How they proved it.\n"
        "card_frozen,,,,,,5.9.0,A user froze a card.\n"
        "card_frozen,cardId,varchar,yes,,,,Card that was frozen.\n"
        "card_frozen,days,bigint,,1|7|30,1,ios=5.9.1;android=5.9.2,For how long.\n",
        encoding="utf-8-sig",
    )
    with pytest.raises(CommandError, match="no group ''"):
        import_file(project, sheet)
    assert files_of(project) == before
    text = sheet.read_text(encoding="utf-8-sig").replace("Description\n", "Description,Owner\n")
    rows = [row + "," for row in text.splitlines()[1:]]
    rows[1] += "payments"
    sheet.write_text("\n".join([text.splitlines()[0], *rows]), encoding="utf-8")
    import_file(project, sheet)
    after = files_of(project)
    plan = {event.name: event for event in read_plan(project)}
    old = {event.name: event for event in read_plan(PROJECT)}
    assert {path.name for path in after if after[path] != before.get(path)} == {
        "_app__events.yml",
        "dbt_project.yml",
        "stg_app__card_frozen.sql",
    }
    assert plan["card_frozen"].owner == "payments"
    assert [each.column for each in plan["card_frozen"].properties] == ["card_id", "days"]
    assert plan["card_frozen"].properties[1].allowed == (1, 7, 30)
    assert plan["card_frozen"].properties[1].since == (("ios", "5.9.1"), ("android", "5.9.2"))
    assert plan["logged_in"].properties[0].allowed[-1] == "passkey"
    assert plan["logged_in"].description == old["logged_in"].description
    assert {name for name in old if plan[name] != old[name]} == {"logged_in"}


def test_what_stands_between_entries_is_kept_to_the_letter() -> None:
    text = (
        "version: 2\n\n\nmodels:  \n  # What users do.\n\n  - name: a\n"
        "    description: A.  # of a\n\n\n  # What robots do.\n  - name: b\n"
        "    description: >-\n      # no comment\n\n"
        "  - name: c\n    description: C.\n# The end.\n\n\nsources: []"
    )
    assert with_entries(text, {}) == text
    for name, was, now in (
        ("a", "  - name: a\n    description: A.  # of a\n", "  - name: a\n"),
        ("b", "  - name: b\n    description: >-\n      # no comment\n", "  - name: b\n"),
        ("c", "  - name: c\n    description: C.\n", "  - name: c\n"),
        ("d", "description: C.\n", "description: C.\n\n  - name: d\n"),
    ):
        assert with_entries(text, {name: f"  - name: {name}\n"}) == text.replace(was, now)


def test_an_entry_is_added_to_a_file_whose_last_line_has_no_end() -> None:
    text = "models:\n  - name: a"
    assert with_entries(text, {"b": "  - name: b\n"}) == f"{text}\n\n  - name: b\n"
    assert with_entries("models:", {"b": "  - name: b\n"}) == "models:\n  - name: b\n"
    with pytest.raises(CommandError, match="do not begin with"):
        with_entries("models:\n- name: a\n", {})


def test_what_the_plan_does_not_know_of_is_kept_in_an_entry() -> None:
    entry = yaml.safe_load(
        "name: stg_app__card_frozen\ndata_tests: [unique]\nconfig: {group: a, tags: [x],"
        " meta: {event: card_frozen, openmetadata: {tier: Tier1}}}\ncolumns:\n"
        "- {name: card, data_type: date, data_tests: [not_null], config: {meta: {property: c}}}\n"
        "- {name: note, description: Made by hand.}\n"
    )
    event = replace(event_of(entry), description="New.")
    (written,) = yaml.safe_load("models:\n" + entry_text(event, entry))["models"]
    assert event_of(written) == event
    assert written["data_tests"] == ["unique"]
    assert written["config"]["tags"] == ["x"]
    assert written["config"]["meta"]["openmetadata"] == {"tier": "Tier1"}
    assert written["columns"][0]["data_tests"] == ["not_null"]
    assert written["columns"][1] == {"name": "note", "description": "Made by hand."}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("event,property,types\n", "no column is called 'types'"),
        ("event,type\n", "the columns are wrong"),
        ("event,property,type\na_made,,\na_made,x,int\n", "plan.csv:3: type 'int' of x is none of"),
        ("event,property,type,min\na_made,x,bigint,one\n", "plan.csv:2: 'one' is no bigint"),
        ("event,property,required\na_made,,\n,x,\n", "plan.csv:3: the row names no event"),
        (
            "event,property,type\na_made,x,date\na_made,x,date\n",
            "plan.csv:3: a_made has the property",
        ),
        ("event,property\na_made,\na_made,\n", "plan.csv:3: a_made has a row of its own already"),
        ("event,property,owner\na_made,,x\na_made,,y\n", "has a row of its own"),
        ("event,property,type,required\na_made,x,date,perhaps\n", "'perhaps' is neither"),
        ("event,property,deprecated\na_made,,soon\n", "deprecated 'soon' is not like"),
        ("event,property\na_made\n", "plan.csv:2: the row has not as many cells"),
        (
            'event,property,type,allowed\na_made,x,date,"""a"\n',
            "plan.csv:2: allowed '\"a' is not like",
        ),
    ],
)
def test_a_row_that_cannot_be_read_is_named(rows: str, message: str) -> None:
    with pytest.raises(CommandError) as stopped:
        from_csv(rows, [], "plan.csv")
    assert message in str(stopped.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("written", [("utf-8", "\n"), ("utf-8-sig", "\r\n")], ids=str)
@pytest.mark.parametrize("columns", [COLUMNS, COLUMNS[1:]], ids=["whole", "without source"])
def test_the_plan_as_a_spreadsheet_writes_it_changes_nothing(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    delimiter: str,
    written: tuple[str, str],
    columns: tuple[str, ...],
) -> None:
    encoding, line_end = written
    before, plan = files_of(project), read_plan(project)
    assert {event.source for event in plan} == {"app", "wikipedia"}
    text = io.StringIO(newline="")
    writer = csv.DictWriter(
        text, columns, delimiter=delimiter, extrasaction="ignore", lineterminator=line_end
    )
    writer.writeheader()
    writer.writerows(csv.DictReader(io.StringIO(to_csv(plan), newline="")))
    file = project.with_name("plan.csv")
    file.write_bytes(text.getvalue().encode(encoding))
    import_file(project, file)
    assert files_of(project) == before
    assert f"{len(plan)} events read: 0 new, 0 changed\n" in capsys.readouterr().out


def test_an_event_without_a_source_is_asked_for_it_where_there_is_no_answer() -> None:
    rows = "event,property\nmade,\n"
    for present, message in (
        ([PlannedEvent("one", "made"), PlannedEvent("two", "made")], "one, two have an event made"),
        ([PlannedEvent("one", "other")], "none has an event made yet"),
    ):
        with pytest.raises(
            CommandError, match=f"plan.csv:2: the row names no source, and {message}"
        ):
            from_csv(rows, present, "plan.csv")
    assert [event.source for event in from_csv(rows, [PlannedEvent("app", "x")], "f")] == ["app"]
