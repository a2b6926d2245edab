"""The official client: the stand-in accepts its calls, and the answers fit its models."""

from __future__ import annotations

from typing import Any

import pytest
from metadata.generated.schema.api.classification.createClassification import (
    CreateClassificationRequest,
)
from metadata.generated.schema.api.classification.createTag import CreateTagRequest
from metadata.generated.schema.api.data.createCustomProperty import CreateCustomPropertyRequest
from metadata.generated.schema.api.data.createDatabase import CreateDatabaseRequest
from metadata.generated.schema.api.data.createDatabaseSchema import CreateDatabaseSchemaRequest
from metadata.generated.schema.api.data.createTable import CreateTableRequest
from metadata.generated.schema.api.lineage.addLineage import AddLineageRequest
from metadata.generated.schema.api.services.createDatabaseService import (
    CreateDatabaseServiceRequest,
)
from metadata.generated.schema.api.teams.createTeam import CreateTeamRequest
from metadata.generated.schema.api.teams.createUser import CreateUserRequest
from metadata.generated.schema.entity.data.databaseSchema import DatabaseSchema
from metadata.generated.schema.entity.data.table import DataModel, Table
from metadata.generated.schema.entity.services.databaseService import DatabaseService
from metadata.generated.schema.entity.teams.team import Team
from metadata.generated.schema.entity.teams.user import User
from metadata.generated.schema.type.entityReferenceList import EntityReferenceList
from metadata.generated.schema.type.tagLabel import TagLabel
from metadata.ingestion.models.custom_properties import (
    CustomPropertyDataTypes,
    OMetaCustomProperties,
)
from metadata.ingestion.models.table_metadata import ColumnTag
from metadata.ingestion.ometa.client import APIError

from openmetadata_standin.process import Process

from .standin_calls import TOKEN, Api, label, make_client, on

# The client's own annotations do not fit how it is called, so it stays untyped here.
Client = Any


def create_table(schema: str, name: str = "orders", **fields: Any) -> CreateTableRequest:
    columns = [{"name": "id", "dataType": "BIGINT"}, {"name": "at", "dataType": "TIMESTAMP"}]
    return CreateTableRequest.model_validate(
        {"name": name, "databaseSchema": schema, "columns": columns, **fields}
    )


@on("2.0")
def test_health_and_version(client: Client) -> None:
    assert client.health_check()
    client.validate_versions()


def test_structure_is_created_and_read_back(client: Client) -> None:
    service = client.create_or_update(
        CreateDatabaseServiceRequest.model_validate(
            {
                "name": "warehouse",
                "serviceType": "CustomDatabase",
                "connection": {"config": {"type": "CustomDatabase", "sourcePythonClass": "x"}},
            }
        )
    )
    client.create_or_update(
        CreateDatabaseRequest.model_validate({"name": "db", "service": "warehouse"})
    )
    client.create_or_update(
        CreateDatabaseSchemaRequest.model_validate({"name": "marts", "database": "warehouse.db"})
    )
    team = client.create_or_update(
        CreateTeamRequest.model_validate({"name": "growth", "teamType": "Group"})
    )
    owner = [{"id": str(team.id.root), "type": "team"}]
    client.create_or_update(create_table("warehouse.db.marts", owners=owner, description="text"))
    table = client.get_by_name(Table, "warehouse.db.marts.orders", fields=["owners", "tags"])
    assert table.service.id == service.id
    assert table.owners.root[0].name == "growth"
    assert [column.name.root for column in table.columns] == ["id", "at"]
    assert client.get_by_name(Table, "warehouse.db.marts.none") is None
    assert client.get_by_name(Team, "growth").id == team.id
    found = client.get_by_name(DatabaseService, "warehouse")
    assert found.connection.config.type.value == "CustomDatabase"


@on("2.0")
def test_bulk_list_and_stale(client: Client, schema: str) -> None:
    tables = [create_table(schema, f"t{number:03}") for number in range(120)]
    result = client.bulk_create_or_update(tables)
    assert (result.numberOfRowsProcessed.root, result.numberOfRowsFailed.root) == (120, 0)
    scope = {"databaseSchema": schema}
    listed = list(client.list_all_entities(Table, params=scope, limit=50))
    assert [table.name.root for table in listed] == [f"t{number:03}" for number in range(120)]
    live = [f"{schema}.t{number:03}" for number in range(119)]
    stale = client.delete_stale_entities(Table, scope, live)
    assert stale.numberOfRowsPassed.root == 1
    assert client.get_by_name(Table, f"{schema}.t119") is None


def test_patch_delete_restore_and_data_model(client: Client, schema: str) -> None:
    table = client.create_or_update(create_table(schema, description="first"))
    wanted = table.model_copy(deep=True)
    wanted.description.root = "second"
    patched = client.patch(Table, table, wanted, override_metadata=True)
    assert patched.description.root == "second"
    model = DataModel.model_validate({"modelType": "DBT", "sql": "select 1"})
    assert client.ingest_table_data_model(patched, model).dataModel.sql.root == "select 1"
    client.delete(Table, table.id)
    assert client.get_by_id(Table, table.id) is None
    assert client.restore(Table, table.id).id == table.id


def test_lineage_through_the_client(client: Client, schema: str) -> None:
    source, target = (client.create_or_update(create_table(schema, name)) for name in "ab")
    edge = AddLineageRequest.model_validate(
        {
            "edge": {
                "fromEntity": {"id": source.id, "type": "table"},
                "toEntity": {"id": target.id, "type": "table"},
                "lineageDetails": {
                    "source": "DbtLineage",
                    "columnsLineage": [
                        {"fromColumns": [f"{schema}.a.id"], "toColumn": f"{schema}.b.id"}
                    ],
                },
            }
        }
    )
    graph = client.add_lineage(edge)
    assert [node["name"] for node in graph["nodes"]] == ["b"]
    assert "error" not in client.add_lineage(edge, check_patch=True)
    upstream = client.get_lineage_by_name(Table, f"{schema}.b", up_depth=1, down_depth=0)
    assert upstream["upstreamEdges"][0]["lineageDetails"]["source"] == "DbtLineage"
    client.delete_lineage_edge(edge.edge)
    assert client.get_lineage_by_id(Table, target.id)["upstreamEdges"] == []


@on("1.2")
def test_listing_by_pages_with_fields(client: Client, schema: str) -> None:
    model = {"modelType": "DBT", "sql": "select 1"}
    client.bulk_create_or_update([create_table(schema, f"t{n}", dataModel=model) for n in range(5)])
    scope = {"databaseSchema": schema}
    fields = ["tags", "dataModel"]
    first = client.list_entities(Table, fields=fields, limit=2, params=scope)
    assert (first.total, len(first.entities), first.before) == (5, 2, None)
    assert first.entities[0].dataModel.sql.root == "select 1"
    second = client.list_entities(Table, fields=fields, limit=2, params=scope, after=first.after)
    assert [table.name.root for table in second.entities] == ["t2", "t3"]
    client.delete(Table, second.entities[0].id)
    gone = client.list_entities(Table, params=scope, include="deleted")
    assert [table.name.root for table in gone.entities] == ["t2"]


@on("1.2")
def test_patches_of_every_kind(client: Client, schema: str) -> None:
    client.create_or_update(
        CreateClassificationRequest.model_validate({"name": "Flow", "description": "text"})
    )
    client.create_or_update(
        CreateTagRequest.model_validate(
            {"name": "Late", "description": "text", "classification": "Flow"}
        )
    )
    tag = TagLabel.model_validate(label("Flow.Late"))
    client.create_or_update(
        CreateUserRequest.model_validate({"name": "sora", "email": "sora@example.com"})
    )
    owner = client.get_entity_reference(User, "sora")
    table = client.create_or_update(create_table(schema, description="first"))
    column = f"{schema}.orders.at"
    client.patch_description(Table, table, "second", force=True)
    client.patch_column_description(table, column, "column text")
    client.patch_tags(Table, client.get_by_name(Table, f"{schema}.orders", fields=["tags"]), [tag])
    tagged = client.get_by_name(Table, f"{schema}.orders", fields=["tags", "owners"])
    client.patch_column_tags(tagged, [ColumnTag(column_fqn=column, tag_label=tag)])
    client.patch_owner(Table, tagged, EntityReferenceList([owner]))
    done = client.get_by_name(Table, f"{schema}.orders", fields=["tags", "owners"])
    assert done.description.root == "second"
    assert done.columns[1].description.root == "column text"
    assert [one.tagFQN.root for one in done.tags] == ["Flow.Late"]
    assert [one.tagFQN.root for one in done.columns[1].tags] == ["Flow.Late"]
    assert [one.name for one in done.owners.root] == ["sora"]
    versions = client.get_list_entity_versions(done.id, Table)
    assert len(versions.versions) == 6


def test_custom_properties_through_the_client(client: Client, schema: str) -> None:
    string = client.get_property_type_ref(CustomPropertyDataTypes.STRING)
    request = CreateCustomPropertyRequest.model_validate(
        {"name": "lastWritten", "description": "What was written.", "propertyType": string.root}
    )
    wanted = OMetaCustomProperties(entity_type=Table, createCustomPropertyRequest=request)
    client.create_or_update_custom_property(wanted)
    names = [one["name"] for one in client.get_entity_custom_properties(Table)]
    assert "lastWritten" in names
    table = client.create_or_update(create_table(schema, extension={"lastWritten": "one"}))
    client.patch_custom_properties(Table, table.id, {"lastWritten": "two"}, force=True)
    found = client.get_by_name(Table, f"{schema}.orders", fields=["extension"])
    assert found.extension.root == {"lastWritten": "two"}


def test_hard_delete_leaves_nothing(client: Client, schema: str) -> None:
    table = client.create_or_update(create_table(schema))
    holder = client.get_by_name(DatabaseSchema, schema)
    with pytest.raises(APIError, match="not empty"):
        client.delete(DatabaseSchema, holder.id)
    client.delete(DatabaseSchema, holder.id, recursive=True, hard_delete=True)
    assert client.list_entities(Table, params={"database": schema}, include="all").total == 0
    assert client.get_by_id(Table, table.id) is None


def test_client_without_the_token_is_refused(guarded: Process) -> None:
    assert list(make_client(guarded.address, TOKEN).list_all_entities(Table)) == []
    with pytest.raises(Exception, match="Not Authorized"):
        make_client(guarded.address, "other").get_by_name(Table, "a.b.c.d")


def test_client_reads_what_others_wrote(api: Api, client: Client, schema: str) -> None:
    api.put_table(schema, "by.hand", tags=[])
    table = client.get_by_name(Table, f'{schema}."by.hand"', fields=["*"])
    assert table.name.root == "by.hand"
