"""Publishes a dbt project with the client's own workflows, to test the stand-in and to compare.

There are two workflows, like those of `metadata ingest`. The first publishes the structure from
dbt's catalog.json, in place of a connector to the warehouse; the second is the client's dbt source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from metadata.generated.schema.api.data.createDatabase import CreateDatabaseRequest
from metadata.generated.schema.api.data.createDatabaseSchema import CreateDatabaseSchemaRequest
from metadata.generated.schema.api.data.createTable import CreateTableRequest
from metadata.generated.schema.api.services.createDatabaseService import (
    CreateDatabaseServiceRequest,
)
from metadata.ingestion.api.models import Either
from metadata.ingestion.api.steps import Source
from metadata.ingestion.source.database.column_type_parser import ColumnTypeParser
from metadata.workflow.metadata import MetadataWorkflow
from pydantic import BaseModel

from openmetadata_standin.models import Json

_NODES = ("nodes", "sources")


class StructureSource(Source):
    """Yields the service, databases, schemas and tables in a catalog.json for the client's sink."""

    def __init__(self, service: str, catalog: Json) -> None:
        """In: the name of the service to create; the parsed catalog.json."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._service = service
        self._nodes = [node for part in _NODES for node in catalog[part].values()]

    @classmethod
    def create(
        cls, config_dict: Mapping[str, Any], metadata: object, pipeline_name: str | None = None
    ) -> StructureSource:
        """Return the source of a workflow's `source` section."""
        options = config_dict["serviceConnection"]["config"]["connectionOptions"]
        catalog = json.loads(Path(options["catalogFile"]).read_text(encoding="utf-8"))
        return cls(config_dict["serviceName"], catalog)

    def prepare(self) -> None:
        """There is nothing to prepare."""

    def test_connection(self) -> None:
        """There is no warehouse to connect to."""

    def close(self) -> None:
        """There is nothing to close."""

    def _iter(self, *args: object, **kwargs: object) -> Iterable[Either[Any]]:
        service = {
            "name": self._service,
            "serviceType": "CustomDatabase",
            "connection": {"config": {"type": "CustomDatabase"}},
        }
        yield _made(CreateDatabaseServiceRequest.model_validate(service))
        for database in sorted({node["metadata"]["database"] for node in self._nodes}):
            body = {"name": database, "service": self._service}
            yield _made(CreateDatabaseRequest.model_validate(body))
        places = {
            (node["metadata"]["database"], node["metadata"]["schema"]) for node in self._nodes
        }
        for database, schema in sorted(places):
            body = {"name": schema, "database": f"{self._service}.{database}"}
            yield _made(CreateDatabaseSchemaRequest.model_validate(body))
        for node in self._nodes:
            yield _made(CreateTableRequest.model_validate(self._table(node)))

    def _table(self, node: Json) -> Json:
        place = node["metadata"]
        columns = sorted(node["columns"].values(), key=lambda column: int(column["index"]))
        return {
            "name": place["name"],
            "databaseSchema": f"{self._service}.{place['database']}.{place['schema']}",
            "columns": [_column(column) for column in columns],
        }


def publish(address: str, token: str, service: str, target_path: Path) -> None:
    """Publish a dbt project's artifacts with the client alone: the structure, then its dbt source.

    In: the API's base address and a token; the service to publish to; the folder of manifest.json,
    catalog.json and run_results.json. Raises the client's WorkflowExecutionError when it reports a
    failure; it does not report all failures.
    """
    server = {
        "hostPort": address,
        "authProvider": "openmetadata",
        "securityConfig": {"jwtToken": token},
        # By default the client refuses a server of an older version.
        "enableVersionValidation": False,
    }
    for source in (_structure(service, target_path), _dbt(service, target_path)):
        config = {
            "source": source,
            "sink": {"type": "metadata-rest", "config": {}},
            "workflowConfig": {"openMetadataServerConfig": server, "loggerLevel": "WARN"},
        }
        workflow = MetadataWorkflow.create(config)
        workflow.execute()
        workflow.stop()
        workflow.raise_from_status()


def _structure(service: str, target_path: Path) -> Json:
    return {
        "type": "customDatabase",
        "serviceName": service,
        "serviceConnection": {
            "config": {
                "type": "CustomDatabase",
                "sourcePythonClass": f"{__name__}.{StructureSource.__name__}",
                "connectionOptions": {"catalogFile": str(target_path / "catalog.json")},
            }
        },
        "sourceConfig": {"config": {"type": "DatabaseMetadata"}},
    }


def _dbt(service: str, target_path: Path) -> Json:
    files = {
        "dbtConfigType": "local",
        "dbtManifestFilePath": str(target_path / "manifest.json"),
        "dbtCatalogFilePath": str(target_path / "catalog.json"),
        "dbtRunResultsFilePath": str(target_path / "run_results.json"),
    }
    options = {
        "type": "DBT",
        "dbtConfigSource": files,
        "dbtUpdateDescriptions": True,
        "dbtUpdateOwners": True,
        "includeTags": True,
        "includeMetrics": True,
    }
    return {"type": "dbt", "serviceName": service, "sourceConfig": {"config": options}}


def _made(request: BaseModel) -> Either[Any]:
    return Either(left=None, right=request)


def _column(column: Json) -> Json:
    data_type = ColumnTypeParser.get_column_type(column["type"])
    made = {
        "name": column["name"],
        "dataType": data_type,
        "dataTypeDisplay": column["type"],
        "dataLength": 1,
    }
    if data_type == "ARRAY":
        made["arrayDataType"] = "UNKNOWN"
    if data_type == "STRUCT":
        made["dataType"] = "JSON"
    return made
