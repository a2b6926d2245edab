"""A metric is one entry of YAML: its rows follow, and what cannot be kept stops dbt."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.pages.metric_dictionary import dictionary
from mart_runs import PROJECT, Mart, copy_project
from marts_by_hand import marts_by_hand
from metric_queries import Key, SemanticLayer

COMPILED = ("compile", "--select", "int_*_metrics", "metrics_daily")
SEMANTIC = "models/semantic/_{}__semantic.yml"
LISTS = "models/intermediate/metrics/int_{}_metrics.sql"

MEASURES = """
      - {name: told_fees, agg: count, expr: fee_krw}
      - {name: mean_fee, agg: average, expr: fee_krw}
      - {name: least_fee, agg: min, expr: fee_krw}
      - {name: largest_fee, agg: max, expr: fee_krw}
      - {name: with_fee, agg: sum_boolean, expr: fee_krw > 0}
      - {name: middle_fee, agg: median, expr: fee_krw}
      - {name: exact_middle_fee, agg: percentile, expr: fee_krw, agg_params: {percentile: 0.5}}
      - name: users_by_completion
        agg: count_distinct
        expr: user_id
        agg_time_dimension: completed_date
"""
COMPLETED_DATE = """
      - name: completed_date
        type: time
        expr: cast(completed_at as date)
        type_params: {time_granularity: day}
"""
ENTRY = """
  - name: {name}
    label: {name}
    description: Added by a test.
    type: {type}
    type_params: {params}
    {filter}
    config:
      group: payments
      meta: {{unit: fees, additive_over: neither, coarser_grain: recount{meta}}}
"""
IOS = "\"{{ Dimension('transfer__platform') }} = 'ios'\""
BY_BANK = "\"{{Dimension(\\\"transfer__bank_code\\\")}} in ('004', '088') and not (1 = 2)\""
OF_MASS = "\"{{ Dimension('user__segment') }} = 'mass' or {{ Dimension('user__region') }} is null\""
ADDED = {
    **{
        f"the_{name}": ("simple", f"{{measure: {name}}}", "")
        for name in (
            *("told_fees", "mean_fee", "least_fee", "largest_fee", "with_fee", "middle_fee"),
            *("exact_middle_fee", "users_by_completion"),
        )
    },
    "fees_of_ios": ("simple", "{measure: told_fees}", f"filter: {IOS}"),
    "fees_of_measure": ("simple", f"{{measure: {{name: with_fee, filter: {BY_BANK}}}}}", ""),
    "fees_of_mass": ("simple", "{measure: fee_amount}", f"filter: {OF_MASS}"),
    "middle_of_ios": ("simple", "{measure: middle_fee}", f"filter: [{IOS}, {BY_BANK}]"),
    "senders_of_mass": ("simple", "{measure: sender_count}", f"filter: {OF_MASS}"),
    "share_of_ios": (
        *(
            "ratio",
            f"{{numerator: {{name: transfers, alias: ios, filter: {IOS}}},"
            " denominator: transfers}",
        ),
        f"filter: {BY_BANK}",
    ),
    "senders_a_fee": ("ratio", "{numerator: fees_of_ios, denominator: the_largest_fee}", ""),
    "left_of_ios": (
        "derived",
        "{expr: transfers - ios, metrics: [transfers,"
        f" {{name: transfers, alias: ios, filter: {IOS}}}]}}",
        "",
    ),
    "largest_and_senders": (
        "derived",
        "{expr: the_largest_fee + fee_krw, metrics: [the_largest_fee,"
        " {name: transfer_senders, alias: fee_krw}]}",
        "",
    ),
    "rest_of_share": ("derived", "{expr: 1 - share_of_ios, metrics: [share_of_ios]}", ""),
    "less_failed": (
        "derived",
        "{expr: done - failed_transfers, metrics: [{name: completed_transfers, alias: done},"
        " failed_transfers]}",
        "",
    ),
}
# Metrics on several marts: by platform and segment, which all have, or by what their entry lists.
COMBINED = {
    "fees_a_user": ("ratio", "{numerator: transfer_fees_krw, denominator: daily_active_users}", ""),
    "largest_fee_a_user": (
        "ratio",
        "{numerator: the_largest_fee, denominator: daily_active_users}",
        "",
    ),
    "users_a_largest_fee": (
        "ratio",
        "{numerator: daily_active_users, denominator: the_largest_fee}",
        "",
    ),
    "mass_a_user": (
        "ratio",
        f"{{numerator: {{name: transfers, filter: {IOS}}}, denominator: card_applications}}",
        f"filter: {OF_MASS}",
    ),
    "fees_less_all": (
        "derived",
        "{expr: fees_a_user - applied / users, metrics: [fees_a_user,"
        " {name: card_applications, alias: applied}, {name: daily_active_users, alias: users}]}",
        "",
    ),
}
OF_ALL_ALONE = {"mass_a_user", "fees_less_all"}
GIVEN = {
    "int_business_dates": "business_date\n2026-01-01\n2026-03-01\n",
    "int_open_dates": "counted,open_from_date\nevents,2026-03-01\nbank,2026-03-01\n",
    "int_arrival_shares": "age_days,arrived_share\n1,0.9\n",
    "fct_transfers": """\
transfer_id,transfer_date,completed_at,platform,bank_code,user_segment,user_id,transfer_status,amount_krw,fee_krw
t1,2026-01-01,2026-01-02 03:00:00,ios,004,mass,u1,completed,1000,10
t2,2026-01-01,,ios,088,mass,u2,failed,200,0
t3,2026-01-01,2026-01-01 03:00:00,android,004,youth,u1,completed,500,
t4,2026-01-01,,,004,mass,u3,started,7,40
t5,2026-01-02,2026-01-02 05:00:00,android,020,youth,u4,completed,8,30
t6,2026-01-02,2026-01-02 06:00:00,android,088,youth,u4,completed,9,
""",
    "dim_users": "user_id,segment,region\nu1,mass,seoul\nu2,youth,\nu4,youth,busan\n",
    "fct_messages": """\
message_id,sent_date,campaign_id,channel,is_holdout,is_delivered,is_opened,attributed_conversion_count
m1,2026-01-01,c1,push,false,true,true,2
m2,2026-01-01,c2,push,false,true,false,0
m3,2026-01-02,c2,text,true,false,false,0
m4,,c1,text,false,false,false,0
""",
    # On the 1st there are users, transfers and applications; on the 3rd and 4th one alone.
    "fct_user_days": """\
user_id,activity_date,platform,user_segment
u1,2026-01-01,ios,mass
u1,2026-01-01,android,mass
u2,2026-01-01,web,mass
u4,2026-01-02,android,youth
u4,2026-01-03,ios,youth
""",
    "fct_card_applications": """\
application_id,application_date,platform,card_product,user_segment,user_id,application_status
a1,2026-01-01,ios,credit,mass,u1,approved
a2,2026-01-04,ios,debit,youth,u2,approved
""",
    "dim_campaigns": "campaign_id,goal_event_name\nc1,transfer_completed\nc2,\n",
}


@dataclass(frozen=True)
class ByHand:
    """A project's metrics on rows given by hand, as the semantic layer asks it."""

    target_path: Path
    marts: duckdb.DuckDBPyConnection

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.marts.execute(sql).fetchall()


def change(project: Path, file: str, old: str, new: str) -> None:
    """Replace a text that is there once."""
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (file, old, text.count(old))
    path.write_text(text.replace(old, new), encoding="utf-8")


def append(project: Path, file: str, entry: str) -> None:
    """Add the entry of a metric."""
    change(project, file, "\nmetrics:\n", f"\nmetrics:\n{entry}\n")


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    """Return a project with a metric more for each thing that an entry may say."""
    project = copy_project(tmp_path_factory.mktemp("added"))
    payments = SEMANTIC.format("payments")
    measure = '      - {name: sender_count, agg: count_distinct, expr: "user_id"}\n'
    change(project, payments, measure, measure + MEASURES.lstrip("\n"))
    dated = "      - {name: transfer_date, type: time, type_params: {time_granularity: day}}\n"
    change(project, payments, dated, dated + COMPLETED_DATE.lstrip("\n"))
    listed = "[\n    ref('dim_users'),\n    ref('fct_user_days'),\n"
    change(project, LISTS.format("payments"), "[\n", listed)
    for name, (kind, parameters, filtered) in {**ADDED, **COMBINED}.items():
        meta = ", dimensions: [all]" if name in OF_ALL_ALONE else ""
        append(
            *(project, payments),
            ENTRY.format(name=name, type=kind, params=parameters, filter=filtered, meta=meta),
        )
    mart = Mart(tmp_path_factory.mktemp("mart"), record_sources=("bank", "crm"), project=project)
    failed = mart.failures(*COMPILED)
    assert not failed, failed
    return mart


def test_metricflow_gives_the_rows_of_every_kind_of_entry(added: Mart) -> None:
    with marts_by_hand(added.target_path, GIVEN) as marts:
        layer = SemanticLayer(ByHand(added.target_path, marts))
        table = layer.table()
        assert {key[0] for key in table} >= {*ADDED, *COMBINED, "message_conversion_rate"}
        asked = {(metric, dimension) for metric, _, dimension, _ in table}
        # A row without a date has no day in the table.
        given = {key: value for key, value in layer.values(asked).items() if key[1] and value != 0}
    told = {key: value for key, value in table.items() if value is not None and value != 0}
    assert {key[0] for key in told} >= {*ADDED, *COMBINED}
    assert given == pytest.approx(told)
    assert told[_total("left_of_ios")] == 2
    assert told[_total("share_of_ios")] == told[_total("rest_of_share")] == 0.5
    assert _total("rest_of_share", "2026-01-02") not in told


def test_an_entry_is_in_the_dictionary_and_in_the_artifacts_of_the_catalog(added: Mart) -> None:
    page = dictionary(added.project)
    manifest = json.loads((added.target_path / "manifest.json").read_text(encoding="utf-8"))
    for name in ADDED:
        assert page.count(f"\n`{name}` Added by a test.\n") == 1
        assert f"metric.logmart.{name}" in manifest["metrics"]
    assert "- Made of: `done - failed_transfers`\n" in page
    of_users = "- Made of: `transfer_fees_krw` / `daily_active_users`\n"
    assert f"{of_users}- In the table by: platform, user_segment\n" in page
    of_all = page.partition("\n`fees_less_all` ")[2].partition("\n#")[0]
    assert "In the table by" not in of_all
    assert (
        "- Made of: count of `fee_krw` in `fct_transfers`, where `transfer__platform = 'ios'`"
        in page
    )


def test_a_metric_on_several_marts_has_the_dates_and_dimensions_of_its_parts(added: Mart) -> None:
    with marts_by_hand(added.target_path, GIVEN) as marts:
        rows = marts.execute(
            "select metric, dimension_value, day(metric_date), numerator, denominator,"
            " final_from_date - metric_date from marts.metrics_daily"
            " where metric in ('fees_a_user', 'fees_less_all')"
        ).fetchall()
    # Transfers end within a day, card applications within 5; the horizon is 30 days.
    assert Counter(rows) == Counter(
        [
            ("fees_a_user", "all", 1, 50, 2, 32),
            ("fees_a_user", "ios", 1, 10, 1, 32),
            ("fees_a_user", "android", 1, 0, 1, 32),
            ("fees_a_user", "web", 1, 0, 1, 32),
            ("fees_a_user", "unknown", 1, 40, 0, 32),
            ("fees_a_user", "mass", 1, 50, 2, 32),
            ("fees_a_user", "youth", 1, 0, 0, 32),
            *(("fees_a_user", value, 2, 30, 1, 32) for value in ("all", "android", "youth")),
            *(("fees_a_user", value, 3, 0, 1, 32) for value in ("all", "ios", "youth")),
            ("fees_less_all", "all", 1, 24.5, None, 36),
            *(("fees_less_all", "all", day, None, None, 36) for day in (2, 3, 4)),
        ]
    )


def _total(metric: str, day: str = "2026-01-01") -> Key:
    return metric, date.fromisoformat(day), "all", "all"


@dataclass(frozen=True)
class Refused:
    """A change of a file that dbt refuses, and what it says of the metric."""

    file: str
    old: str
    new: str
    problem: str


# Of each round every change is of another area, so that dbt tells of all at once.
PAYMENTS, CRM, GROWTH = (SEMANTIC.format(area) for area in ("payments", "crm", "growth"))
ENGAGEMENT, OPERATIONS = (SEMANTIC.format(area) for area in ("engagement", "operations"))
REFUSED = (
    (
        Refused(
            PAYMENTS,
            "dimensions: [all, platform, bank_code,",
            "dimensions: [all, platform, bank,",
            "metric average_transfer_krw: transfer__bank is no categorical dimension of semantic",
        ),
        Refused(
            ENGAGEMENT,
            "agg_params: {percentile: 0.5}",
            "agg_params: {percentile: 0.9}",
            "metric median_session_seconds: measure median_duration is a percentile: of",
        ),
        Refused(
            OPERATIONS,
            "\"{{ Dimension('ingestion_day__has_received') }}\"",
            "\"{{ TimeDimension('metric_time', 'day') }} > '2026-01-01'\"",
            "metric late_events: its filter {{ TimeDimension('metric_time', 'day') }} > ",
        ),
        Refused(
            LISTS.format("crm"),
            "    ref('dim_campaigns'),\n",
            "",
            "metric message_conversion_rate: it reads dim_campaigns, which",
        ),
        Refused(
            GROWTH,
            "        handwritten: The rows of its denominator, monthly_active_users, are.\n",
            "",
            "metric monthly_active_users: a metric of type cumulative has no rows of its",
        ),
    ),
    (
        Refused(
            PAYMENTS,
            "{numerator: completed_transfers, denominator: ended_transfers}",
            "{numerator: completed_transfers, denominator: daily_active_users}",
            "metric transfer_success_rate: it reads fct_user_days, which",
        ),
        Refused(
            ENGAGEMENT,
            "{{ Dimension('event__is_bot') }}",
            "{{ Dimension('event__is_robot') }}",
            "metric events: event__is_robot is no categorical dimension of semantic model events",
        ),
        Refused(
            OPERATIONS,
            "restates it.\n\n  - name: rejected_share",
            "restates it.\n        window_day: 1\n\n  - name: rejected_share",
            "metric rejected_events: nothing reads config.meta.window_day: take it out",
        ),
        Refused(
            CRM,
            "        records: crm\n        caveats: Dated by the last attempt.",
            "        records: crm\n        dated_by: sending",
            "metric frequency_cap_breaches: config.meta.dated_by is sending: make it one of",
        ),
        Refused(
            GROWTH,
            "        unit: users\n        additive_over: neither\n        coarser_grain: last_date"
            "\n        looks_back_days: 27",
            "        additive_over: neither\n        coarser_grain: last_date"
            "\n        looks_back_days: 27",
            "metric idle_users: it has no config.meta.unit: give it one",
        ),
    ),
    (
        Refused(
            PAYMENTS,
            "{measure: sender_count}",
            "{measure: {name: sender_count, fill_nulls_with: 0}}",
            "metric transfer_senders: a measure with join_to_timespine or fill_nulls_with has",
        ),
        Refused(
            ENGAGEMENT,
            "identity_basis: \"{{ 1 + var('horizon_days') }}\", ",
            "",
            "metric average_session_seconds: config.meta.window_days has no identity_basis",
        ),
        Refused(
            OPERATIONS,
            "{name: business_date, type: time, type_params: {time_granularity: day}}",
            "{name: business_date, type: time, type_params: {time_granularity: month}}",
            "metric late_events: it is dated by business_date, whose time_granularity is no day",
        ),
        Refused(
            CRM,
            "{numerator: messages_delivered, denominator: messages_sent}",
            "{numerator: messages_sent, denominator: messages_sent}",
            "metric message_delivery_rate: MetricFlow takes inputs of one name for one: give",
        ),
        Refused(
            GROWTH,
            "{numerator: funnel_visitors, denominator: funnel_entrants}",
            "{numerator: funnel_visitors,"
            " denominator: {name: funnel_entrants, offset_window: 1 day}}",
            "metric funnel_conversion_rate: offset_window and offset_to_grain look at another date",
        ),
    ),
)
# What is told with metrics_daily, which has all metrics before it.
NOT_PUBLISHED = (
    Refused(
        ENGAGEMENT,
        "    config:\n      group: engagement\n      meta:\n        unit: events\n",
        "    config:\n      meta:\n        unit: events\n",
        "metric events: config.group is None, that of no area: give it the group of one",
    ),
    Refused(
        LISTS.format("handwritten"),
        "with active_users_daily as (",
        "{% set rows = defined_metric_rows([]) %}\nwith active_users_daily as (",
        "metric calendar_week_active_users: config.group is growth, that of int_growth_metrics and",
    ),
    Refused(
        "models/marts/metrics/_metrics__models.yml",
        "          funnel_median_seconds:",
        "          transfers:",
        "metric transfers: logmart://models/marts/metrics/_metrics__models.yml has a metric of",
    ),
)


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    project = copy_project(tmp_path_factory.mktemp("project"))
    return Mart(tmp_path_factory.mktemp("mart"), record_sources=("bank", "crm"), project=project)


@contextmanager
def changed(project: Path, changes: Iterable[Refused]) -> Iterator[None]:
    """Change files, and change them back."""
    for one in changes:
        change(project, one.file, one.old, one.new)
    try:
        yield
    finally:
        for one in changes:
            shutil.copyfile(PROJECT / one.file, project / one.file)


@pytest.mark.deep
@pytest.mark.parametrize("entries", REFUSED, ids=range(len(REFUSED)))
def test_an_entry_that_rows_cannot_be_made_of_stops_dbt(
    refusing: Mart, entries: tuple[Refused, ...]
) -> None:
    with changed(refusing.project, entries):
        told = refusing.failures("run", "--select", "int_*_metrics")
    for entry in entries:
        assert f".yml: {entry.problem}" in told


@pytest.mark.deep
@pytest.mark.parametrize("entry", NOT_PUBLISHED, ids=lambda entry: Path(entry.file).stem)
def test_a_metric_has_one_place_in_the_table(refusing: Mart, entry: Refused) -> None:
    with changed(refusing.project, [entry]):
        told = refusing.failures("run", "--select", "metrics_daily")
    assert f".yml: {entry.problem}" in told


@pytest.mark.deep
def test_two_metrics_of_one_name_stop_dbt(refusing: Mart) -> None:
    twice = Refused(PAYMENTS, "  - name: failed_transfers\n", "  - name: transfers\n", "")
    with (
        changed(refusing.project, [twice]),
        pytest.raises(Exception, match='two metrics with the name "transfers"'),
    ):
        refusing.dbt("parse", "--no-partial-parse")
