"""What a metric is due to give by week, month, quarter and year."""

from __future__ import annotations

from metric_queries import Key, SemanticLayer

GRAINS = ("week", "month", "quarter", "year")
# What is counted anew over a period: the mart, its date, an aggregate and a condition.
RECOUNTED = {
    "daily_active_users": ("fct_user_days", "activity_date", "count(distinct user_id)", "true"),
    "returning_users": (
        *("fct_user_days", "activity_date", "count(distinct user_id)"),
        "lifecycle_state = 'returning'",
    ),
    "transfer_senders": ("fct_transfers", "transfer_date", "count(distinct user_id)", "true"),
    "median_session_seconds": ("fct_sessions", "session_date", "median(duration_seconds)", "true"),
}
_OF_DAYS = {
    "sum": (
        "case when count(denominator) = 0 then sum(numerator)"
        " else sum(numerator) / nullif(sum(denominator), 0) end"
    ),
    "last_date": "max_by(value, metric_date)",
}


def coarser_grain(layer: SemanticLayer, metric: str) -> str:
    """Return what the entry of a metric says of coarser grains; `sum` where it may be summed."""
    return str(layer.metrics[metric]["config"]["meta"].get("coarser_grain", "sum"))


def asked_pairs(layer: SemanticLayer) -> set[tuple[str, str]]:
    """Return every metric that has coarser grains, with each of its dimensions.

    What is counted anew is asked for all and by platform.
    """
    pairs = {
        (metric, dimension)
        for metric, _, dimension, _ in layer.table()
        if metric in layer.metrics and coarser_grain(layer, metric) != "none"
    }
    return {
        (metric, dimension)
        for metric, dimension in pairs
        if metric not in RECOUNTED or dimension in ("all", "platform")
    }


def due_values(layer: SemanticLayer, grain: str) -> dict[Key, float]:
    """Return what MetricFlow is due to give for asked_pairs() by a grain, without 0 and null."""
    found: dict[Key, float] = {}
    for metric, dimension in asked_pairs(layer):
        if metric in RECOUNTED:
            mart, dated, counted, condition = RECOUNTED[metric]
            value = "'all'" if dimension == "all" else f"coalesce({dimension}, 'unknown')"
            source = f"select {dated} as metric_date, {value} as dimension_value, *"
            source += f" from marts.{mart} where {condition}"
        else:
            counted = _OF_DAYS[coarser_grain(layer, metric)]
            source = f"select * from marts.metrics_daily where metric = '{metric}'"
            source += f" and dimension = '{dimension}'"
        rows = layer.mart.query(
            f"select cast(date_trunc('{grain}', metric_date) as date), dimension_value, {counted}"
            f" from ({source}) group by 1, 2"
        )
        for day, value, number in rows:
            if number:
                found[metric, day, dimension, value] = float(number)
    return found
