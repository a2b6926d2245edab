"""Generates a dbt project of 36 tables from a seed: three areas of a dozen tables each.

An area has three raw tables, a staging view over each, three intermediate tables (and an ephemeral
model between) and three marts, eight columns each, with tests, tags, a group that owns them, an
exposure, a semantic model, metrics and an enforced contract. Every name in an area holds the area's
name, so that an area can be copied under another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml  # type: ignore[import-untyped, unused-ignore]

NAME = "bench"
TABLES_AN_AREA = 12
# Each area with its group and its kinds of events. No other name contains an area's name.
AREAS = {
    "payments": ("finance", ("transfer", "refund", "fee")),
    "cardworks": ("operations", ("order", "swipe", "dispute")),
    "campaigns": ("growth", ("message", "opening", "click")),
}
_STATUSES = ("opened", "pending", "settled", "failed")
_CHANNELS = ("app", "web", "branch", "partner")
_RAW = {
    "customer_id": "bigint",
    "device_id": "varchar",
    "status": "varchar",
    "channel": "varchar",
    "amount_krw": "bigint",
    "occurred_at": "timestamp",
    "received_at": "timestamp",
}
_DESCRIPTIONS = {
    "customer_id": "Number of the customer.",
    "device_id": "The device it came from, as the app names it.",
    "status": "How far it has come.",
    "channel": "Where the customer was served.",
    "amount_krw": "Amount, in won.",
    "occurred_at": "When it happened, by the customer's clock, UTC.",
    "received_at": "When it reached the collector, UTC.",
    "business_date": "Day of business it belongs to.",
}
# The expressions by which a staging view may select a raw column: copied, cleaned, derived.
_STAGED = {
    "customer_id": ("customer_id", "cast(customer_id as bigint) as customer_id"),
    "device_id": ("device_id", "nullif(trim(device_id), '') as device_id"),
    "status": ("status", "lower(trim(status)) as status"),
    "channel": ("channel", "coalesce(channel, 'app') as channel"),
    "amount_krw": ("amount_krw", "coalesce(amount_krw, 0) as amount_krw"),
    "occurred_at": ("occurred_at", "coalesce(occurred_at, received_at) as occurred_at"),
    "business_date": (
        "cast(occurred_at as date) as business_date",
        "cast(occurred_at + interval 9 hour as date) as business_date",
    ),
}

Yaml = dict[str, object]


@dataclass(frozen=True)
class _Model:
    """A model: its layer, name, SQL and the YAML that describes it."""

    layer: str
    name: str
    sql: str
    described: Yaml


def write_project(folder: Path, seed: int) -> None:
    """Write the project, and a profile for a DuckDB file in the same folder."""
    random = Random(seed)
    hooks = ["create schema if not exists raw"]
    for area, (_, things) in AREAS.items():
        hooks += [_raw_table(area, thing, random) for thing in things]
        _write_area(folder / "models" / area, area, random)
    layers: dict[str, Yaml] = {
        "staging": {"+materialized": "view", "+tags": ["staging"]},
        "intermediate": {"+materialized": "table"},
        "marts": {"+materialized": "table", "+tags": ["reporting"]},
    }
    _write_yaml(
        folder / "dbt_project.yml",
        {
            "name": NAME,
            "version": "1.0.0",
            "profile": NAME,
            "on-run-start": hooks,
            "models": {
                NAME: {
                    area: {layer: {**given, "+schema": layer} for layer, given in layers.items()}
                    for area in AREAS
                }
            },
        },
    )
    output = {"type": "duckdb", "path": str(folder / f"{NAME}.duckdb"), "threads": 2}
    _write_yaml(folder / "profiles.yml", {NAME: {"target": "bench", "outputs": {"bench": output}}})
    _write(
        folder / "macros" / "generate_schema_name.sql",
        "{% macro generate_schema_name(custom, node) %}{{ custom or target.schema }}{% endmacro %}",
    )
    groups = sorted({group for group, _ in AREAS.values()})
    owners = [
        {"name": group, "owner": {"name": f"{group.title()} Team", "email": f"{group}@example.com"}}
        for group in groups
    ]
    _write_yaml(folder / "models" / "_groups.yml", {"groups": owners})


def _raw_table(area: str, thing: str, random: Random) -> str:
    rows = random.randint(20, 60)
    statuses, channels = json.dumps(_STATUSES), json.dumps(_CHANNELS)
    return (
        f"create table if not exists raw.{area}_{thing}s as select"
        f" i as {thing}_id, i % 7 as customer_id, 'device-' || (i % 5) as device_id,"
        f" (from_json('{statuses}', '[\"varchar\"]'))[1 + i % 4] as status,"
        f" (from_json('{channels}', '[\"varchar\"]'))[1 + i % 3] as channel,"
        f" i * {random.randint(100, 900)} as amount_krw,"
        " timestamp '2026-03-01 08:00:00' + to_hours(cast(i as integer)) as occurred_at,"
        " timestamp '2026-03-01 08:00:05' + to_hours(cast(i as integer)) as received_at"
        f" from range({rows}) as numbers (i)"
    )


def _write_area(folder: Path, area: str, random: Random) -> None:
    group, things = AREAS[area]
    models = [
        *(_staging(area, thing, random) for thing in things),
        *_intermediate(area, things, random),
        *_marts(area, things),
    ]
    for model in models:
        _write(folder / model.layer / f"{model.name}.sql", model.sql)
        config = model.described.setdefault("config", {})
        if isinstance(config, dict):
            config["group"] = group
    _write_yaml(
        folder / f"_{area}__models.yml",
        {
            "version": 2,
            "sources": [_source(area, things)],
            "models": [{"name": model.name, **model.described} for model in models],
            "exposures": [_exposure(area, group)],
            "semantic_models": [_semantic_model(area)],
            "metrics": _metrics(area, group),
        },
    )


def _source(area: str, things: tuple[str, ...]) -> Yaml:
    tables = [
        {
            "name": f"{thing}s",
            "identifier": f"{area}_{thing}s",
            "description": f"Every {thing} of {area} as it landed.",
            "columns": [
                {
                    "name": name,
                    "data_type": kind,
                    "description": _DESCRIPTIONS.get(name, f"Number of the {thing}."),
                }
                for name, kind in {f"{thing}_id": "bigint", **_RAW}.items()
            ],
        }
        for thing in things
    ]
    return {"name": area, "schema": "raw", "tables": tables}


def _staging(area: str, thing: str, random: Random) -> _Model:
    staged = [random.choice(ways) for ways in _STAGED.values()]
    sql = f"""
with source as (
    select * from {{{{ source('{area}', '{thing}s') }}}}
),

typed as (
    select
        {thing}_id,
        {_list(staged)}
    from source
)

select * from typed
"""
    key: Yaml = {
        "name": f"{thing}_id",
        "description": f"Number of the {thing}.",
        "data_tests": ["unique", "not_null"],
    }
    allowed = {"accepted_values": {"arguments": {"values": list(_STATUSES)}}}
    status = {**_column("status"), "data_tests": [allowed]}
    device = {**_column("device_id"), "config": {"tags": ["device"]}}
    others = [_column(name) for name in ("customer_id", "channel", "amount_krw", "business_date")]
    return _Model(
        "staging",
        f"stg_{area}__{thing}s",
        sql,
        {
            "description": f"Every {thing} of {area}, typed and cleaned.",
            "columns": [key, status, device, *others],
        },
    )


def _intermediate(area: str, things: tuple[str, ...], random: Random) -> list[_Model]:
    first, second, third = things
    keep = random.choice(("desc", "asc"))
    latest = f"""
select *
from {{{{ ref('stg_{area}__{first}s') }}}}
qualify row_number() over (partition by {first}_id order by occurred_at {keep}) = 1
"""
    matched = f"""
with {first}s as (
    select * from {{{{ ref('int_{area}__latest') }}}}
),

{second}s as (
    select * from {{{{ ref('stg_{area}__{second}s') }}}}
),

matched as (
    select
        {first}s.{first}_id,
        {first}s.customer_id,
        {first}s.device_id,
        {first}s.channel,
        {first}s.amount_krw,
        {first}s.amount_krw - coalesce({second}s.amount_krw, 0) as net_amount_krw,
        {first}s.status = 'settled' and {second}s.status is null as is_settled,
        {first}s.business_date
    from {first}s
    left join {second}s on {first}s.{first}_id = {second}s.{second}_id
)

select * from matched
"""
    events = "\n    union all by name\n".join(
        f"    select '{thing}' as thing, customer_id, channel, amount_krw, business_date,"
        f" occurred_at from {{{{ ref('stg_{area}__{thing}s') }}}}"
        for thing in things
    )
    days = f"""
with events as (
{events}
),

customer_days as (
    select
        customer_id,
        business_date,
        channel,
        count(*) as event_count,
        count(distinct thing) as thing_count,
        sum(amount_krw) as amount_krw,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from events
    group by customer_id, business_date, channel
)

select * from customer_days
"""
    ranked = f"""
select
    {third}_id,
    customer_id,
    status,
    channel,
    amount_krw,
    occurred_at,
    row_number() over (partition by customer_id order by occurred_at) as {third}_number,
    sum(amount_krw) over (partition by customer_id order by occurred_at) as amount_so_far_krw
from {{{{ ref('stg_{area}__{third}s') }}}}
"""
    refers = {
        "relationships": {
            "arguments": {"to": f"ref('stg_{area}__{first}s')", "field": f"{first}_id"}
        }
    }
    named: list[tuple[str, str, Yaml]] = [
        (
            "latest",
            latest,
            {
                "description": f"The last state of each {first}.",
                "config": {"materialized": "ephemeral"},
            },
        ),
        (
            "matched",
            matched,
            {
                "description": f"Each {first} with the {second} that belongs to it.",
                "columns": [
                    {"name": f"{first}_id", "data_tests": ["not_null", refers]},
                    {"name": "net_amount_krw", "description": "What is left of it, in won."},
                ],
            },
        ),
        (
            "customer_days",
            days,
            {
                "description": f"What each customer did in {area} in a day, by channel.",
                "columns": [
                    {"name": "customer_id", "data_tests": ["not_null"]},
                    {"name": "event_count", "description": "How much the customer did."},
                ],
            },
        ),
        (
            "ranked",
            ranked,
            {
                "description": f"Each {third} and how many the customer had before.",
                "columns": [{"name": f"{third}_id", "data_tests": ["unique"]}],
            },
        ),
    ]
    return [
        _Model("intermediate", f"int_{area}__{name}", sql, described)
        for name, sql, described in named
    ]


def _marts(area: str, things: tuple[str, ...]) -> list[_Model]:
    first, _, third = things
    day_types = {
        "business_date": "date",
        "customer_count": "bigint",
        "event_count": "bigint",
        "channel_count": "bigint",
        "amount_krw": "bigint",
        "amount_per_event_krw": "double",
        "first_at": "timestamp",
        "last_at": "timestamp",
    }
    days = f"""
select
    business_date,
    count(distinct customer_id) as customer_count,
    cast(sum(event_count) as bigint) as event_count,
    count(distinct channel) as channel_count,
    cast(sum(amount_krw) as bigint) as amount_krw,
    sum(amount_krw) / nullif(sum(event_count), 0) as amount_per_event_krw,
    min(first_at) as first_at,
    max(last_at) as last_at
from {{{{ ref('int_{area}__customer_days') }}}}
group by business_date
"""
    customers = f"""
with {first}s as (
    select * from {{{{ ref('int_{area}__matched') }}}}
),

{third}s as (
    select * from {{{{ ref('int_{area}__ranked') }}}}
),

totals as (
    select
        {first}s.customer_id,
        count(*) as {first}_count,
        sum({first}s.net_amount_krw) as net_amount_krw,
        count(*) filter (where {first}s.is_settled) as settled_count,
        min({first}s.business_date) as first_date,
        max({first}s.business_date) as last_date,
        arg_max({first}s.channel, {first}s.business_date) as last_channel,
        (
            select max({third}s.{third}_number)
            from {third}s where {third}s.customer_id = {first}s.customer_id
        ) as {third}_count
    from {first}s
    group by {first}s.customer_id
)

select * from totals
"""
    channels = f"""
select
    days.channel,
    count(distinct days.customer_id) as customer_count,
    sum(days.event_count) as event_count,
    sum(days.amount_krw) as amount_krw,
    avg(days.amount_krw) as average_amount_krw,
    min(days.business_date) as first_date,
    max(days.business_date) as last_date,
    max(days.last_at) as last_at
from {{{{ ref('int_{area}__customer_days') }}}} as days
left join {{{{ ref('int_{area}__ranked') }}}} as ranked
    on days.channel = ranked.channel and ranked.{third}_number = 1
group by days.channel
"""
    day_columns = [
        {
            "name": name,
            "data_type": kind,
            "description": _DESCRIPTIONS.get(name, f"{name.replace('_', ' ').capitalize()}."),
        }
        for name, kind in day_types.items()
    ]
    day_columns[0]["granularity"] = "day"
    unique: Yaml = {"data_tests": ["unique", "not_null"]}
    day_config: Yaml = {"contract": {"enforced": True}}
    return [
        _Model(
            "marts",
            f"fct_{area}__days",
            days,
            {
                "description": f"A day of {area}.",
                "config": day_config,
                "time_spine": {"standard_granularity_column": "business_date"},
                "columns": [{**day_columns[0], **unique}, *day_columns[1:]],
            },
        ),
        _Model(
            "marts",
            f"fct_{area}__customers",
            customers,
            {
                "description": f"A customer of {area}, all time.",
                "columns": [
                    {**_column("customer_id"), **unique},
                    {"name": "net_amount_krw", "description": "What is left of it, in won."},
                ],
            },
        ),
        _Model(
            "marts",
            f"dim_{area}__channels",
            channels,
            {
                "description": f"A channel of {area}.",
                "columns": [{**_column("channel"), **unique}],
            },
        ),
    ]


def _exposure(area: str, group: str) -> Yaml:
    return {
        "name": f"{area}_board",
        "label": f"Board of {area}",
        "type": "dashboard",
        "url": f"https://boards.example.com/{area}",
        "description": "What people look at in the morning.",
        "owner": {"name": f"{group.title()} Team", "email": f"{group}@example.com"},
        "depends_on": [f"ref('fct_{area}__days')", f"ref('dim_{area}__channels')"],
    }


def _semantic_model(area: str) -> Yaml:
    return {
        "name": f"{area}_days",
        "model": f"ref('fct_{area}__days')",
        "defaults": {"agg_time_dimension": "business_date"},
        "primary_entity": f"{area}_day",
        "dimensions": [
            {
                "name": "business_date",
                "type": "time",
                "type_params": {"time_granularity": "day"},
            }
        ],
        "measures": [
            {"name": f"{area}_events", "agg": "sum", "expr": "event_count"},
            {"name": f"{area}_amount", "agg": "sum", "expr": "amount_krw"},
        ],
    }


def _metrics(area: str, group: str) -> list[Yaml]:
    return [
        {
            "name": f"{area}_event_count",
            "label": f"Events of {area}",
            "description": "How much happened.",
            "type": "simple",
            "type_params": {"measure": f"{area}_events"},
            "config": {"group": group, "meta": {"unit": "events"}},
        },
        {
            "name": f"{area}_amount_krw",
            "label": f"Amount of {area}",
            "description": "What it came to, in won.",
            "type": "simple",
            "type_params": {"measure": f"{area}_amount"},
            "config": {"group": group, "meta": {"unit": "won"}},
        },
    ]


def _column(name: str) -> Yaml:
    return {"name": name, "description": _DESCRIPTIONS[name]}


def _list(expressions: list[str]) -> str:
    return ",\n        ".join(expressions)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text.strip()}\n", encoding="utf-8")


def _write_yaml(path: Path, document: Yaml) -> None:
    _write(path, yaml.safe_dump(document, sort_keys=False, width=100))
