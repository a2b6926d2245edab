"""Changes that reviewers met, each alone: what the gate says, what it reaches and whom to ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from branches import Change, edit
from changes import DAILY, MARTS, ORDERS

SEMANTIC = "models/semantic/_semantic.yml"
STEPS = "models/intermediate/sales/int_order_steps.sql"
WINDOWS = "seeds/funnel_windows.csv"
DOCS = "models/docs.md"
TESTS = "models/marts/sales/_sales__unit_tests.yml"


SALES = "Sales analytics"
PLATFORM = "Data platform"
OWNER = "Shop owner"


@dataclass(frozen=True)
class Due:
    """A finding that is due: severity, kind and place; what it reaches, and whom to ask."""

    finding: str
    reaches: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()


@dataclass(frozen=True)
class Review:
    """A change, all findings due, and words that the report holds."""

    name: str
    change: Change
    due: tuple[Due, ...]
    words: tuple[str, ...] = ()


def filter_a_metric(project: Path) -> None:
    edit(project / SEMANTIC, "= 'app'", "in ('app', 'web')")


def remove_a_dimension(project: Path) -> None:
    edit(
        project / SEMANTIC,
        "      - name: is_web\n        type: categorical\n        expr: channel = 'web'\n",
        "",
    )


def drop_a_ref_of_an_exposure(project: Path) -> None:
    edit(project / MARTS, ", ref('quick_cancellations')", "")


def change_the_owner_of_an_exposure(project: Path) -> None:
    owner = "{name: Shop owner, email: owner@example.com}"
    edit(project / MARTS, owner, "{name: Finance, email: finance@example.com}")


def lower_the_maturity_of_an_exposure(project: Path) -> None:
    edit(project / MARTS, "maturity: high", "maturity: low")


def swap_columns_of_a_union(project: Path) -> None:
    edit(project / STEPS, "'cancelled' as step, 'support' as place",
         "'support' as step, 'cancelled' as place")  # fmt: skip


def fan_out_a_join(project: Path) -> None:
    edit(project / ORDERS, "left join cancelled on placed.order_id = cancelled.order_id",
         "left join cancelled on cancelled.order_id is not null\n"
         "    inner join (values (1), (2)) as copies (copy) on true")  # fmt: skip


def make_an_amount_random(project: Path) -> None:
    edit(project / ORDERS, "placed.amount_krw,",
         "cast(placed.amount_krw * (1 + random()) as bigint) as amount_krw,")  # fmt: skip


def shorten_a_window(project: Path) -> None:
    edit(project / WINDOWS, "checkout,90", "checkout,45")


def make_a_key_nullable(project: Path) -> None:
    edit(project / ORDERS, "        placed.order_id,",
         "        nullif(placed.order_id, 'o3') as order_id,")  # fmt: skip
    edit(project / MARTS, "[not_null, unique]", "[unique]")


def rename_a_seed_column(project: Path) -> None:
    edit(project / WINDOWS, "window_minutes", "minutes")
    edit(project / "seeds/_seeds.yml", "window_minutes", "minutes")
    edit(project / "models/marts/sales/quick_cancellations.sql",
         "windows.window_minutes", "windows.minutes")  # fmt: skip


def add_a_bare_mart(project: Path) -> None:
    (project / "models/marts/sales/customers.sql").write_text(
        "{{ config(contract={'enforced': false}) }}\n\nselect distinct channel\n"
        "from {{ ref('fct_orders') }}\n",
        encoding="utf-8",
    )


def rename_a_mart(project: Path) -> None:
    marts = project / MARTS
    (marts.parent / "quick_cancellations.sql").rename(marts.parent / "fast_cancellations.sql")
    edit(marts, "- name: quick_cancellations", "- name: fast_cancellations")
    edit(marts, "ref('quick_cancellations')", "ref('fast_cancellations')")


def edit_a_doc_block(project: Path) -> None:
    edit(project / DOCS, "Score, below", "Score of an order, below")


def delete_an_analysis(project: Path) -> None:
    (project / "analyses/orders_by_hour.sql").unlink()


def break_the_sql(project: Path) -> None:
    edit(project / DAILY, "count(*) as", "count(* as")


def break_the_jinja(project: Path) -> None:
    edit(project / DAILY, "{{ ref('fct_orders') }}", "{{ ref('fct_orders' }}")


def break_the_yaml(project: Path) -> None:
    edit(project / MARTS, "    description: One row an order.", "   description: One row an order.")


def use_a_macro_in_yaml(project: Path) -> None:
    edit(project / MARTS, "config: {group: sales}", "config: {group: \"{{ group_of('sales') }}\"}")


def move_a_model_below_unit_tests(project: Path) -> None:
    with (project / TESTS).open("a", encoding="utf-8") as file:
        file.write("\n  - name: customers\n    columns: [{name: channel}]\n")


def break_a_unit_test(project: Path) -> None:
    edit(project / TESTS, "amount_krw: 300", "amount_krw: 400")


_AMOUNTS = ("app_amount_krw", "app_amount_per_order_krw", "ordered_amount_krw")
_METRICS = (*_AMOUNTS, "orders")
_BOTH = ("Order notebooks", "Sales dashboard")
_SCORED = ("order_scores", "Order notebooks")
_BELOW_ORDERS = ("order_scores", "orders_daily", *_METRICS, *_BOTH)
_BELOW_DAILY = (*_METRICS, "Sales dashboard")
_EVERYBODY = (PLATFORM, SALES, OWNER)
_MODELS = ("fct_orders", "order_scores", "orders_daily", "quick_cancellations", "refused_orders")

REVIEWS = (
    Review(
        "filter of a metric",
        filter_a_metric,
        (Due("warning metric_changed app_amount_krw", ("app_amount_per_order_krw",), (SALES,)),),
        (
            "filter: {{ Dimension('daily_order__channel') }} = 'app' -> "
            "{{ Dimension('daily_order__channel') }} in ('app', 'web')",
            "app_amount_krw: 30,700 -> 88,200 (+187.3%)",
            "app_amount_per_order_krw: 7,675 -> 22,050 (+187.3%)",
        ),
    ),
    Review(
        "dimension removed",
        remove_a_dimension,
        (Due("error dimension_removed daily_orders.is_web", _METRICS, (SALES,)),),
    ),
    Review(
        "ref of an exposure",
        drop_a_ref_of_an_exposure,
        (Due("warning exposure_changed sales_dashboard", (), (OWNER,)),),
        ("no longer reads quick_cancellations",),
    ),
    Review(
        "owner of an exposure",
        change_the_owner_of_an_exposure,
        (Due("note owner_changed sales_dashboard", (), ("Finance", OWNER)),),
        ("Shop owner <owner@example.com> -> Finance <finance@example.com>",),
    ),
    Review(
        "maturity of an exposure",
        lower_the_maturity_of_an_exposure,
        (Due("note exposure_changed sales_dashboard", (), (OWNER,)),),
        ("maturity: high -> low",),
    ),
    Review(
        "analysis deleted",
        delete_an_analysis,
        (Due("warning node_removed orders_by_hour"),),
        ("analysis removed",),
    ),
    Review(
        "swapped columns",
        swap_columns_of_a_union,
        (
            Due("warning values_changed int_order_steps", ("refused_orders",), (PLATFORM, SALES)),
            Due("note sql_changed int_order_steps", (), (SALES,)),
        ),
        ("1 row of 5 changed: place in 1, step in 1; no rows to compare in refused_orders",),
    ),
    Review(
        "fan-out join",
        fan_out_a_join,
        (
            Due("error test_failed unique_fct_orders_order_id", ("Order notebooks",), (SALES,)),
            Due("error test_failed unique_order_scores_order_id", (), (PLATFORM,)),
            Due("warning rows_added fct_orders", _BELOW_ORDERS, _EVERYBODY),
            Due("warning rows_added order_scores", (), (PLATFORM,)),
            Due("warning values_changed fct_orders", _BELOW_ORDERS, _EVERYBODY),
            Due(
                "warning values_changed orders_daily",
                _BELOW_DAILY,
                (SALES, OWNER),
            ),
            Due("note sql_changed fct_orders", ("Order notebooks",), (SALES,)),
        ),
        ("order_id is not unique any more: 4 of its values have up to 2 rows",),
    ),
    Review(
        "random amount",
        make_an_amount_random,
        (
            Due("warning not_deterministic fct_orders", ("Order notebooks",), (SALES,)),
            Due(
                "warning values_changed fct_orders",
                ("order_scores", "orders_daily", *_AMOUNTS, *_BOTH),
                _EVERYBODY,
            ),
            Due("warning values_changed order_scores", (), (PLATFORM,)),
            Due(
                "warning values_changed orders_daily",
                (*_AMOUNTS, "Sales dashboard"),
                (SALES, OWNER),
            ),
            Due("note sql_changed fct_orders", ("Order notebooks",), (SALES,)),
        ),
        (
            "newly calls random(): every build gives other rows",
            "4 rows of 4 changed: amount_krw in 4",
        ),
    ),
    Review(
        "window in a seed",
        shorten_a_window,
        (
            Due("warning rows_removed quick_cancellations", ("Sales dashboard",), (SALES, OWNER)),
            Due(
                "note seed_changed funnel_windows",
                ("quick_cancellations", "Sales dashboard"),
                (SALES, OWNER),
            ),
        ),
        (
            "1 row of 2 changed (funnel checkout: window_minutes 90 -> 45)",
            "changed: funnel checkout: window_minutes 90 -> 45",
        ),
    ),
    Review(
        "nullable key",
        make_a_key_nullable,
        (
            Due("error test_failed not_null_order_scores_order_id", (), (PLATFORM,)),
            Due(
                "warning test_removed fct_orders.order_id",
                ("order_scores.order_id", "Order notebooks"),
                (PLATFORM, SALES),
            ),
            Due("warning rows_added fct_orders", _SCORED, (PLATFORM, SALES)),
            Due("warning rows_added order_scores", (), (PLATFORM,)),
            Due("warning rows_removed fct_orders", _SCORED, (PLATFORM, SALES)),
            Due("warning rows_removed order_scores", (), (PLATFORM,)),
            Due("note sql_changed fct_orders", ("Order notebooks",), (SALES,)),
        ),
        ("added: order_id null",),
    ),
    Review(
        "renamed seed column",
        rename_a_seed_column,
        (
            Due(
                "note column_renamed funnel_windows.window_minutes",
                ("quick_cancellations", "Sales dashboard"),
                (SALES, OWNER),
            ),
            Due("note sql_changed quick_cancellations", ("Sales dashboard",), (SALES, OWNER)),
        ),
        ("renamed to minutes",),
    ),
    Review(
        "mart without docs or tests",
        add_a_bare_mart,
        (Due("note model_added customers"),),
        ("model added, no owner, no description, no tests",),
    ),
    Review(
        "mart renamed",
        rename_a_mart,
        (Due("error model_renamed quick_cancellations", ("Sales dashboard",), (SALES, OWNER)),),
        (
            "renamed to fast_cancellations",
            "0 of 1 compared tables differ",
            "fast_cancellations, with 2 tests, 1 data contract, 4 edges",
        ),
    ),
    Review(
        "doc block",
        edit_a_doc_block,
        (Due("note description_changed score", ("order_scores",), (PLATFORM,)),),
        ("23 descriptions in 1 model, doc block: Score, below", "~ description of 23:"),
    ),
    Review(
        "SQL error",
        break_the_sql,
        (
            Due("error build_failed orders_daily", _BELOW_DAILY, (SALES, OWNER)),
            Due("note sql_changed orders_daily", _BELOW_DAILY, (SALES, OWNER)),
        ),
        ('syntax error at or near "as"; line 11 of the compiled SQL: count(* as order_count,',),
    ),
    Review(
        "Jinja error",
        break_the_jinja,
        (
            Due(
                "error build_failed models/marts/sales/orders_daily.sql:2",
                ("orders_daily", *_BELOW_DAILY),
                (SALES, OWNER),
            ),
        ),
        ("unexpected '}', expected ')'; select * from {{ ref('fct_orders' }}",),
    ),
    Review(
        "YAML error",
        break_the_yaml,
        (
            Due(
                "error build_failed models/marts/sales/_sales__models.yml:5",
                (*_MODELS, *_METRICS, *_BOTH),
                _EVERYBODY,
            ),
        ),
        ("while parsing a block collection; did not find expected '-' indicator",),
    ),
    Review(
        "macro in YAML",
        use_a_macro_in_yaml,
        (
            Due(
                "error build_failed models/marts/sales/_sales__models.yml:6",
                (*_MODELS, *_METRICS, *_BOTH),
                _EVERYBODY,
            ),
        ),
        ("Could not render {{ group_of('sales') }}: 'group_of' is undefined",),
    ),
    Review(
        "misplaced entry",
        move_a_model_below_unit_tests,
        (
            Due(
                "error build_failed models/marts/sales/_sales__unit_tests.yml",
            ),
        ),
        ("Additional properties are not allowed ('columns' was unexpected): customers of",),
    ),
    Review(
        "unit test",
        break_a_unit_test,
        (
            Due(
                "error test_failed orders_daily::orders_are_counted_by_date_and_channel",
                _BELOW_DAILY,
                (SALES, OWNER),
            ),
            Due("note test_changed orders_daily", _BELOW_DAILY, (SALES, OWNER)),
        ),
        ("actual differs from expected: 2026-01-05,app ,400→300",),
    ),
)

# The number of lines of each report as text: one cause is one line, counted.
LINES = {
    "filter of a metric": 19,
    "dimension removed": 16,
    "ref of an exposure": 15,
    "owner of an exposure": 13,
    "maturity of an exposure": 10,
    "analysis deleted": 11,
    "swapped columns": 36,
    "fan-out join": 77,
    "random amount": 71,
    "window in a seed": 29,
    "nullable key": 56,
    "renamed seed column": 28,
    "mart without docs or tests": 14,
    "mart renamed": 23,
    "doc block": 17,
    "SQL error": 26,
    "Jinja error": 16,
    "YAML error": 16,
    "macro in YAML": 16,
    "misplaced entry": 13,
    "unit test": 17,
}
