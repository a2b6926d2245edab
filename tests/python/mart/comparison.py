"""Comparison of what two builds hold, model by model."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

import duckdb

from logmart.landed.duckdb_plugin import give_key
from logmart.landed.identifiers import IdKey
from mart_runs import KEY, Mart, Row

# Which load wrote a row is a matter of arrival by its nature; no mart shows it.
COLUMNS_OF_LOADS = {"load_number", "restatement_number"}
# What a build notes of its own runs, which a reload forgets.
NOTES_OF_RUNS = {"int_restated_models"}


@dataclass(frozen=True)
class Difference:
    """What a model holds after incremental runs and not after a full load, and the reverse."""

    model: str
    only_incremental: list[str]
    only_full: list[str]

    def __str__(self) -> str:
        lines = [f"{self.model}:"]
        for what, rows in (("incremental", self.only_incremental), ("full", self.only_full)):
            lines += [f"  only {what} ({len(rows)} rows): {row}" for row in rows[:3]]
        return "\n".join(lines)


def compared_models(mart: Mart) -> dict[str, str]:
    """Return the relations to compare, by name: all that the project builds, but for views of one
    event, what notes runs and what remembers them."""
    manifest = json.loads((mart.target_path / "manifest.json").read_bytes())
    return {
        node["name"]: f'"{node["schema"]}"."{node["alias"]}"'
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["config"]["materialized"] != "ephemeral"
        and not node["name"].startswith("stg_")
        and node["name"] not in NOTES_OF_RUNS
        and not node["config"]["meta"].get("remembers_runs")
    }


def contents(mart: Mart, relations: dict[str, str]) -> dict[str, Counter[str]]:
    with duckdb.connect(str(mart.database), read_only=True) as connection:
        # Views of records hash as they are read.
        give_key(connection, IdKey(KEY.encode()))
        return {model: _rows(connection, relation) for model, relation in sorted(relations.items())}


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> Counter[str]:
    result = connection.execute(f"from {relation}")
    names = [column[0] for column in result.description or []]
    kept = [place for place, name in enumerate(names) if name not in COLUMNS_OF_LOADS]
    return Counter(_text(row, names, kept) for row in result.fetchall())


def _text(row: Row, names: list[str], kept: list[int]) -> str:
    # The sum of floating-point numbers depends on their order in its last digits.
    values = {
        names[place]: f"{row[place]:.9g}" if isinstance(row[place], float) else row[place]
        for place in kept
    }
    return ", ".join(f"{name}={value}" for name, value in values.items())


def differences_between(incremental: Mart, full: Mart) -> list[Difference]:
    """Return how the models that `full` was built of differ."""
    relations = compared_models(full)
    marts = {"fct_events", "int_judged_events", "base_app__events", "metrics_daily"}
    records = {"fct_transfers", "fct_messages", "dim_user_states", "campaign_performance"}
    assert marts | (records if full.record_sources else set()) <= set(relations)
    after_runs, at_once = contents(incremental, relations), contents(full, relations)
    return [
        Difference(
            model,
            sorted((after_runs[model] - at_once[model]).elements()),
            sorted((at_once[model] - after_runs[model]).elements()),
        )
        for model in relations
        if after_runs[model] != at_once[model]
    ]
