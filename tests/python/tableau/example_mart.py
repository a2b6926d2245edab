"""A small published mart with its manifest: every type, hostile names and a metric."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from logmart.dbt.manifest import Manifest

HOSTILE = "<run>alert('1')</run> \"quoted\" & ]]> \u202eright-to-left, 한글"
SALES, DAILY = "model.shop.fct_sales", "model.shop.sales_daily"
# Columns of fct_sales: type, description and config.meta.
COLUMNS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sale_id": ("varchar", "Key.", {}),
    "user_id": ("varchar", "User.", {}),
    "line_number": ("integer", "Line.", {}),
    "is_paid": ("boolean", "Whether it is paid.", {}),
    "amount_krw": ("bigint", HOSTILE, {"additive_over": "dates and dimension"}),
    "fee_krw": ("decimal(38, 0)", "Fee.", {}),
    "tax": ("decimal(18, 2)", "Tax.", {}),
    "discount_share": ("double", "Discount.", {"additive_over": "dates and dimension"}),
    "uplift": ("double", "Uplift.", {"unit": "share"}),
    "paid_rate": ("double", "Rate.", {}),
    "visit_seconds": ("double", "Time.", {}),
    "user_count": ("bigint", "Users.", {}),
    "tags": ("varchar[]", "Tags.", {}),
    "sale_date": ("date", "Date.", {}),
    "sold_at": ("timestamp", "When.", {}),
}
ROWS = """
    ('s1', 'u1', 1, true, 5, 12345678901234567890123456789012345678, -0.05, 0.1, 0.2, 0.3, 1.5, 2,
        ['a"b', '한글', null], date '2026-01-02', timestamp '2026-01-02 03:04:05.123456'),
    ('s2', 'u2', 2, false, -5, -1, 0.05, 'nan', -0.2, 0, 0, 0, [], date '0001-01-01',
        timestamp '1969-12-31 23:59:59.999999'),
    ('s3', null, null, null, null, null, null, null, null, null, null, null, null, null, null),
    ('s4', '', 2147483647, true, 9223372036854775807, 0, 9999999999999999.99, 'inf', 0, 0, 0, 0,
        [HOSTILE], date '9999-12-31', timestamp '9999-12-31 23:59:59.999999')
"""


def document() -> dict[str, Any]:
    """Return the manifest's document."""
    test = {
        "resource_type": "test",
        "name": "unique_fct_sales_sale_id",
        "config": {},
        "attached_node": SALES,
        "test_metadata": {"name": "unique", "kwargs": {"column_name": "sale_id"}},
    }
    daily: dict[str, tuple[str, str, dict[str, Any]]] = {
        "day": ("date", "Day.", {}),
        "sales": ("bigint", "Sales.", {}),
    }
    return {
        "nodes": {
            SALES: _model("fct_sales", "payments", COLUMNS),
            DAILY: _model("sales_daily", "growth", daily),
            "model.shop.stg_sales": _model("stg_sales", "payments", daily, "staging"),
            "test.shop.unique": test,
        },
        "groups": {
            name: {"name": name, "owner": {"name": f"{name} team", "email": "a@example.com"}}
            for name in ("payments", "growth")
        },
        "semantic_models": {
            "semantic_model.shop.sales": {
                "depends_on": {"nodes": [SALES]},
                "measures": [
                    {"name": "fees", "agg": "sum", "expr": "cast(fee_krw as decimal(38, 0))"},
                    {"name": "taxes", "agg": "sum", "expr": "tax"},
                    {"name": "users", "agg": "sum", "expr": "user_count"},
                ],
            }
        },
        "metrics": {
            name: {
                "name": name,
                "type": "simple",
                "filter": condition,
                "type_params": {"measure": {"name": measure}},
                "config": {"meta": {"unit": "KRW", "additive_over": over}},
            }
            for name, measure, over, condition in (
                ("fees_krw", "fees", "dates and dimension", None),
                ("taxes_of_a_kind", "taxes", "dates and dimension", "kind = 'all'"),
                ("users", "users", "dates", None),
            )
        },
    }


def manifest() -> Manifest:
    """Return the manifest."""
    return Manifest(document())


def publish(folder: Path) -> tuple[Path, Path]:
    """Write the published file and the artifacts; return both paths."""
    published, target = folder / "published.duckdb", folder / "target"
    with duckdb.connect(str(published)) as connection:
        columns = ", ".join(f"{name} {kind}" for name, (kind, *_) in COLUMNS.items())
        connection.execute(f"create schema marts; create table marts.fct_sales ({columns})")
        literal = "'" + HOSTILE.replace("'", "''") + "'"
        connection.execute(f"insert into marts.fct_sales values {ROWS.replace('HOSTILE', literal)}")
        connection.execute(
            "create table marts.sales_daily as select date '2026-01-02' as day, 4::bigint as sales"
        )
    target.mkdir()
    (target / "manifest.json").write_text(json.dumps(document()), encoding="utf-8")
    return published, target


def _model(
    name: str, group: str, columns: dict[str, tuple[str, str, dict[str, Any]]], room: str = "marts"
) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "alias": name,
        "schema": room,
        "fqn": ["shop", room, name],
        "group": group,
        "config": {},
        "constraints": [],
        "columns": {
            column: {"name": column, "description": text, "config": {"meta": dict(meta)}}
            for column, (_, text, meta) in columns.items()
        },
    }
