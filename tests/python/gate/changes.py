"""Fourteen changes of the little project, each alone, and what the gate has to say of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from branches import Change, edit

ORDERS = "models/marts/sales/fct_orders.sql"
DAILY = "models/marts/sales/orders_daily.sql"
MARTS = "models/marts/sales/_sales__models.yml"
EVENTS = "models/staging/shop/_shop__events.yml"


@dataclass(frozen=True)
class Case:
    """A change, the findings due as (severity, kind, place), and words that the report holds."""

    name: str
    change: Change
    due: frozenset[tuple[str, str, str]]
    words: tuple[str, ...] = ()


def rename_a_column(project: Path) -> None:
    edit(project / ORDERS, "as ordered_at", "as placed_at")
    edit(project / MARTS, "name: ordered_at", "name: placed_at")


def drop_a_column(project: Path) -> None:
    edit(project / DAILY, "        count(*) as order_count,\n", "")
    edit(
        project / MARTS,
        "      - name: order_count\n        data_type: bigint\n"
        "        description: Orders placed.\n",
        "",
    )


def retype_orders_count(data_type: str) -> Change:
    def change(project: Path) -> None:
        edit(project / DAILY, "count(*) as", f"cast(count(*) as {data_type}) as")
        edit(project / MARTS, "bigint", data_type, after="name: order_count")

    return change


def change_a_filter(project: Path) -> None:
    edit(project / DAILY, "from orders\n", "from orders\n    where not is_cancelled\n")


def change_a_grain(project: Path) -> None:
    edit(project / DAILY, "        channel,\n", "        min(channel) as channel,\n")
    edit(project / DAILY, "group by order_date, channel", "group by order_date")
    edit(project / MARTS, "columns: [order_date, channel]", "columns: [order_date]")


def edit_a_doc(project: Path) -> None:
    edit(project / MARTS, "Whether it was cancelled.", "Whether the customer cancelled it.")


def add_an_event(project: Path) -> None:
    (project / "models/staging/shop/stg_shop__order_rated.sql").write_text(
        "{{ planned('order_rated') }}\n", encoding="utf-8"
    )
    edit(project / "dbt_project.yml", "order_cancelled]", "order_cancelled, order_rated]")
    with (project / EVENTS).open("a", encoding="utf-8") as file:
        file.write(
            "\n  - name: stg_shop__order_rated\n    description: A customer rated an order.\n"
            '    config: {group: sales, meta: {event: order_rated, since: "2.0.0"}}\n'
            "    columns:\n      - name: stars\n        data_type: bigint\n"
            "        description: From 1 to 5.\n"
            "        config: {meta: {property: stars, required: true, min: 1, max: 5}}\n"
        )


def tighten_a_rule(project: Path) -> None:
    edit(project / EVENTS, "min: 1}", "min: 1000}", after="name: amount_krw")


def deprecate_an_event(project: Path) -> None:
    edit(
        project / EVENTS,
        'since: "1.1.0"}',
        'since: "1.1.0", deprecated: {since: "2.0.0", use: order_returned}}',
    )


def break_a_contract(project: Path) -> None:
    edit(
        project / ORDERS, "placed.amount_krw,", "cast(placed.amount_krw as varchar) as amount_krw,"
    )


def add_an_untested_mart(project: Path) -> None:
    (project / "models/marts/sales/customers.sql").write_text(
        "with orders as (\n    select * from {{ ref('fct_orders') }}\n),\n\n"
        "customers as (\n    select distinct channel from orders\n)\n\nselect * from customers\n",
        encoding="utf-8",
    )
    edit(
        project / MARTS,
        "exposures:",
        "  - name: customers\n    description: Channels with orders.\n"
        "    config: {group: sales}\n    columns:\n      - name: channel\n"
        "        data_type: varchar\n        description: Where orders are placed.\n\nexposures:",
    )


def make_a_lint_error(project: Path) -> None:
    edit(project / DAILY, "select * from daily_orders", "SELECT * from daily_orders")


def change_a_macro(project: Path) -> None:
    edit(project / "macros/business_date.sql", "interval 9 hour", "interval 15 hour")


def reformat(project: Path) -> None:
    """Layout, comments, optional words, the order of keys: no SQL and no YAML that means more."""
    edit(project / DAILY, "with orders as (", "{# Orders by day. #}\nwith orders as (")
    edit(project / DAILY, "    group by order_date, channel", "    group by\n        order_date,\n"
         "        channel")  # fmt: skip
    edit(project / ORDERS, "left join", "left outer join")
    edit(project / ORDERS, "{{ business_date('placed.occurred_at') }}",
         "{{\n            business_date('placed.occurred_at')\n        }}")  # fmt: skip
    edit(project / "macros/business_date.sql", "{# The business date", "{# The (business) date")
    edit(
        project / MARTS,
        "      - name: is_cancelled\n        data_type: boolean\n"
        "        description: Whether it was cancelled.\n",
        "      - description: Whether it was cancelled.\n        name: is_cancelled\n"
        "        data_type: boolean\n",
    )
    edit(
        project / MARTS,
        "    description: One row an order.\n    config: {group: sales}\n",
        "    config: {group: sales}\n    description: >-\n      One row\n      an order.\n",
    )


def _due(*findings: str) -> frozenset[tuple[str, str, str]]:
    found = [one.split(" ", 2) for one in findings]
    return frozenset((severity, kind, place) for severity, kind, place in found)


CASES = (
    Case(
        "rename",
        rename_a_column,
        _due("error column_renamed fct_orders.ordered_at", "note sql_changed fct_orders"),
        ("renamed to placed_at", "Order notebooks"),
    ),
    Case(
        "drop",
        drop_a_column,
        _due("error column_removed orders_daily.order_count", "note sql_changed orders_daily"),
        ("removed, was bigint", "exposures: Sales dashboard"),
    ),
    Case(
        "widen",
        retype_orders_count("hugeint"),
        _due("warning type_widened orders_daily.order_count", "note sql_changed orders_daily"),
        ("bigint -> hugeint", "Shop owner <owner@example.com>"),
    ),
    Case(
        "narrow",
        retype_orders_count("integer"),
        _due("error type_narrowed orders_daily.order_count", "note sql_changed orders_daily"),
        ("bigint -> integer",),
    ),
    Case(
        "filter",
        change_a_filter,
        _due("warning rows_removed orders_daily", "note sql_changed orders_daily"),
        ("1 row of 4 removed", "total of amount_krw: 88,200 -> 42,700 (-51.6%)"),
    ),
    Case(
        "grain",
        change_a_grain,
        _due(
            "error grain_changed orders_daily",
            "warning rows_added orders_daily",
            "warning rows_removed orders_daily",
            "note sql_changed orders_daily",
        ),
        ("unique by channel, order_date, now by order_date",),
    ),
    Case("doc", edit_a_doc, _due("note description_changed fct_orders.is_cancelled")),
    Case(
        "event",
        add_an_event,
        _due("note event_added stg_shop__order_rated", "note node_changed dbt_project.yml"),
        ("event order_rated: 1 property, owned by sales",),
    ),
    Case(
        "tighten",
        tighten_a_rule,
        _due(
            "warning rule_tightened stg_shop__order_placed.amount_krw",
            "warning rows_removed fct_orders",
            "warning rows_removed order_scores",
            "warning rows_removed orders_daily",
        ),
        ("amount: min 1 -> 1000", "removed: order_id o2"),
    ),
    Case(
        "deprecate",
        deprecate_an_event,
        _due("warning event_deprecated stg_shop__order_cancelled"),
        ("event order_cancelled deprecated (2.0.0; use order_returned)",),
    ),
    Case(
        "contract",
        break_a_contract,
        _due("error contract_broken fct_orders", "note sql_changed fct_orders"),
        ("Catalog: not made", "skipped: order_scores, orders_daily"),
    ),
    Case(
        "untested",
        add_an_untested_mart,
        _due("error rule customers", "note model_added customers"),
        ("every_mart_is_tested",),
    ),
    Case(
        "lint",
        make_a_lint_error,
        _due("error lint models/marts/sales/orders_daily.sql:15"),
        ("CP01",),
    ),
    Case(
        "macro",
        change_a_macro,
        _due(
            "note sql_changed fct_orders",
            "warning rows_added orders_daily",
            "warning rows_removed orders_daily",
            "warning values_changed fct_orders",
            "warning values_changed orders_daily",
        ),
        ("by business_date",),
    ),
    Case("reformat", reformat, frozenset()),
)
