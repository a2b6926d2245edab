"""Identifiers planted in a landing zone are nowhere but in the schema `restricted`."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from logmart.landed.duckdb_plugin import give_key
from logmart.landed.identifiers import IdKey, erased_list_path
from logmart.landed.text_files import read_text_lines
from mart_runs import KEY, PROJECT, Mart, app_event, copy_project, hashed

PLAN = "models/staging/app/_app__events.yml"
IDENTIFIER = 'property: previousScreen, personal_data: DirectIdentifier, pattern: "010-[0-9-]+"}'
DAY = "dt=2026-03-31"
USER = "u-planted-user"
DEVICE = "d-planted-device"
# What is planted, each in a place of its own.
PLANTED = {
    "user": USER,
    "device": DEVICE,
    "user of the bank": "u-planted-bank",
    "user of a record that is rejected": "u-planted-odd-bank",
    "user of a send": "u-planted-send",
    "account in an unplanned property": "110-2233-445566",
    "e-mail in an unplanned property": "planted.kim@example.com",
    "e-mail as the name of a property": "planted.lee@example.com",
    "phone in a property planned as an identifier": "010-2468-1357",
    "name in a property planned as an identifier": "Planted Shin",
    "phone in a broken line": "010-9876-5432",
    "name in a value of the wrong type": "Planted Hong",
    "name in a value that is not allowed": "Planted Choi",
    "name in properties that are no object": "Planted Park",
    "name under a property that is there twice": "Planted Jung",
    "address in an unplanned event": "Planted-ro 77",
    "phone as an event's name": "01055667788",
    "e-mail as a platform": "planted.ios@example.com",
    "phone in a version": "5.2.0 (01044332211)",
    "name in a broken record": "Planted Yoon",
    "phone in an unplanned property of a record": "010-1111-2222",
}


@dataclasses.dataclass(frozen=True)
class Built:
    """A mart on the planted zone, built as people build it, and all that was printed."""

    mart: Mart
    printed: str

    @property
    def published(self) -> Path:
        return self.mart.folder / "published.duckdb"


def plant(mart: Mart) -> None:
    who = {"userId": USER, "deviceId": DEVICE}
    opened = {"launchSource": "icon"}
    lines: list[str | bytes | dict[str, object]] = [
        app_event("app_opened", opened, eventId="e1", **who),
        app_event(
            "app_opened",
            {
                **opened,
                "account": PLANTED["account in an unplanned property"],
                "mail": {"of": [PLANTED["e-mail in an unplanned property"]]},
                PLANTED["e-mail as the name of a property"]: 1,
            },
            eventId="e2",
            **who,
        ),
        '{"eventName":"app_opened","phone":"' + PLANTED["phone in a broken line"] + '","x',
        app_event(
            "app_opened",
            {"launchSource": [PLANTED["name in a value of the wrong type"]]},
            eventId="e3",
        ),
        app_event(
            "logged_in",
            {"method": PLANTED["name in a value that is not allowed"]},
            eventId="e4",
            **who,
        ),
        app_event("signup_started", PLANTED["name in properties that are no object"], eventId="e5"),
        json.dumps(app_event("app_opened", {"launchSource": "?"}, eventId="e6")).replace(
            '"launchSource": "?"',
            '"launchSource": "icon", "launchSource": "'
            + PLANTED["name under a property that is there twice"]
            + '"',
        ),
        app_event(
            "invented", {"to": PLANTED["address in an unplanned event"]}, eventId="e7", **who
        ),
        app_event(PLANTED["phone as an event's name"], {}, eventId="e8"),
        app_event(f"opened by {USER}", {}, eventId="e9", **who),
        app_event(
            "app_opened", opened, eventId="e10", platform=PLANTED["e-mail as a platform"], **who
        ),
        app_event(
            "app_opened",
            opened,
            eventId="e11",
            appVersion=PLANTED["phone in a version"],
            **who,
        ),
        app_event("app_opened", opened, eventId="e12", platform=f"of {DEVICE}", **who),
        app_event("app_opened", opened, eventId="e13", appVersion=USER, **who),
        app_event("app_opened", opened, eventId="e14", occurredAt=USER, **who),
        app_event(
            "screen_viewed",
            {
                "screenName": "home",
                "previousScreen": PLANTED["phone in a property planned as an identifier"],
            },
            eventId="e15",
        ),
        app_event(
            "screen_viewed",
            {
                "screenName": "home",
                "previousScreen": PLANTED["name in a property planned as an identifier"],
            },
            eventId="e16",
        ),
    ]
    mart.land(f"app/{DAY}/events.jsonl.gz", lines)
    state = {
        "userId": PLANTED["user of the bank"],
        "createdAt": "2026-03-31T00:00:00Z",
        "status": "active",
        "marketingConsent": True,
        "updatedAt": "2026-03-31T00:00:00Z",
        "phone": PLANTED["phone in an unplanned property of a record"],
    }
    odd = {**state, "userId": PLANTED["user of a record that is rejected"], "status": "gone"}
    broken = '{"userId":"' + PLANTED["name in a broken record"]
    mart.land(f"bank/{DAY}/users.jsonl", [state, odd, broken])
    mart.land(
        f"crm/{DAY}/sends.jsonl",
        [
            {
                "messageId": "m1",
                "campaignId": "c1",
                "userId": PLANTED["user of a send"],
                "channel": "push",
                "sentAt": "2026-03-31T10:00:00Z",
                "attempt": 1,
                "isHoldout": False,
                "status": "delivered",
            }
        ],
    )


def command(mart: Mart, *arguments: str, **environment: str) -> str:
    """Run a command on a mart; return all that it printed, whatever its exit."""
    result = subprocess.run(
        [sys.executable, "-m", "logmart", *arguments, "--target-path", str(mart.target_path)],
        cwd=mart.project,
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
            "LOGMART_PROJECT": str(PROJECT),
            "DBT_LOG_PATH": str(mart.folder / "logs"),
            "LOGMART_ID_KEY": KEY,
            "LOGMART_LANDING": str(mart.landing),
            "LOGMART_DATABASE": str(mart.database),
            "LOGMART_PUBLISHED": str(mart.folder / "published.duckdb"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout + result.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project whose plan has a property that is a direct identifier."""
    project = copy_project(tmp_path_factory.mktemp("project"))
    plan = project / PLAN
    text = plan.read_text(encoding="utf-8")
    assert text.count("property: previousScreen}") == 1
    plan.write_text(text.replace("property: previousScreen}", IDENTIFIER), encoding="utf-8")
    return project


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Mart:
    folder = tmp_path_factory.mktemp("planted")
    mart = Mart(folder, record_sources=("bank", "crm"), project=project)
    plant(mart)
    mart.build("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
    return mart


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Built:
    """Return a mart built, documented, published, replayed and planned for the catalog."""
    mart = Mart(tmp_path_factory.mktemp("commands"), project=project)
    plant(mart)
    printed = command(mart, "mart", "build")
    assert "Published" in printed, printed
    printed += command(mart, "mart", "summary", "--no-catalog")
    printed += command(mart, "plan", "replay", "--vars", "{late_after_hours: 30}")
    catalog = PROJECT / "ingestion"
    plan = subprocess.run(
        [str(catalog / ".venv/bin/python"), "-m", "logmart_catalog", "plan", "--offline"]
        + ["--target-path", str(mart.target_path), "--save", str(mart.folder / "catalog.json")],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(catalog)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert plan.returncode == 0, plan.stderr
    return Built(mart, printed + plan.stdout + plan.stderr)


def needles() -> dict[str, str]:
    return {**PLANTED, "key": KEY, "block of the key": repr(IdKey(KEY.encode()).blocks()[0])}


def found_in(text: str) -> list[str]:
    return [what for what, needle in needles().items() if needle in text]


def rows_of(database: Path, *, restricted: bool = False) -> Iterator[tuple[str, str]]:
    """Return every table and view of a file, with all of its rows as text."""
    with duckdb.connect(str(database), read_only=True) as connection:
        give_key(connection, IdKey(KEY.encode()))
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where (table_schema = 'restricted') = $restricted",
            {"restricted": restricted},
        ).fetchall()
        for schema, name in names:
            rows = connection.execute(f'from "{schema}"."{name}"').fetchall()
            yield f"{schema}.{name}", "\n".join(str(row) for row in rows)


def test_what_is_planted_is_there(mart: Mart) -> None:
    text = "\n".join(text for _, text in rows_of(mart.database, restricted=True))
    # What is hashed or masked at the door is not even in restricted.
    at_the_door = {"user", "device"}
    assert set(PLANTED) - set(found_in(text)) <= at_the_door
    marts = "\n".join(text for name, text in rows_of(mart.database) if name.startswith("marts."))
    hashes = {hashed(USER), hashed(DEVICE), hashed(PLANTED["user of the bank"])}
    assert all(each in marts for each in hashes)


def test_no_table_or_view_outside_of_restricted_holds_what_was_planted(mart: Mart) -> None:
    tables = dict(rows_of(mart.database))
    assert {"marts.fct_events", "marts.unplanned_registry", "marts.dim_users"} <= set(tables)
    assert "staging.stg_app__logged_in" in tables
    assert {name: found for name, text in tables.items() if (found := found_in(text))} == {}


def test_a_property_planned_as_an_identifier_is_judged_as_it_landed_and_shown_as_its_hash(
    mart: Mart,
) -> None:
    valid = hashed(PLANTED["phone in a property planned as an identifier"])
    rejected = hashed(PLANTED["name in a property planned as an identifier"])
    with duckdb.connect(str(mart.database), read_only=True) as connection:
        give_key(connection, IdKey(KEY.encode()))
        typed = connection.execute(
            "select event_id, previous_screen, violations from staging.stg_app__screen_viewed"
            " order by event_id"
        ).fetchall()
    assert typed == [
        ("e15", valid, []),
        ("e16", rejected, ["pattern_mismatch:previousScreen"]),
    ]
    ((properties,),) = mart.query("select properties from marts.fct_events where event_id = 'e15'")
    assert json.loads(properties)["previousScreen"] == valid
    assert mart.query("select event_id from marts.fct_rejected_events where event_id = 'e16'")


@pytest.mark.deep
def test_no_published_table_holds_what_was_planted(built: Built) -> None:
    tables = dict(rows_of(built.published))
    assert {"marts.fct_events", "marts.ingestion_findings"} <= set(tables)
    assert {name.split(".")[0] for name in tables} == {"marts"}
    assert {name: found for name, text in tables.items() if (found := found_in(text))} == {}


@pytest.mark.deep
def test_no_artifact_log_or_printed_line_holds_what_was_planted(built: Built) -> None:
    folders = (built.mart.target_path, built.mart.folder / "logs", PROJECT / "logs")
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    names = {path.name for path in paths}
    assert {"manifest.json", "catalog.json", "run_results.json", "replay.json"} <= names
    found = {
        str(path): found
        for path in paths
        if (found := found_in(path.read_bytes().decode("utf-8", "replace")))
    }
    assert found == {}
    assert found_in(built.printed) == []
    assert "Replayed" in built.printed


@pytest.mark.deep
def test_no_extract_for_tableau_has_a_column_with_a_hashed_identifier(built: Built) -> None:
    out = built.mart.folder / "tableau"
    printed = command(built.mart, "tableau", "write", "--out", str(out))
    assert "read back equal row by row" in printed
    with (out / "marts.csv").open(encoding="utf-8", newline="") as file:
        left_out = {
            Path(row["file"]).name: set(row["left_out"].split()) for row in csv.DictReader(file)
        }
    hashes = [hashed(identifier) for identifier in (USER, DEVICE)]
    with duckdb.connect(str(built.published), read_only=True) as connection:
        holding = {
            (table, column)
            for table, column in connection.execute(
                "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
            ).fetchall()
            if any(
                each in str(connection.execute(f'select "{column}" from marts.{table}').fetchall())
                for each in hashes
            )
        }
    assert ("fct_sessions", "user_id") in holding
    assert {(table, column) for table, column in holding if column not in left_out[table]} == set()


@pytest.mark.deep
def test_a_column_of_a_few_values_is_no_direct_identifier_in_the_catalog(built: Built) -> None:
    catalog = json.loads((built.mart.folder / "catalog.json").read_text(encoding="utf-8"))
    identifiers = {
        f"{table['parts'][-1]}.{column['name']}"
        for table in catalog["tables"]
        for column in table["columns"]
        if "PersonalData.DirectIdentifier" in column.get("tags", ())
    }
    manifest = json.loads((built.mart.target_path / "manifest.json").read_text(encoding="utf-8"))
    listed = {
        f"{test['attached_node'].split('.')[-1]}.{test['column_name']}"
        for test in manifest["nodes"].values()
        if test.get("test_metadata", {}).get("name") == "accepted_values"
    }
    assert "fct_sessions.user_id" in identifiers
    assert "fct_sessions.identity_basis" in listed
    assert sorted(identifiers & listed) == []


def test_a_user_that_nobody_knows_is_told_and_nothing_is_erased(mart: Mart) -> None:
    printed = command(mart, "mart", "erase", LOGMART_ERASE_USER="u-nobody")
    assert "no row and no landed line is of this user: give the id as the logs have it" in printed
    assert "u-nobody" not in printed
    assert not erased_list_path(mart.landing).exists()


@pytest.mark.deep
def test_the_command_erases_reports_and_never_holds_the_id(built: Built) -> None:
    """Last of all: what the other tests look at is built anew."""
    mart = built.mart
    kept = erased_list_path(mart.landing)
    printed = command(mart, "mart", "erase", "--yes", LOGMART_ERASE_USER=USER)
    assert printed.endswith(
        "Erased 10 lines of 1 landed files, for good\n"
        f"  {'events':<28} {10:>7}\n"
        f"  {'devices that were theirs alone':<28} {1:>7}\n"
    )
    assert found_in(printed) == []
    listed = kept.read_text(encoding="utf-8")
    assert hashed(USER) in listed
    assert found_in(listed) == []
    assert not kept.with_name(f"{kept.name}.journal").exists()
    files = [read_text_lines(path) for path in mart.landing.rglob("*.jsonl*")]
    assert files
    assert not any(USER in line for lines in files for line in lines)
    published = "\n".join(text for _, text in rows_of(built.published))
    assert hashed("u1") in published
    assert hashed(USER) not in published
    assert "Nothing was left to erase" in command(mart, "mart", "erase", LOGMART_ERASE_USER=USER)
