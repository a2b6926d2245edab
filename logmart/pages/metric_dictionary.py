"""Makes docs/metrics.md from the YAML of the metrics: `logmart pages metrics`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logmart.dbt.project_yaml import entries, groups
from logmart.errors import CommandError
from logmart.pages.generated_page import page_command, wrapped

PAGE = Path("docs/metrics.md")
HEAD = """\
# The metrics

`logmart pages metrics` generates this page from the YAML of the metrics: edit the YAML, not this
page. The YAML of a metric is in `models/semantic/`. The few metrics that MetricFlow cannot express
are in `config.meta` of `metrics_daily`.

- **Where they are**: the table `metrics_daily` holds all metrics, one row for each metric, date,
  dimension and value of the dimension. The metrics of `models/semantic/` can also be queried:
  `logmart mart query --metrics transfers --group-by metric_time__day,transfer__platform`. The rows
  of the table are computed from the same YAML, and a test compares the two, value by value. *By*
  lists the dimensions of a query, *in the table by* those of the table beside the total.
- **Date** is the business date on which the events occurred, or were received if a metric is dated
  by receipt.
- **Sum over** says over what the numerator and the denominator may be summed
  (`parts_additive_over`); the value is the quotient of both sums. Shares, averages and medians
  themselves are never summed (`value_additive_over`). A sum over all rows of the table counts
  everything once for each dimension: filter on one.
- **To compare dates**, `metrics_compared` has the totals beside those of the same weekday of the
  week before and of the same day of the month and of the year before.
- **By week, month, quarter or year** MetricFlow sums the metrics that may be summed over dates. For
  any other metric the entry names the value instead. `logmart mart query` refuses meaningless
  queries.
- **A date has three states** (`date_state`). It is `open` until it has ended and every source that
  the metric counts has landed until its end; a metric with a window of its own (retention, funnels,
  conversions of messages, decisions) is open until that window has ended, too. It is then
  `settling`: late events may still change the value, and `arrived_share` says which share of them
  has come by experience. It is `final` once the following days whose events still count for it, and
  the horizon have passed (`final_from_date`): no event that is received from now on can change it.
  `metric_restatements` lists later changes with their causes.
- **A new metric** on a mart is one entry in `models/semantic/`. Its `config.meta` has `unit`,
  `additive_over` and `coarser_grain`, and where they apply `dated_by: receipt`, `looks_back_days`,
  `records` and `caveats`. Four more keys decide its rows; a metric takes them from the
  `config.meta` of its semantic model unless its own has them. `dimensions` lists the dimensions of
  the table (`all` is the total). `window_days` says for how many days after the date events still
  count: a number, a number for each dimension, or an expression over the mart. `open_days`, in the
  same form, says for how many of them the date is open: those of the metric's own window.
  `has_whole_window` is a condition on the mart, false while the window is open. The
  `models/intermediate/metrics/int_<area>_metrics.sql` of the metric's group lists the mart.
  `handwritten` marks a metric whose rows are written in SQL, and says why: any cumulative or
  conversion metric, among others. `page` gives its Korean label and says whether a rise is good
  ([pages.md](pages.md)).
- **A ratio or derived metric on several marts** is such an entry too: the model of its group lists
  all of the marts. It has the dimensions whose names all of its semantic models list, each value
  with the same value of the others, and a row for each date and value that any of them has.
  MetricFlow gives its total alone, because a dimension belongs to one mart.
"""
# The value by week, month, quarter or year of a metric that may not be summed over dates.
COARSER_GRAINS = {
    "recount": "counted anew over what is in it, each user or value once",
    "last_date": "the value of its last date",
    "none": "no value: ask for days",
}
SUMS = {
    "dates and dimension": "dates, and values of a dimension",
    "dates": "dates",
    "dimension": "values of a dimension",
    "neither": "nothing",
}


@dataclass(frozen=True)
class Formula:
    """The formula of a metric, the dimensions of a query, and those of the table."""

    text: str = ""
    dimensions: tuple[str, ...] = ()
    in_table: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metric:
    """The entry of a metric in the dictionary."""

    name: str
    label: str
    description: str
    owner: str
    unit: str
    additive_over: str
    coarser_grain: str
    made_of: Formula
    is_dated_by_receipt: bool
    caveats: str
    why_beyond: str = ""
    why_handwritten: str = ""

    def text(self) -> str:
        """Return the entry as Markdown."""
        lines = [f"### {self.label}", "", wrapped(f"`{self.name}` {self.description}"), ""]
        facts = [("Unit", self.unit), ("Sum over", SUMS[self.additive_over])]
        coarser = COARSER_GRAINS.get(self.coarser_grain, "")
        facts += [("By week, month, quarter or year", coarser)] if coarser else []
        facts += [("Made of", self.made_of.text)] if self.made_of.text else []
        facts += [("By", ", ".join(self.made_of.dimensions))] if self.made_of.dimensions else []
        facts += [("In the table by", ", ".join(self.made_of.in_table))]
        facts += [("Dated by", "receipt")] if self.is_dated_by_receipt else []
        facts += [("Beware", self.caveats)] if self.caveats else []
        facts += [("Rows written in SQL", self.why_handwritten)]
        facts += [("Not in MetricFlow", self.why_beyond)] if self.why_beyond else []
        lines += [wrapped(f"- {name}: {fact}", "  ") for name, fact in facts if fact]
        return "\n".join(lines) + "\n"


def dictionary(project: Path) -> str:
    """Return the page of a dbt project.

    Raises CommandError when a metric has no unit, owner or additivity.
    """
    metrics = read_metrics(project)
    parts = [HEAD]
    for name, group in groups(project).items():
        owned = [metric for metric in metrics if metric.owner == name]
        if owned:
            owner = group["owner"]
            parts.append(
                f"## {name.replace('_', ' ').capitalize()}\n\n{group['description']}"
                f" Owner: {owner['name']}, {owner['email']}.\n"
            )
            parts += [metric.text() for metric in owned]
    return "\n".join(parts)


def read_metrics(project: Path) -> list[Metric]:
    """Return the metrics of models/semantic/, in the files' order, then those of metrics_daily."""
    models = entries(project, "semantic", "semantic_models")
    listed = entries(project, "semantic", "metrics")
    by_name = {entry["name"]: entry for entry in listed}
    found = [
        _metric(entry, entry["config"], entry["config"]["meta"], _measured(entry, by_name, models))
        for entry in listed
        if not entry["config"]["meta"].get("is_ingredient")
    ]
    (table,) = (
        model
        for model in entries(project, "marts/metrics", "models")
        if model["name"] == "metrics_daily"
    )
    for name, entry in table["config"]["meta"]["beyond_metricflow"].items():
        found.append(_metric({"name": name, **entry}, entry, entry, Formula()))
    return found


def _metric(
    entry: dict[str, Any],
    config: dict[str, Any],
    meta: dict[str, Any],
    made_of: Formula,
) -> Metric:
    owner, unit = config.get("group", ""), meta.get("unit", "")
    if not owner or not unit or meta.get("additive_over") not in SUMS:
        raise CommandError(
            f"metric {entry['name']}: give it config.group, config.meta.unit and"
            f" config.meta.additive_over (one of {', '.join(SUMS)})"
        )
    coarser_grain = "none" if meta.get("why") else meta.get("coarser_grain", "sum")
    if ("dates" in meta["additive_over"]) != (coarser_grain == "sum"):
        raise CommandError(
            f"metric {entry['name']}: config.meta.coarser_grain is what it gives by week or month,"
            f" one of {', '.join(COARSER_GRAINS)}; a metric that may be summed over dates has none"
        )
    return Metric(
        name=entry["name"],
        label=entry["label"],
        description=entry["description"],
        owner=owner,
        unit=unit,
        additive_over=meta["additive_over"],
        coarser_grain=coarser_grain,
        made_of=made_of,
        is_dated_by_receipt=meta.get("dated_by") == "receipt",
        caveats=meta.get("caveats", ""),
        why_beyond=meta.get("why", ""),
        why_handwritten=meta.get("handwritten", ""),
    )


def _measured(
    entry: dict[str, Any], metrics: dict[str, dict[str, Any]], models: list[dict[str, Any]]
) -> Formula:
    """Return the formula of a metric, with the dimensions of its semantic model."""
    parameters = entry["type_params"]
    if "measure" in parameters:
        name = _name(parameters["measure"])
        (model,) = (
            model
            for model in models
            if name in [measure["name"] for measure in model.get("measures", [])]
        )
        (measure,) = (candidate for candidate in model["measures"] if candidate["name"] == name)
        window = parameters.get("cumulative_type_params", {}).get("window")
        text = (
            f"{measure['agg'].replace('_', ' ')} of `{measure.get('expr', measure['name'])}`"
            f" in `{model['model'].split(chr(39))[1]}`" + (f", over {window}" if window else "")
        )
        dimensions = tuple(
            f"`{_entity(model)}__{dimension['name']}`"
            for dimension in model["dimensions"]
            if dimension["type"] == "categorical"
        )
        in_table = _in_table(entry, _in_table(model))
    else:
        inputs = [parameters[part] for part in ("numerator", "denominator") if part in parameters]
        inputs = inputs or parameters["metrics"]
        names = [f"`{_name(part)}`" for part in inputs]
        text = f"`{parameters['expr']}`" if "expr" in parameters else " / ".join(names)
        measured = [_measured(metrics[_name(part)], metrics, models) for part in inputs]
        dimensions = _shared([part.dimensions for part in measured])
        in_table = _in_table(entry, _shared([part.in_table for part in measured]))
    filtered = _filter(entry.get("filter", ""))
    return Formula(text + (f", where `{filtered}`" if filtered else ""), dimensions, in_table)


def _in_table(entry: dict[str, Any], otherwise: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the dimensions that an entry lists, beside the total; without a list, `otherwise`."""
    listed = entry.get("config", {}).get("meta", {}).get("dimensions", otherwise)
    return tuple(name for name in listed if name != "all")


def _shared(lists: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Return what all lists have, in the order of the first."""
    return tuple(name for name in lists[0] if all(name in others for others in lists))


def _name(part: str | dict[str, Any]) -> str:
    """Return the name of a measure or metric in another metric's formula."""
    return part if isinstance(part, str) else str(part["name"])


def _filter(given: str | list[str]) -> str:
    """Return a filter with the names of dimensions in place of Jinja."""
    text = given if isinstance(given, str) else " and ".join(given)
    return re.sub(r"\{\{\s*Dimension\(['\"](\w+)['\"]\)\s*\}\}", r"\1", text)


def _entity(model: dict[str, Any]) -> str:
    primary = [
        entity["name"] for entity in model.get("entities", []) if entity["type"] == "primary"
    ]
    return str(primary[0] if primary else model["primary_entity"])


main = page_command("metrics", __doc__, PAGE, dictionary)
