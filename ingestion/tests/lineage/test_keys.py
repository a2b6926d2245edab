"""Columns that decide about rows and their order are listed separately, by role."""

from __future__ import annotations

from functools import partial

import pytest

from logmart_catalog.lineage.trace import Environment, trace_query

from .cases import finder, read_schema, tables

TABLES = tables(read_schema())


def keys(sql: str) -> set[tuple[str, str]]:
    """The keys of a query: role and column."""
    found = trace_query(sql, [], "it", Environment("duckdb", partial(finder, TABLES)))
    assert not found.key_reasons
    return {(key.role, f"{key.column.relation}.{key.column.name}") for key in found.keys}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select name, 1 + user_id from users", set()),
        (
            "select name from users where is_active and country in ('KR')",
            {("filter", "users.is_active"), ("filter", "users.country")},
        ),
        (
            "select status, sum(amount) as total from orders group by 1 having max(order_id) > 1",
            {("group", "orders.status"), ("filter", "orders.order_id")},
        ),
        (
            "select name from users join orders using (user_id) order by name",
            {
                ("join", "users.user_id"),
                ("join", "orders.user_id"),
                ("order", "users.name"),
            },
        ),
        (
            "select row_number() over (partition by country order by user_id) as n from users",
            {("partition", "users.country"), ("order", "users.user_id")},
        ),
        (
            "select name from users qualify rank() over (order by user_id) = 1",
            {("order", "users.user_id")},
        ),
        (
            "select sum(amount) filter (status = 'paid') as paid from orders",
            set(),
        ),
        (
            "select string_agg(name, ',' order by user_id) as names from users",
            {("order", "users.user_id")},
        ),
        ("select distinct country from users", {("group", "users.country")}),
        (
            "select name from users union select status from orders",
            {("group", "users.name"), ("group", "orders.status")},
        ),
        (
            "select name from users except select status from orders",
            {
                ("filter", "users.name"),
                ("filter", "orders.status"),
                ("group", "users.name"),
                ("group", "orders.status"),
            },
        ),
        (
            "select cart_id, unnest(items).sku as sku from carts",
            {("unnest", "carts.items")},
        ),
        (
            "select address.city as city from carts where address.geo.lat > 1",
            {("filter", "carts.address.geo.lat")},
        ),
        (
            "with a as (select * from users where is_active), b as (select * from orders) from a",
            {("filter", "users.is_active")},
        ),
        (
            "pivot orders on status in ('paid') using sum(amount) group by user_id",
            {("group", "orders.user_id")},
        ),
    ],
)
def test_keys_are_told_by_role(sql: str, expected: set[tuple[str, str]]) -> None:
    assert keys(sql) == expected


def test_a_key_that_cannot_be_traced_says_why() -> None:
    environment = Environment("duckdb", partial(finder, TABLES))
    found = trace_query("select name from users where nickname = 'a'", [], "it", environment)
    assert found.keys == ()
    assert "nickname" in found.key_reasons[0]
