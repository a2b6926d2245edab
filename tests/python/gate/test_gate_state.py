"""What the report does without a state, with a damaged one, and with what must not be shown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from branches import CONFIG, Main, edit, make_main, said
from changes import ORDERS, edit_a_doc
from logmart.gate.branch import Places
from logmart.gate.pull_request import make_report
from logmart.gate.report_markdown import markdown
from logmart.gate.report_text import terminal
from logmart.gate.state import ABOUT, DATABASE, UnusableStateError, read_state

pytestmark = pytest.mark.deep


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory) -> Main:
    return make_main(tmp_path_factory.getbasetemp() / "gate")


def test_without_a_state_everything_is_built_and_said(main: Main) -> None:
    report = main.report(edit_a_doc, "stateless", state=main.folder / "nowhere")
    text = terminal(report)
    assert said(report) == {("warning", "not_compared", "comparison with main")}
    assert not report.fails
    assert "Everything was built:" in text
    assert "nowhere is not there" in text
    assert "Built 11 of 11 models" in text
    assert "Data, What it reaches, Tracking plan, Catalog, Compiled SQL: not made" in text


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (ABOUT, '{"format": 0}', "damaged"),
        (ABOUT, "{", "damaged"),
        (DATABASE, None, f"lacks {DATABASE}"),
        ("full_refresh/manifest.json", '{"nodes": {"a": {}}}', "damaged"),
    ],
)
def test_a_state_that_will_not_do_says_why(
    main: Main, tmp_path: Path, name: str, content: str | None, told: str
) -> None:
    state = tmp_path / "state"
    shutil.copytree(main.state, state)
    if content is None:
        (state / name).unlink()
    else:
        (state / name).write_text(content, encoding="utf-8")
    with pytest.raises(UnusableStateError, match=told):
        read_state(state)


def test_a_damaged_state_fails_the_gate(main: Main, tmp_path: Path) -> None:
    shutil.copytree(main.state, tmp_path / "state")
    (tmp_path / "state" / ABOUT).write_text("{", encoding="utf-8")
    report = main.report(edit_a_doc, "damaged", state=tmp_path / "state")
    assert said(report) == {("error", "not_checked", "comparison with main")}
    assert report.fails


def test_a_state_of_another_dbt_is_not_compared_with(main: Main, tmp_path: Path) -> None:
    shutil.copytree(main.state, tmp_path / "state")
    about = json.loads((tmp_path / "state" / ABOUT).read_text(encoding="utf-8"))
    about["versions"]["dbt-core"] = "1.10.0"
    (tmp_path / "state" / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(UnusableStateError, match="dbt-core 1.10.0") as error:
        read_state(tmp_path / "state")
    assert not error.value.is_damaged


def test_on_another_landing_zone_everything_is_built_and_compared(
    main: Main, tmp_path: Path
) -> None:
    shutil.copytree(main.landing, tmp_path / "landing")
    edit(tmp_path / "landing/events.jsonl", '"amount": 700', '"amount": 800')
    places = Places(main.folder / "main", str(tmp_path / "landing"), main.state, tmp_path / "out")
    report = make_report(places, CONFIG, tools=[])
    assert said(report) == {
        ("warning", "values_changed", "fct_orders"),
        ("warning", "values_changed", "order_scores"),
        ("warning", "values_changed", "orders_daily"),
    }
    assert "the landing zone is not the one" in terminal(report)


def test_personal_data_is_not_shown(main: Main) -> None:
    def change(project: Path) -> None:
        edit(project / ORDERS, "placed.customer_name,",
             "upper(placed.customer_name) || 'X' as customer_name,")  # fmt: skip
        edit(project / ORDERS, "placed.amount_krw,", "placed.amount_krw + 1 as amount_krw,")

    report = main.report(change, "personal")
    said_all = terminal(report) + markdown(report, 60_000)
    assert ("warning", "values_changed", "fct_orders") in said(report)
    assert "customer_name ••• -> •••" in said_all
    assert "amount_krw 12000 -> 12001" in said_all
    for name in ("Kim", "KIMX"):
        assert name not in said_all
        assert name not in (main.folder / "personal-report/report.json").read_text("utf-8")


def test_an_incremental_model_that_changed_is_built_whole(main: Main) -> None:
    def change(project: Path) -> None:
        model = project / "models/staging/shop/base_shop__events.sql"
        edit(model, "    name as event_name,", "    coalesce(name, 'none') as event_name,")
        edit(model, "from lines\n", "from lines\nwhere id <> 'e2'\n")
        edit(model, "where id not in", "and id not in")

    report = main.report(change, "incremental")
    assert said(report) == {
        ("note", "sql_changed", "base_shop__events"),
        ("warning", "rows_removed", "fct_orders"),
        ("warning", "rows_removed", "order_scores"),
        ("warning", "rows_removed", "orders_daily"),
    }


def test_a_project_that_does_not_parse_is_a_finding(main: Main) -> None:
    def change(project: Path) -> None:
        edit(project / ORDERS, "ref('stg_shop__order_placed')", "ref('nothing')")

    report = main.report(change, "unparsed")
    assert said(report) == {("error", "build_failed", ORDERS)}
    assert "nothing" in terminal(report)
