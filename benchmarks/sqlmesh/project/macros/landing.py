"""Expressions that the base model has more than once."""

from __future__ import annotations

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def utc_timestamp(evaluator: MacroEvaluator, text: exp.Expression) -> str:
    """A UTC timestamp from ISO 8601 text that carries its offset, as macros/engine/time.sql has it."""
    sql = text.sql(dialect="duckdb")
    return rf"""
        case
            when regexp_full_match(
                {sql},
                '\d{{4}}-\d{{2}}-\d{{2}}[T ]\d{{2}}:\d{{2}}(:\d{{2}}(\.\d{{1,9}})?)?(Z|[+-]\d{{2}}(:?\d{{2}})?)'
            )
                then try_cast({sql} as timestamptz) at time zone 'UTC'
        end
    """


@macro()
def without_ids(evaluator: MacroEvaluator, text: exp.Expression) -> str:
    """A text, masked where it holds an id of its row, as macros/landing/canonical_events.sql has it."""
    sql = text.sql(dialect="duckdb")
    return rf"""
        case
            when
                (length(events.user_id) >= 4 and contains({sql}, events.user_id))
                or (length(events.device_id) >= 4 and contains({sql}, events.device_id))
                then regexp_replace(
                    regexp_replace({sql}, '[A-Za-z]|[^\x00-\x7F]', 'a', 'g'), '[0-9]', '9', 'g'
                )
            else {sql}
        end
    """
