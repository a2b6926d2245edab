"""Writes that create no new version: data models, followers."""

from __future__ import annotations

from openmetadata_standin.behaviours.writing import DATA_MODEL_PUT_ERASES
from openmetadata_standin.catalog import Catalog
from openmetadata_standin.entity_kinds import BY_NAME
from openmetadata_standin.merging import with_model_carried
from openmetadata_standin.models import Json, check_request
from openmetadata_standin.rules import check_entity

_TABLE = BY_NAME["table"]
_ERASED_WITH_MODEL = frozenset({"tableConstraints", "schemaDefinition"})


def put_data_model(catalog: Catalog, stored: Json, body: object) -> Json:
    """PUT tables/{id}/dataModel: replace a table's data model.

    SQL that the body leaves out is kept from the old data model. The model's owners become the
    table's if it has none, its tags are added, and its columns' descriptions fill empty ones.
    """
    data_model = check_request("entity.data.table:DataModel", body)
    before = stored.get("dataModel", {})
    kept = {key: before[key] for key in ("sql", "rawSql") if key in before}
    data_model = {**kept, **{key: value for key, value in data_model.items() if value != ""}}
    document = with_model_carried(stored, data_model, catalog.version)
    if catalog.version.has(DATA_MODEL_PUT_ERASES):
        document = {key: document[key] for key in document.keys() - _ERASED_WITH_MODEL}
    check_entity(catalog.store, catalog.version, _TABLE, document)
    catalog.save_as_is(_TABLE, document)
    return document


def put_follower(catalog: Catalog, stored: Json, user_id: str) -> Json:
    """PUT tables/{id}/followers: add a user to the followers of a table.

    Raises NotFoundError when there is no such user.
    """
    user = catalog.find(BY_NAME["user"], user_id)
    others = [follower for follower in stored.get("followers", []) if follower["id"] != user["id"]]
    document = {**stored, "followers": [*others, {"id": user["id"], "type": "user"}]}
    catalog.save_as_is(_TABLE, document)
    return document
