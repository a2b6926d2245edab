"""Marts of a few rows that a test writes, with the metrics of the project on them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb


@contextmanager
def marts_by_hand(
    target_path: Path, given: Mapping[str, str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database of the marts of a project with the rows given.

    In: `target_path`, dbt's artifacts; what dbt has compiled there are views over the others.
    `given`, rows in CSV by model, of some of its columns; another mart is empty.
    """
    manifest = json.loads((target_path / "manifest.json").read_text(encoding="utf-8"))
    models = {
        one["name"]: one for one in manifest["nodes"].values() if one["resource_type"] == "model"
    }
    compiled = {
        name: one["compiled_code"] for name, one in models.items() if "compiled_code" in one
    }
    with duckdb.connect() as marts:
        marts.execute("attach ':memory:' as logmart; use logmart")
        marts.execute("create schema marts; create schema intermediate")
        for name, model in models.items():
            if name in given or (model["schema"] == "marts" and name not in compiled):
                columns = [f"{one['name']} {one['data_type']}" for one in model["columns"].values()]
                marts.execute(f"create table {model['schema']}.{name} ({', '.join(columns)})")
        for name, text in given.items():
            header, *rows = csv.reader(text.splitlines())
            places = ", ".join("?" for _ in header)
            marts.executemany(
                f"insert into {models[name]['schema']}.{name} ({', '.join(header)})"
                f" values ({places})",
                [[value or None for value in row] for row in rows],
            )
        # Models of the layer before the marts come first.
        for name in sorted(compiled, key=lambda name: (models[name]["schema"], name)):
            marts.execute(f"create view {models[name]['schema']}.{name} as {compiled[name]}")
        yield marts
