"""Evaluates the template's alarms on recorded metrics, as CloudWatch does it.

It knows what the template uses: statistics over periods, metric math with IF and FILL, a number of
periods that all have to breach, and missing data that does not breach.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Values of a metric by the minute that they were recorded in.
Series = Mapping[int, Sequence[float]]
OK, ALARM = "OK", "ALARM"
_SECONDS_A_MINUTE = 60
_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Minimum": min,
    "Maximum": max,
    "Average": lambda values: sum(values) / len(values),
}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_OPERATORS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


class AlarmError(ValueError):
    """An alarm uses something that is not known here; the message names it."""


@dataclass(frozen=True)
class Metric:
    """A metric that an alarm reads: namespace, name, and its dimensions by name."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    period: int
    statistic: str


def metrics_of(alarm: Mapping[str, Any]) -> dict[str, Metric]:
    """Return the metrics that an alarm reads, by their ids; that of a plain alarm is `metric`."""
    if "Metrics" not in alarm:
        return {"metric": _metric(alarm, alarm, int(alarm["Period"]), alarm["Statistic"])}
    return {
        one["Id"]: _metric(
            one["MetricStat"]["Metric"],
            one["MetricStat"]["Metric"],
            int(one["MetricStat"]["Period"]),
            one["MetricStat"]["Stat"],
        )
        for one in alarm["Metrics"]
        if "MetricStat" in one
    }


def states(alarm: Mapping[str, Any], recorded: Mapping[str, Series], minutes: int) -> list[str]:
    """Return an alarm's state at the end of each period.

    In: the alarm's properties, resolved; series by the id of the metric, or `metric`; how many
    minutes were recorded. Raises AlarmError.
    """
    metrics = metrics_of(alarm)
    if unknown := recorded.keys() - metrics.keys():
        raise AlarmError(f"the alarm reads no metric {sorted(unknown)[0]}")
    (period,) = {metric.period for metric in metrics.values()}
    length = period // _SECONDS_A_MINUTE
    values = [
        _value(alarm, {name: _statistic(metric, recorded.get(name, {}), start, length)
                       for name, metric in metrics.items()})
        for start in range(0, minutes, length)
    ]  # fmt: skip
    breaches = [_is_breaching(alarm, value) for value in values]
    needed = int(alarm["EvaluationPeriods"])
    if int(alarm.get("DatapointsToAlarm", needed)) != needed:
        raise AlarmError("only alarms whose periods all have to breach are known here")
    return [
        ALARM if end >= needed and all(breaches[end - needed : end]) else OK
        for end in range(1, len(breaches) + 1)
    ]


def _metric(
    named: Mapping[str, Any], dimensioned: Mapping[str, Any], period: int, statistic: str
) -> Metric:
    dimensions = {one["Name"]: one["Value"] for one in dimensioned.get("Dimensions", [])}
    return Metric(named["Namespace"], named["MetricName"], dimensions, period, statistic)


def _statistic(metric: Metric, series: Series, start: int, length: int) -> float | None:
    """Return a metric's statistic over a period; None where nothing was recorded."""
    found = [value for minute in range(start, start + length) for value in series.get(minute, ())]
    return _STATISTICS[metric.statistic](found) if found else None


def _value(alarm: Mapping[str, Any], statistics: Mapping[str, float | None]) -> float | None:
    """Return what is compared with the threshold; None for missing data."""
    if "Metrics" not in alarm:
        return statistics["metric"]
    if all(value is None for value in statistics.values()):
        return None
    known = dict(statistics)
    expressions = [one for one in alarm["Metrics"] if "Expression" in one]
    # What the others are made of comes first; the one that is returned uses them.
    for one in sorted(expressions, key=lambda one: bool(one["ReturnData"])):
        known[one["Id"]] = _calculated(ast.parse(one["Expression"], mode="eval").body, known)
    (returned,) = [one["Id"] for one in expressions if one["ReturnData"]]
    return known[returned]


def _calculated(node: ast.expr, known: Mapping[str, float | None]) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _called(node.func.id, node.args, known)
    if isinstance(node, ast.BinOp):
        left, right = _calculated(node.left, known), _calculated(node.right, known)
        return _combined(node.op, left, right)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = _calculated(node.left, known), _calculated(node.comparators[0], known)
        return _combined(node.ops[0], left, right)
    raise AlarmError(f"the expression {ast.unparse(node)} is not known here")


def _called(
    name: str, arguments: Sequence[ast.expr], known: Mapping[str, float | None]
) -> float | None:
    if name == "FILL":
        value = _calculated(arguments[0], known)
        return _calculated(arguments[1], known) if value is None else value
    if name == "IF":
        condition = _calculated(arguments[0], known)
        if condition is None:
            return None
        return _calculated(arguments[1 if condition else 2], known)
    raise AlarmError(f"the function {name} is not known here")


def _combined(how: ast.AST, left: float | None, right: float | None) -> float | None:
    """Return what two values make; None where one is missing, or the divisor is zero."""
    if left is None or right is None:
        return None
    if isinstance(how, ast.Div):
        return left / right if right else None
    if type(how) not in _OPERATORS:
        raise AlarmError(f"the operator {type(how).__name__} is not known here")
    return float(_OPERATORS[type(how)](left, right))


def _is_breaching(alarm: Mapping[str, Any], value: float | None) -> bool:
    if alarm["TreatMissingData"] != "notBreaching":
        raise AlarmError("only missing data that does not breach is known here")
    compare = _COMPARISONS[alarm["ComparisonOperator"]]
    return value is not None and compare(value, float(alarm["Threshold"]))
