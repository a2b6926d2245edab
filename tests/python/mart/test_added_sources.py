"""Sources that `logmart source add` adds to a copy of the project, built."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from logmart.__main__ import run
from logmart.environment import changed_environment
from logmart.errors import CommandError
from logmart.plan.check import check, read_project
from made_exports import ga4_rows, json_lines, shop_rows, table
from mart_runs import EVENTS, NO_ARTIFACTS, NO_UNIT_TESTS, PROJECT, Mart, copy_project, hashed

SOURCES = ("web_shop", "weblog", "ga", "daily_export")
ACCESS = '1.2.3.4 - - [17/May/2015:10:05:{:02} +0200] "GET /{} HTTP/1.1" 200 {} "-" "Mozilla/5.0"\n'


def add(project: Path, landing: Path, name: str, *words: str) -> int:
    """Run `logmart source add` on the copy."""
    with changed_environment({"LOGMART_LANDING": str(landing)}):
        return run(["source", "add", name, *words, "--project", str(project)])


def quoted_rows() -> str:
    rows = shop_rows(12)
    for row in rows:
        del row["event_id"]
        row["note"] = "first\nsecond" if row["uid"] == "u1" else 'a "b", c'
    return table(rows)


def odd_names(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without ids, whose events have names that make one model's name, or none."""
    names = {"page_view": "add_to_cart", "Order Completed": "주문 완료"}
    return [{**row, "event_id": "", "event": names.get(row["event"], row["event"])} for row in rows]


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    """Four logs, added by four commands: a table, an access log, an export and a cumulative one."""
    folder = tmp_path_factory.mktemp("added")
    mart = Mart(folder / "mart", sources=SOURCES, project=copy_project(folder / "project"))
    files = {
        "shop.csv": quoted_rows(),
        "access.log": "".join(ACCESS.format(n, n, 9) for n in (1, 2, 2, 3, 4)) + "no request\n",
        "ga.json": json_lines(ga4_rows(12)),
        "all_1.csv": table(odd_names(shop_rows(4))),
        "all_2.csv": table(odd_names(shop_rows(6))),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    both = [str(folder / "all_1.csv"), "--from", str(folder / "all_2.csv")]
    for name, words in zip(
        SOURCES,
        ([str(folder / "shop.csv")], [str(folder / "access.log")], [str(folder / "ga.json")],
         [*both, "--key", "content"]),
        strict=True,
    ):  # fmt: skip
        assert add(mart.project, mart.landing, name, "--from", *words, "--yes") == 0
    return mart


@pytest.fixture(scope="module")
def mart(added: Mart) -> Mart:
    """The four logs, built up to their sessions, channels, events and landed files."""
    selected = ["--select", "+session_channels", "+fct_landed_files", "+int_rejected_events"]
    cautious = ["--indirect-selection", "cautious", *NO_UNIT_TESTS, NO_ARTIFACTS]
    added.build(*selected, *cautious)
    return added


def test_what_is_added_is_a_sound_plan(added: Mart) -> None:
    assert check(read_project(added.project)) == []
    variables = yaml.safe_load((added.project / "dbt_project.yml").read_text("utf-8"))["vars"]
    assert variables["sources"] == ["app", *SOURCES]
    assert variables["planned_events"]["web_shop"] == [
        "page_view", "add-to-cart", "Order Completed",
    ]  # fmt: skip
    staged = {path.name for path in (added.project / "models/staging/web_shop").glob("*.sql")}
    assert staged == {
        "base_web_shop__events.sql",
        "base_web_shop__files.sql",
        "stg_web_shop__add_to_cart.sql",
        "stg_web_shop__order_completed.sql",
        "stg_web_shop__page_view.sql",
        "stg_web_shop__unplanned_events.sql",
    }


def test_names_that_make_one_name_of_a_model_have_models_of_their_own(added: Mart) -> None:
    folder = added.project / "models/staging/daily_export"
    assert {path.stem for path in folder.glob("stg*.sql")} == {
        "stg_daily_export__add_to_cart",
        "stg_daily_export__add_to_cart_b934ba70",
        "stg_daily_export__event_a54e503f",
        "stg_daily_export__unplanned_events",
    }


def test_a_quoted_line_break_keeps_its_row_and_its_line_number(added: Mart) -> None:
    tables = ["--select", "+stg_web_shop__page_view", "+stg_web_shop__add_to_cart"]
    added.build(*tables, "--indirect-selection", "cautious", NO_ARTIFACTS)
    rows = added.query(
        "select line_number, json_extract_string(properties, '$.note') from"
        " restricted.base_web_shop__events order by line_number"
    )
    # Five rows of one line below the header, then five of two lines.
    assert [row[0] for row in rows] == [2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 17, 18]
    assert (rows[0][1], rows[5][1]) == ('a "b", c', "first\nsecond")
    # Old events, whose numbers are texts, are valid in one step.
    assert added.query(
        "select amount, ratio, is_new, zip, violations, is_late"
        " from staging.stg_web_shop__add_to_cart order by line_number limit 2"
    ) == [(1, 1.5, True, "00001", [], False), (4, 4.5, False, "00004", [], False)]


@pytest.mark.deep
def test_each_event_is_that_of_its_model(mart: Mart) -> None:
    """The macro and the module name models alike, or no event of them would be taken."""
    assert mart.query(
        "select event_name, count(*) from intermediate.int_judged_events"
        " where source = 'daily_export' and outcome = 'valid' group by all order by all"
    ) == [("add-to-cart", 2), ("add_to_cart", 2), ("주문 완료", 2)]


@pytest.mark.deep
def test_old_events_are_valid_in_one_step(mart: Mart) -> None:
    assert mart.query(
        "select source, sum(line_count), sum(valid_count), sum(rejected_count),"
        " sum(duplicate_count), sum(late_count) from marts.fct_landed_files"
        " group by source order by source"
    ) == [
        ("daily_export", 10, 6, 0, 4, 0),
        ("ga", 12, 12, 0, 0, 0),
        ("web_shop", 12, 12, 0, 0, 0),
        ("weblog", 6, 5, 1, 0, 0),
    ]


@pytest.mark.deep
def test_a_direct_identifier_is_hashed(mart: Mart) -> None:
    assert mart.query(
        "select json_extract_string(properties, '$.email') from intermediate.int_judged_events"
        " where source = 'web_shop' and line_number = 2"
    ) == [(hashed("a0@example.com"),)]


@pytest.mark.deep
def test_text_numbers_have_the_types_of_the_plan(mart: Mart) -> None:
    assert mart.query(
        "select distinct violations, warnings from intermediate.int_judged_events"
        " where source = 'web_shop'"
    ) == [([], [])]
    (columns,) = mart.query(
        "select list(column_name || ' ' || data_type order by column_name) from"
        " information_schema.columns where table_name = 'stg_web_shop__page_view'"
        " and column_name in ('amount', 'is_new', 'ratio', 'zip')"
    )
    assert columns == (["amount BIGINT", "is_new BOOLEAN", "ratio DOUBLE", "zip VARCHAR"],)


@pytest.mark.deep
def test_a_session_is_the_trackers_own(mart: Mart) -> None:
    """Every fourth event begins a session of the tracker; a pause of 30 minutes does not."""
    assert mart.query(
        "select count(distinct session_id), count(distinct tracker_session_id)"
        " from intermediate.int_sessionized_events where source = 'ga'"
    ) == [(3, 3)]


@pytest.mark.deep
def test_a_session_has_the_channel_of_the_first_rule_that_matches(mart: Mart) -> None:
    """GA4's sessions begin with a campaign by e-mail; a request without a referrer has none."""
    assert mart.query(
        "select source, traffic_source, traffic_medium, referrer_host, channel, count(*)"
        " from marts.session_channels group by all"
    ) == [("ga", "newsletter", "email", "www.google.com", "Email", 3)]


@pytest.mark.deep
def test_equal_lines_of_a_log_without_ids_are_all_kept(mart: Mart) -> None:
    """Two equal requests are two events; unreadable lines are never copies of each other."""
    assert mart.query(
        "select count(*), count(distinct event_id), bool_or(is_duplicate)"
        " from intermediate.int_judged_events where source = 'weblog'"
    ) == [(6, 6, False)]


# Two builds and a full refresh.
@pytest.mark.deep
def test_sessions_of_a_tracker_are_the_same_in_whatever_order_they_land(tmp_path: Path) -> None:
    """Events of one session land in two files, two hours apart, the later ones first."""
    rows = [
        {**row, "event_timestamp": str(int(row["event_timestamp"]) + n * 7_200_000_000)}
        for n, row in enumerate(ga4_rows(16))
    ]
    project = copy_project(tmp_path / "project")
    early, late = tmp_path / "early.json", tmp_path / "late.json"
    late.write_text(json_lines(rows[1::2]), encoding="utf-8")
    early.write_text(json_lines(rows[::2]), encoding="utf-8")
    mart = Mart(tmp_path / "mart", sources=("ga",), project=project)
    assert add(project, mart.landing, "ga", "--from", str(late), "--yes") == 0
    mart.build(*EVENTS, NO_ARTIFACTS)
    assert add(project, mart.landing, "ga", "--from", str(early), "--yes") == 0
    mart.build(*EVENTS, NO_ARTIFACTS)
    grown = mart.tables()
    mart.build("--full-refresh", *EVENTS, NO_ARTIFACTS)
    whole = mart.tables()
    for name in (
        "intermediate.int_sessionized_events",
        "intermediate.int_sessions",
        "marts.fct_events",
    ):
        assert grown[name] == whole[name]
    assert mart.query("select count(*) from intermediate.int_sessions") == [(4,)]


def test_a_second_run_proposes_what_is_new_and_keeps_a_hand_edit(
    added: Mart, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mart = replace(added, folder=tmp_path / "mart", project=tmp_path / "project")
    shutil.copytree(added.project, mart.project)
    shutil.copytree(added.landing, mart.landing)
    plan = mart.project / "models/staging/web_shop/_web_shop__events.yml"
    edited = plan.read_text(encoding="utf-8").replace(
        "An event that web_shop sends as page_view.", "Somebody saw a page.", 1
    )
    plan.write_text(edited, encoding="utf-8")
    again = tmp_path / "again.csv"
    new = [{**row, "event": "refund", "reason": "size"} for row in shop_rows(3)]
    more = [{**row, "coupon": "SPRING"} for row in shop_rows(3)]
    again.write_text(table(new + more), encoding="utf-8")
    assert add(mart.project, mart.landing, "web_shop", "--from", str(again), "--yes") == 0
    printed = capsys.readouterr().out
    assert "new event" in printed
    text = plan.read_text(encoding="utf-8")
    assert "Somebody saw a page." in text
    assert text.count("property: coupon") == 3
    assert text.count("property: reason") == 1
    assert "stg_web_shop__refund" in text
    assert check(read_project(mart.project)) == []
    before = {path: path.read_bytes() for path in mart.project.rglob("*") if path.is_file()}
    assert add(mart.project, mart.landing, "web_shop", "--from", str(again), "--yes") == 0
    assert "Nothing is new." in capsys.readouterr().out
    assert before == {path: path.read_bytes() for path in before}


def test_a_dry_run_writes_nothing(tmp_path: Path, added: Mart) -> None:
    file = tmp_path / "log.csv"
    file.write_text(table(shop_rows(9)), encoding="utf-8")
    settings = (added.project / "dbt_project.yml").read_bytes()
    assert add(added.project, tmp_path / "landing", "fresh", "--from", str(file), "--dry-run") == 0
    assert not (added.project / "models/staging/fresh").exists()
    assert not (tmp_path / "landing").exists()
    assert (added.project / "dbt_project.yml").read_bytes() == settings


def test_what_nobody_accepts_is_not_written(tmp_path: Path, added: Mart) -> None:
    file = tmp_path / "log.csv"
    file.write_text(table(shop_rows(9)), encoding="utf-8")
    with pytest.raises(CommandError, match="accept the proposal with --yes"):
        add(added.project, tmp_path / "landing", "fresh", "--from", str(file))
    assert not (added.project / "models/staging/fresh").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Web Shop", "'Web Shop' is no name of a source"),
        ("wikipedia", "was written by hand: land its files yourself"),
        ("bank", "models/staging/bank is there and is no source of events"),
    ],
)
def test_what_was_written_by_hand_is_not_overwritten(
    tmp_path: Path, name: str, message: str
) -> None:
    file = tmp_path / "log.csv"
    file.write_text(table(shop_rows(9)), encoding="utf-8")
    with pytest.raises(CommandError, match=message):
        add(PROJECT, tmp_path / "landing", name, "--from", str(file), "--dry-run")


def test_the_command_is_one_of_logmart(tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "logmart", "source", "add", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--with-rules" in shown.stdout
