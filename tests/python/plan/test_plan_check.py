"""The lint of the tracking plan: the faults that it finds, and the places that it names."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from logmart.errors import CommandError
from logmart.plan.check import check, check_plan, read_base, read_project
from logmart.plan.grammar import PlannedEvent
from logmart.plan.rules import event_name_faults, type_changes
from logmart.plan.scaffold import new_event_files, with_listed_event
from logmart.settings import PROJECT

PLAN = "models/staging/app/_app__events.yml"
SETTINGS = "dbt_project.yml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(PROJECT / "models", folder / "models")
    shutil.copyfile(PROJECT / SETTINGS, folder / SETTINGS)
    return folder


def change(project: Path, file: str, old: str, new: str) -> None:
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def found(project: Path) -> list[str]:
    return [str(fault) for fault in check(read_project(project))]


def test_the_plan_of_this_project_is_sound() -> None:
    assert found(PROJECT) == []


@pytest.mark.parametrize(
    "name",
    ["transfer_completed", "card_frozen", "logged_in", "link_sent", "form_filled_out", "tab2_seen"],
)
def test_a_name_in_style_has_no_fault(name: str) -> None:
    assert list(event_name_faults(name)) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("transferCompleted", "not snake_case"),
        ("Transfer_completed", "not snake_case"),
        ("transfer__completed", "not snake_case"),
        ("", "not snake_case"),
        ("completed", "one word"),
        ("complete_transfer", "past tense"),
        ("transfer_complete", "past tense"),
        ("log_in", "past tense"),
    ],
)
def test_a_name_out_of_style_is_named(name: str, message: str) -> None:
    assert [message in fault for fault in event_name_faults(name)] == [True]


@pytest.mark.parametrize(
    ("file", "edit", "node", "message"),
    [
        (PLAN, ("name: launch_source", "name: launchSource"), ".launchSource", "not snake_case"),
        (
            PLAN,
            ("name: stg_app__logged_in", "name: stg_app__login"),
            "stg_app__login",
            "name it stg_",
        ),
        (PLAN, ("{event: logged_in,", "{event: log_in,"), "stg_app__logged_in", "past tense"),
        (PLAN, ("      group: growth\n", ""), "stg_app__signup_started", "has no owner"),
        (
            PLAN,
            ("group: growth", "group: gowth"),
            "stg_app__signup_started",
            "group 'gowth' is not",
        ),
        (
            PLAN,
            ("description: How the user proved who they are.", 'description: ""'),
            "stg_app__logged_in.method",
            "has no description",
        ),
        (
            PLAN,
            ("description: A user opened the application form of a card.", "description: ' '"),
            "stg_app__card_application_started",
            "has no description",
        ),
        (
            PLAN,
            ("property: bankCode,", "property: bank_code,"),
            "stg_app__account_linked.bank_code",
            "'bank_code' is spelled 'bankCode' elsewhere",
        ),
        (
            PLAN,
            ("property: previousScreen", "property: screenName"),
            "stg_app__screen_viewed.previous_screen",
            "planned twice",
        ),
        (
            PLAN,
            (
                "      - name: campaign_id\n        data_type: varchar",
                "      - name: campaign_id\n        data_type: bigint",
            ),
            "stg_app__push_received.campaign_id",
            "'campaignId' is varchar here and bigint in stg_app__app_opened",
        ),
        (PLAN, ("scrollDepth, min: 0, max: 1", "scrollDepth, min: 2, max: 1"), "depth", "min 2 is"),
        (PLAN, ("durationMs, min: 0", "durationMs, minimum: 0"), "viewed", "'duration_ms.minimum'"),
        (PLAN, ('"[A-Z0-9]{6}"', '"[A-Z0-9{6}"'), ".referral_code", "no regular expression"),
        (PLAN, ("durationMs, min: 0", 'durationMs, pattern: "1"'), ".duration_ms", "for varchar"),
        (PLAN, ("property: campaignId}", "property: campaignId, since: 5}"), "opened", ""),
        (
            PLAN,
            ("property: campaignId}", "property: campaignId, since: v5}"),
            "campaign",
            "no version",
        ),
        (
            PLAN,
            (
                'event: app_opened, since: "1.0.0"',
                'event: app_opened, since: "5.10.0", until: {ios: "5.9.0"}',
            ),
            "stg_app__app_opened",
            "",
        ),
        (
            PLAN,
            (
                'event: app_opened, since: "1.0.0"',
                'event: app_opened, since: "5.10.0", until: "5.9.0"',
            ),
            "stg_app__app_opened",
            "since 5.10.0 is after until 5.9.0",
        ),
        (
            PLAN,
            ('event: app_opened, since: "1.0.0"', "event: app_opened, deprecated: {use: app_seen}"),
            "stg_app__app_opened",
            "deprecated is incomplete",
        ),
        (
            PLAN,
            ("property: campaignId}", "property: campaignId, deprecated: {since: v5, use: x}}"),
            "campaign",
            "deprecated since 'v5' is no version",
        ),
        (
            PLAN,
            ("property: campaignId}", "property: campaignId, personal_data: x}"),
            "id",
            "'x' is",
        ),
        (
            SETTINGS,
            ("      - logged_in\n", ""),
            "stg_app__logged_in",
            "add logged_in to planned_eve",
        ),
        (
            SETTINGS,
            ("      - logged_in\n", "      - logged_in\n      - a_b\n"),
            "app.a_b",
            "no entry",
        ),
    ],
)
def test_a_fault_is_found_where_it_is(
    project: Path, file: str, edit: tuple[str, str], node: str, message: str
) -> None:
    change(project, file, *edit)
    faults = found(project)
    if not message:
        assert faults == []
        return
    assert [fault for fault in faults if node in fault and message in fault], faults
    assert all(fault.startswith((f"{PLAN}:", SETTINGS)) for fault in faults)


def test_a_model_without_its_file_is_found(project: Path) -> None:
    (project / "models/staging/app/stg_app__logged_in.sql").unlink()
    (fault,) = found(project)
    assert "stg_app__logged_in.sql is not there" in fault


def test_a_changed_type_is_found_against_the_base(project: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "main/manifest.json"
    manifest.parent.mkdir()
    event = {"resource_type": "model", "original_file_path": PLAN, "name": "stg_app__logged_in"}
    column = {"name": "method", "data_type": "bigint", "meta": {"property": "method"}}
    node = event | {"config": {"meta": {"event": "logged_in"}}, "columns": {"method": column}}
    manifest.write_text(json.dumps({"nodes": {"a": node}}), encoding="utf-8")
    for base in (manifest, manifest.parent):
        (fault,) = type_changes(read_project(project), read_base(base))
        assert fault.node == "stg_app__logged_in.method"
        assert "was bigint and is varchar" in fault.message
    assert list(type_changes(read_project(project), read_base(PROJECT))) == []
    change(
        project,
        PLAN,
        "name: is_primary\n        data_type: boolean",
        "name: is_primary\n        data_type: date",
    )
    (fault,) = type_changes(read_project(project), read_base(PROJECT))
    assert "'isPrimary' was boolean and is date" in str(fault)
    with pytest.raises(CommandError, match="no manifest of dbt"):
        read_base(tmp_path)


def test_the_command_fails_when_anything_is_wrong(project: Path) -> None:
    command = [sys.executable, "-m", "logmart", "plan", "check", "--project", str(project)]
    assert subprocess.run(command, cwd=PROJECT, check=False, capture_output=True).returncode == 0
    change(project, PLAN, "{event: logged_in,", "{event: log_in,")
    ended = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)
    assert ended.returncode == 1
    line = (
        (project / PLAN)
        .read_text(encoding="utf-8")
        .splitlines()
        .index("  - name: stg_app__logged_in")
    )
    assert f"{PLAN}:{line + 1}: stg_app__logged_in: 'log_in' does not end in a verb" in ended.stdout


def test_a_scaffolded_event_lacks_its_description_alone(project: Path) -> None:
    event = PlannedEvent("app", "card_frozen", owner="payments")
    for path, text in new_event_files(project, [event], {}).items():
        path.write_text(text, encoding="utf-8")
    (fault,) = found(project)
    assert "stg_app__card_frozen: has no description" in fault
    model = project / "models/staging/app/stg_app__card_frozen.sql"
    assert model.read_text(encoding="utf-8") == "{{ planned_event('card_frozen') }}\n"
    with pytest.raises(CommandError, match="planned already"):
        new_event_files(project, [event], {})


def test_the_first_event_of_a_source_makes_its_plan_file_and_its_list(project: Path) -> None:
    folder = project / "models/staging/shop"
    folder.mkdir()
    (folder / "base_shop__events.sql").write_text("select 1\n")
    events = [PlannedEvent("shop", name, owner="payments") for name in ("item_sold", "item_seen")]
    for event in events:
        for path, text in new_event_files(project, [event], {}).items():
            path.write_text(text, encoding="utf-8")
    plan = (folder / "_shop__events.yml").read_text(encoding="utf-8")
    entry = "  - name: stg_shop__{0}\n    description: ''\n    config:\n      group: payments\n"
    entry += "      meta: {{event: {0}}}\n"
    assert plan == "version: 2\n\nmodels:\n" + "\n".join(
        entry.format(name) for name in ("item_sold", "item_seen")
    )
    before = (PROJECT / SETTINGS).read_text(encoding="utf-8")
    after = (project / SETTINGS).read_text(encoding="utf-8")
    assert after.replace("    shop:\n      - item_sold\n      - item_seen\n", "") == before
    planned = yaml.safe_load(after)["vars"]["planned_events"]
    assert planned["shop"] == ["item_sold", "item_seen"]
    assert {fault.rpartition(": ")[2] for fault in map(str, found(project))} == {
        "say what happened and when it is fired"
    }


def test_an_event_takes_a_list_of_its_source_that_is_empty(project: Path) -> None:
    text = "vars:\n  planned_events:\n    app:\n      - logged_in\n    shop:\n\n  now: null\n"
    assert with_listed_event(text, "shop", "item_sold") == text.replace(
        "    shop:\n", "    shop:\n      - item_sold\n"
    )
    with pytest.raises(CommandError, match="has no list `planned_events` below `vars`"):
        with_listed_event("vars:\n  now: null\n", "shop", "item_sold")


@pytest.mark.parametrize(
    ("source", "name", "owner", "message"),
    [
        ("app", "freeze_card", "payments", "past tense"),
        ("app", "logged_in", "payments", "planned already"),
        ("app", "card_frozen", "nobody", "no group 'nobody': models/groups.yml has"),
        ("shop", "card_frozen", "payments", "no source 'shop'"),
        ("", "card_frozen", "payments", "no source ''"),
    ],
)
def test_an_event_that_cannot_be_is_refused(
    project: Path, source: str, name: str, owner: str, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        new_event_files(project, [PlannedEvent(source, name, owner=owner)], {})


def test_an_event_that_is_listed_twice_is_named(project: Path) -> None:
    change(project, SETTINGS, "      - app_opened\n", "      - app_opened\n      - app_opened\n")
    told = "app.app_opened: is listed 2 times in planned_events: leave it there once"
    assert found(project) == [f"{SETTINGS}: {told}"]
    with pytest.raises(
        CommandError, match="the tracking plan cannot be built: .*is listed 2 times"
    ):
        check_plan(project)


def test_a_plan_that_no_build_goes_well_with_is_told_before_it(project: Path) -> None:
    change(project, PLAN, "property: screenName, required", "property: screenName, requird")
    with pytest.raises(CommandError, match=rf"{PLAN}:\d+: .*requird.*plan check"):
        check_plan(project)


def test_what_is_the_style_of_the_house_stops_no_build(project: Path) -> None:
    change(project, PLAN, "description: ", "description: '' #")
    assert found(project) != []
    check_plan(project)
