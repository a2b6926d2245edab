"""Reads and writes each kind of asset: one entry in ROUTES for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from logmart_catalog.errors import RefusedError
from logmart_catalog.records import Record
from logmart_catalog.server.client import body
from logmart_catalog.server.documents import (
    Body,
    extension_of,
    label_bodies,
    owner_bodies,
    read_domains,
    read_labels,
    read_owners,
    read_text_mark,
    with_text_mark,
)
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.model import Asset, AssetKey, Value
from logmart_catalog.state.names import fqn, split_fqn

_COMMON_KEYS = ("displayName", "description", "owners", "tags", "extension")
_METRIC_KEYS = ("metricType", "unitOfMeasurement", "customUnitOfMeasurement", "granularity")


@dataclass
class Ids:
    """The ids of entities: `named` holds tables and containers by FQN, `assets` assets by key,
    `owners` owners by the text that `state.owners` writes. `documents` are the tables' documents,
    as last read, by FQN.
    """

    named: dict[str, str] = field(default_factory=dict)
    assets: dict[AssetKey, str] = field(default_factory=dict)
    documents: dict[str, Record] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """Return the id of a table or container. Raises RefusedError when there is none."""
        return _known(self.named.get(name), name)

    def of_asset(self, key: AssetKey) -> str:
        """Return the id of an asset. Raises RefusedError when there is none."""
        return _known(self.assets.get(key), " ".join(key))

    def of_end(self, end: AssetKey) -> str:
        """Return the id of an end of an edge. Raises RefusedError when there is none."""
        kind, name = end
        return self.of(name) if kind == kinds.TABLE else self.of_asset(end)


def _known(entity_id: str | None, name: str) -> str:
    if not entity_id:
        raise RefusedError(f"it refers to {name}, which the catalog does not have", 404)
    return entity_id


@dataclass(frozen=True)
class Route:
    """The collection of a kind below /v1, and how its entities are read and written.

    `create` is the model of the create body, and `body` returns its fields. `read` returns the
    managed fields of a document that was read with `fields=asked`. A change sets the fields in
    `keys`. A PUT must repeat the lists of references in `kept`, or the server drops them.
    """

    collection: str
    create: str
    body: Callable[[Asset, Ids], Body]
    read: Callable[[Record], Mapping[str, Value]]
    asked: str = ""
    keys: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def create_body(asset: Asset, ids: Ids) -> Body:
    """Return the body that creates an asset. Raises ServerError when the client refuses it."""
    route = ROUTES[asset.kind]
    fields = {
        key: value
        for key, value in route.body(asset, ids).items()
        if value not in ("", [], {}, None)
    }
    return body(route.create, {"name": split_fqn(asset.fqn)[-1], **fields})


def text(asset: Asset, key: str) -> str:
    """Return a text field of an asset, "" when it has none."""
    value = asset.fields.get(key, "")
    return value if isinstance(value, str) else ""


def texts(asset: Asset, key: str) -> tuple[str, ...]:
    """Return a list field of an asset, empty when it has none."""
    value = asset.fields.get(key, ())
    return value if isinstance(value, tuple) else ()


def _described(asset: Asset, ids: Ids) -> Body:
    """Return the fields that several kinds of assets share."""
    return {
        "displayName": text(asset, "displayName"),
        "description": text(asset, "description"),
        "owners": owner_bodies(texts(asset, "owners"), ids.owners),
        "tags": label_bodies(texts(asset, "tags")),
        "extension": extension_of(asset.mark),
    }


def _read_described(record: Record) -> dict[str, Value]:
    return {
        "displayName": record.text("displayName"),
        "description": record.text("description"),
        "owners": read_owners(record),
        "tags": read_labels(record)[0],
    }


def _shared_text(asset: Asset) -> str:
    return text(asset, "description") or f"The {asset.kind} {split_fqn(asset.fqn)[-1]} of dbt."


def _tag(asset: Asset, ids: Ids) -> Body:
    return {"classification": fqn(split_fqn(asset.fqn)[:1]), "description": _shared_text(asset)}


def _dashboard(asset: Asset, ids: Ids) -> Body:
    return {
        **_described(asset, ids),
        "service": fqn(split_fqn(asset.fqn)[:1]),
        "dashboardType": text(asset, "dashboardType"),
        "sourceUrl": text(asset, "sourceUrl"),
    }


def _metric(asset: Asset, ids: Ids) -> Body:
    code = text(asset, "expression")
    return {
        **_described(asset, ids),
        "domains": list(texts(asset, "domains")),
        "metricExpression": {"language": "SQL", "code": code} if code else None,
        **{key: text(asset, key) for key in _METRIC_KEYS},
    }


def _read_metric(record: Record) -> dict[str, Value]:
    return {
        **_read_described(record),
        "domains": read_domains(record),
        "expression": record.record("metricExpression").text("code"),
        **{key: record.text(key) for key in _METRIC_KEYS},
    }


def _test_definition(asset: Asset, ids: Ids) -> Body:
    parameters = [
        {"name": name, "displayName": name, "dataType": "STRING", "required": False}
        for name in texts(asset, "parameters")
    ]
    return {
        "description": _shared_text(asset),
        "entityType": text(asset, "entityType"),
        "testPlatforms": [text(asset, "platform") or "dbt"],
        "parameterDefinition": parameters,
    }


def _read_definition(record: Record) -> dict[str, Value]:
    parameters = record.record_items("parameterDefinition")
    return {
        "entityType": record.text("entityType"),
        "parameters": tuple(sorted(parameter.text("name") for parameter in parameters)),
    }


def _test(asset: Asset, ids: Ids) -> Body:
    column = text(asset, "column")
    link = f"{text(asset, 'table')}::columns::{column}" if column else text(asset, "table")
    values = [parameter.partition("=") for parameter in texts(asset, "parameters")]
    return {
        "description": _marked_text(asset),
        "entityLink": f"<#E::table::{link}>",
        "testDefinition": text(asset, "definition"),
        "owners": owner_bodies(texts(asset, "owners"), ids.owners),
        "parameterValues": [{"name": name, "value": value} for name, _, value in values],
    }


def _read_test(record: Record) -> dict[str, Value]:
    link = record.text("entityLink").removeprefix("<#E::table::").removesuffix(">")
    table, _, column = link.partition("::columns::")
    values = record.record_items("parameterValues")
    return {
        "description": read_text_mark(record.text("description"))[0],
        "table": table,
        "column": column,
        "definition": record.record("testDefinition").text("fullyQualifiedName")
        or record.record("testDefinition").text("name"),
        "parameters": tuple(f"{value.text('name')}={value.text('value')}" for value in values),
        "owners": read_owners(record),
    }


def _contract(asset: Asset, ids: Ids) -> Body:
    return {
        "description": _marked_text(asset),
        "entity": {"id": ids.of(text(asset, "table")), "type": "table"},
        "owners": owner_bodies(texts(asset, "owners"), ids.owners),
        "schema": [
            {"name": name, "dataType": kind}
            for kind, _, name in (column.partition(" ") for column in texts(asset, "columns"))
        ],
    }


def _read_contract(record: Record) -> dict[str, Value]:
    columns = record.record_items("schema")
    return {
        "description": read_text_mark(record.text("description"))[0],
        "table": record.record("entity").text("fullyQualifiedName"),
        "owners": read_owners(record),
        "columns": tuple(f"{column.text('dataType')} {column.text('name')}" for column in columns),
    }


def _marked_text(asset: Asset) -> str:
    return with_text_mark(text(asset, "description"), asset.mark.project if asset.mark else "")


ROUTES = {
    kinds.CLASSIFICATION: Route(
        "classifications",
        "api.classification.createClassification:CreateClassificationRequest",
        lambda asset, ids: {"description": _shared_text(asset)},
        lambda record: {},
    ),
    kinds.TAG: Route(
        "tags", "api.classification.createTag:CreateTagRequest", _tag, lambda record: {}
    ),
    kinds.DASHBOARD_SERVICE: Route(
        "services/dashboardServices",
        "api.services.createDashboardService:CreateDashboardServiceRequest",
        lambda asset, ids: {
            "serviceType": "CustomDashboard",
            "connection": {"config": {"type": "CustomDashboard"}},
            "description": _shared_text(asset),
        },
        lambda record: {},
    ),
    kinds.DASHBOARD: Route(
        "dashboards",
        "api.data.createDashboard:CreateDashboardRequest",
        _dashboard,
        lambda record: {
            **_read_described(record),
            "dashboardType": record.text("dashboardType"),
            "sourceUrl": record.text("sourceUrl"),
        },
        "owners,tags,extension",
        (*_COMMON_KEYS, "dashboardType", "sourceUrl"),
        ("charts", "dataModels"),
    ),
    kinds.METRIC: Route(
        "metrics",
        "api.data.createMetric:CreateMetricRequest",
        _metric,
        _read_metric,
        "owners,tags,domains,extension",
        (*_COMMON_KEYS, "domains", "metricExpression", *_METRIC_KEYS),
        ("relatedMetrics",),
    ),
    kinds.TEST_DEFINITION: Route(
        "dataQuality/testDefinitions",
        "api.tests.createTestDefinition:CreateTestDefinitionRequest",
        _test_definition,
        _read_definition,
        keys=("parameterDefinition",),
    ),
    kinds.TEST: Route(
        "dataQuality/testCases",
        "api.tests.createTestCase:CreateTestCaseRequest",
        _test,
        _read_test,
        "testDefinition,testCaseResult,owners",
        ("description", "testDefinition", "parameterValues", "owners"),
    ),
    kinds.DATA_CONTRACT: Route(
        "dataContracts",
        "api.data.createDataContract:CreateDataContractRequest",
        _contract,
        _read_contract,
        "owners",
        ("description", "owners", "schema"),
    ),
}
