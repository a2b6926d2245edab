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
    "median_days_to_first_transfer": (
        *("fct_new_users", "first_transfer_date", "median(days_to_first_transfer)"),
        "days_to_first_transfer is not null",
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
    pairs = asked_pairs(layer)
    period = f"cast(date_trunc('{grain}', metric_date) as date)"
    # A query for all metrics of a kind: to open the database takes longer than to answer.
    for kind, counted in _OF_DAYS.items():
        rows = layer.mart.query(
            f"select metric, dimension, {period}, dimension_value, {counted}"
            " from marts.metrics_daily group by 1, 2, 3, 4"
        )
        for metric, dimension, day, value, number in rows:
            is_asked = (metric, dimension) in pairs and coarser_grain(layer, metric) == kind
            if is_asked and number:
                found[metric, day, dimension, value] = float(number)
    for metric, dimension in pairs:
        if metric not in RECOUNTED:
            continue
        mart, dated, counted, condition = RECOUNTED[metric]
        name = "'all'" if dimension == "all" else f"coalesce({dimension}, 'unknown')"
        rows = layer.mart.query(
            f"select {period}, dimension_value, {counted} from (select {dated} as metric_date,"
            f" {name} as dimension_value, * from marts.{mart} where {condition}) group by 1, 2"
        )
        for day, value, number in rows:
            if number:
                found[metric, day, dimension, value] = float(number)
    return found
