"""The assets of exposures, metrics and data contracts. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from sqlglot import exp

from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.config import Config
from logmart_catalog.desired.labels import labels_of
from logmart_catalog.desired.meta import Reader, Unread, joined_reasons, meta_of
from logmart_catalog.desired.owners import owners_of
from logmart_catalog.lineage.parsing import NotParsedError, parse
from logmart_catalog.lineage.project import dialect_of
from logmart_catalog.records import Record
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.model import Asset, Table, Value
from logmart_catalog.state.names import fqn, stored_name

_DASHBOARD_TYPES = {"dashboard": "Dashboard", "analysis": "Report", "notebook": "Report"}
_METRIC_TYPES = frozenset({"SIMPLE", "RATIO", "CUMULATIVE", "DERIVED", "CONVERSION"})
_GRAINS = frozenset({"SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})
_UNITS = frozenset(
    {
        "COUNT",
        "DOLLARS",
        "PERCENTAGE",
        "TIMESTAMP",
        "SIZE",
        "REQUESTS",
        "EVENTS",
        "TRANSACTIONS",
    }
)
_UNIT_FIELDS = ("unitOfMeasurement", "customUnitOfMeasurement")
_AGGREGATIONS = {"count_distinct": "count(distinct {})", "average": "avg({})"}


def dashboard_assets(artifacts: Artifacts, config: Config) -> dict[str, Asset]:
    """Return the dashboard of each exposure by unique id, without mark."""
    service = config.dashboard_service or f"{config.service}_exposures"
    assets = {}
    for unique_id, exposure in artifacts.exposures.items():
        owners = owners_of(exposure, artifacts, unique_id)
        labels = labels_of(exposure, config, unique_id)
        fields: dict[str, Value] = {
            "displayName": exposure.text("label"),
            "description": exposure.text("description").strip(),
            "dashboardType": _DASHBOARD_TYPES.get(exposure.text("type"), "Dashboard"),
            "sourceUrl": exposure.text("url"),
            "owners": owners.names,
            "tags": labels.tags,
        }
        name = fqn((service, stored_name(exposure.text("name"), unique_id)))
        unread = _unread_of(fields, joined_reasons(labels.unread, owners.unread))
        assets[unique_id] = Asset(kinds.DASHBOARD, name, _without_empty(fields), unread=unread)
    return assets


def count_exposures_of_other_types(artifacts: Artifacts) -> Counter[str]:
    """Count, by type, the exposures that become dashboards although their type is another."""
    types = (exposure.text("type") for exposure in artifacts.exposures.values())
    return Counter(type_ for type_ in types if type_ not in _DASHBOARD_TYPES)


def metric_assets(artifacts: Artifacts, config: Config) -> dict[str, Asset]:
    """Return the metrics of the semantic layer by unique id, without mark."""
    assets = {}
    measures = _measures(artifacts)
    for unique_id, metric in artifacts.metrics.items():
        owners = owners_of(metric, artifacts, unique_id)
        labels = labels_of(metric, config, unique_id)
        kind = metric.text("type").upper()
        reader = Reader(unique_id)
        unit = reader.text("meta.unit", meta_of(metric).values.get("unit"), "unitOfMeasurement")
        units = dict.fromkeys(_UNIT_FIELDS, reader.unread.get("unitOfMeasurement", ()))
        grain = (metric.text("time_granularity") or _grain(metric, artifacts)).upper()
        known = unit.upper() in _UNITS
        fields: dict[str, Value] = {
            "displayName": metric.text("label"),
            "description": metric.text("description").strip(),
            "expression": _expression(metric, measures),
            "metricType": kind if kind in _METRIC_TYPES else "OTHER",
            "unitOfMeasurement": (unit.upper() if known else "OTHER") if unit else "",
            "customUnitOfMeasurement": "" if known else unit,
            "granularity": grain if grain in _GRAINS else "",
            "owners": owners.names,
            "tags": labels.tags,
            "domains": labels.domains,
        }
        name = fqn((stored_name(metric.text("name"), unique_id),))
        unread = _unread_of(
            fields, joined_reasons(labels.unread, owners.unread, units if reader.unread else {})
        )
        assets[unique_id] = Asset(kinds.METRIC, name, _without_empty(fields), unread=unread)
    return assets


def count_columns_read(artifacts: Artifacts) -> int:
    """Count the columns that metrics read; a column counts once for each metric."""
    return sum(len(_columns_of(metric, artifacts)) for metric in artifacts.metrics.values())


def contract_assets(artifacts: Artifacts, tables: Mapping[str, Table]) -> Iterator[Asset]:
    """Yield the data contract of each node whose contract dbt enforces, without mark. A contract
    has the FQN of its table.
    """
    for unique_id, node in artifacts.nodes.items():
        enforced = node.record("config").record("contract").values.get("enforced")
        if enforced is True and unique_id in tables:
            table = tables[unique_id]
            fields: dict[str, Value] = {
                "table": table.fqn,
                "description": table.description,
                "owners": table.owners,
                "columns": tuple(f"{column.type.name} {column.name}" for column in table.columns),
            }
            unread = _unread_of(fields, table.unread)
            yield Asset(kinds.DATA_CONTRACT, table.fqn, _without_empty(fields), unread=unread)


def _measures(artifacts: Artifacts) -> dict[str, str]:
    """Return the SQL of each measure of the semantic models, by name."""
    measures = {}
    for model in artifacts.semantic_models.values():
        for measure in model.record_items("measures"):
            inner = measure.text("expr") or measure.text("name")
            measures[measure.text("name")] = _aggregated(measure.text("agg"), inner)
    return measures


def _columns_of(metric: Record, artifacts: Artifacts) -> set[tuple[str, str]]:
    """Return the columns that the measures of a metric read, as (semantic model, column)."""
    read = metric.record("type_params").record_items("input_measures")
    names = {measure.text("name") for measure in read}
    dialect = dialect_of(artifacts.adapter)
    own = metric.record("type_params").record("metric_aggregation_params")
    if own.values:
        expression = own.text("expr") or metric.record("type_params").text("expr")
        return {(own.text("semantic_model"), column) for column in _columns_in(expression, dialect)}
    return {
        (model.text("name"), column)
        for model in artifacts.semantic_models.values()
        for measure in model.record_items("measures")
        if measure.text("name") in names
        for column in _columns_in(measure.text("expr") or measure.text("name"), dialect)
    }


def _columns_in(expression: str, dialect: str) -> set[str]:
    """Return the columns that an expression names; none when it cannot be parsed."""
    try:
        tree = parse(f"select {expression}", dialect)
    except NotParsedError:
        return set()
    return {column.name for column in tree.find_all(exp.Column)}


def _expression(metric: Record, measures: Mapping[str, str]) -> str:
    """Return the SQL of a metric, over measures and other metrics by name."""
    parameters = metric.record("type_params")
    match metric.text("type"):
        case "ratio":
            sides = [parameters.record(key).text("name") for key in ("numerator", "denominator")]
            return " / ".join(sides)
        case "derived":
            return parameters.text("expr")
    own = parameters.record("metric_aggregation_params")
    if own.values:
        return _aggregated(own.text("agg"), own.text("expr") or parameters.text("expr"))
    name = parameters.record("measure").text("name")
    return measures.get(name, name)


def _aggregated(aggregation: str, expression: str) -> str:
    form = _AGGREGATIONS.get(aggregation.lower(), f"{aggregation.lower()}({{}})")
    return form.format(expression)


def _grain(metric: Record, artifacts: Artifacts) -> str:
    """Return the granularity of the time dimension that a metric's measures are aggregated over."""
    for unique_id in metric.record("depends_on").texts("nodes"):
        model = artifacts.semantic_models.get(unique_id)
        if model is None:
            continue
        default = model.record("defaults").text("agg_time_dimension")
        for dimension in model.record_items("dimensions"):
            if dimension.text("name") == default:
                return dimension.record("type_params").text("time_granularity")
    return ""


def _without_empty(fields: Mapping[str, Value]) -> dict[str, Value]:
    return {key: value for key, value in fields.items() if value}


def _unread_of(fields: Mapping[str, Value], unread: Unread) -> Unread:
    """Return the reasons in `unread` that concern one of an asset's own fields."""
    return {key: reasons for key, reasons in unread.items() if key in fields}
