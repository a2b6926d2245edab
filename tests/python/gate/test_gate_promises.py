"""What the gate says of promises to readers: values, contracts, owners, exposures, metrics, tests
and personal data. Many at once, because each is of another thing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from branches import Main, edit, make_main, said
from changes import DAILY, EVENTS, MARTS
from logmart.gate.report_text import terminal

pytestmark = pytest.mark.deep
SEMANTIC = "models/semantic/_semantic.yml"


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory) -> Main:
    return make_main(tmp_path_factory.getbasetemp() / "gate")


def test_promises_that_are_not_kept_are_told_of_exactly(main: Main) -> None:
    def change(project: Path) -> None:
        edit(
            project / MARTS,
            "config: {group: sales}",
            "config: {group: platform, contract: {enforced: false}}",
            after="orders_daily",
        )
        edit(
            project / MARTS,
            "        description: Where they were placed.\n",
            "        data_tests:\n          - accepted_values:\n"
            "              arguments: {values: [web, app]}\n",
            after="orders_daily",
        )
        edit(project / MARTS, "[not_null, unique]", "[unique]")
        described = "description: When it was placed, in UTC."
        edit(project / MARTS, described, f"{described}\n        data_tests: [not_null]")
        edit(project / MARTS, "values: [web, app]", "values: [web]")
        text = (project / MARTS).read_text(encoding="utf-8")
        kept, _, _ = text.partition("  - name: order_notebooks")
        (project / MARTS).write_text(kept, encoding="utf-8")
        edit(project / SEMANTIC, "agg: sum", "agg: max")

    report = main.report(change, "promises")
    assert said(report) == {
        ("error", "accepted_values_narrowed", "fct_orders.channel"),
        ("error", "accepted_values_narrowed", "orders_daily.channel"),
        ("error", "contract_removed", "orders_daily"),
        ("error", "test_failed", "accepted_values_fct_orders_channel__web"),
        ("warning", "description_removed", "orders_daily.channel"),
        ("warning", "exposure_removed", "order_notebooks"),
        ("warning", "metric_changed", "app_amount_krw and 1 more"),
        ("warning", "test_removed", "fct_orders.order_id"),
        ("note", "owner_changed", "orders_daily"),
        ("note", "test_added", "fct_orders.ordered_at"),
    }
    text = terminal(report)
    for words in ("no longer accepted: app", "accepted alone: app, web"):
        assert words in text


def test_personal_data_that_reaches_an_exposure_is_told_of(main: Main) -> None:
    def change(project: Path) -> None:
        edit(project / EVENTS, "min: 1}", "min: 1, personal_data: Personal}")

    report = main.report(change, "exposed")
    assert said(report) == {
        ("warning", "personal_data_changed", "stg_shop__order_placed.amount_krw"),
        ("error", "personal_data_exposed", "order_notebooks"),
        ("error", "personal_data_exposed", "sales_dashboard"),
    }


def test_a_metric_that_comes_to_something_else_is_shown(main: Main) -> None:
    def change(project: Path) -> None:
        edit(project / DAILY, "from orders\n", "from orders\n    where not is_cancelled\n")

    assert "ordered_amount_krw: 88,200 -> 42,700 (-51.6%)" in terminal(
        main.report(change, "metric")
    )
