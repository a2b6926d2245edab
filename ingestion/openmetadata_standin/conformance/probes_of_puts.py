"""Probes of PUT: what it keeps, merges and erases."""

from __future__ import annotations

from openmetadata_standin.behaviours import writing as behaviours
from openmetadata_standin.conformance.probe import probe
from openmetadata_standin.conformance.workspace import BIGINT, NOTE, Workspace, label, reference
from openmetadata_standin.models import Json

MODEL: Json = {"modelType": "DBT", "sql": "select 1"}
KEY: Json = {"constraintType": "UNIQUE", "columns": ["id"]}


def kept(entity: Json, *keys: str) -> str:
    """Return for each field whether an entity has it: `kept` or `gone`."""
    return ", ".join(f"{key} {'kept' if entity.get(key) else 'gone'}" for key in keys)


@probe(behaviours.DATA_MODEL_DROPPED_IN_CREATE, holds="dataModel gone", otherwise="dataModel kept")
def data_model_dropped_in_create(place: Workspace) -> str:
    """Create a table with a data model."""
    return kept(place.read(place.table(dataModel=MODEL)), "dataModel")


_MODELLED = ("dataModel", "schemaDefinition", "tableConstraints")


@probe(
    behaviours.DATA_MODEL_PUT_ERASES,
    holds="200: dataModel kept, schemaDefinition gone, tableConstraints gone",
    otherwise="200: dataModel kept, schemaDefinition kept, tableConstraints kept",
)
def data_model_put_erases(place: Workspace) -> str:
    """PUT a data model on a table with key and definition."""
    table = place.table(tableConstraints=[KEY], schemaDefinition="create view")
    status = place.server.status("PUT", f"tables/{table['id']}/dataModel", MODEL)
    return f"{status}: {kept(place.read(table), *_MODELLED)}"


@probe(
    behaviours.DATA_MODEL_PUT_WITHOUT_TEXTS, holds="description gone", otherwise="description kept"
)
def data_model_put_without_texts(place: Workspace) -> str:
    """PUT a data model that describes a column."""
    table = place.table()
    model = {**MODEL, "columns": [{**BIGINT, "description": "Of a probe."}]}
    place.server.made("PUT", f"tables/{table['id']}/dataModel", model)
    return kept(place.read(table)["columns"][0], "description")


@probe(
    behaviours.DATA_MODEL_PUT_TAGS,
    holds="table Tier1; column Sensitive",
    otherwise="table Tier1; column",
)
def data_model_put_tags(place: Workspace) -> str:
    """PUT a data model with tags, on itself and on a column."""
    table = place.table()
    column = {**BIGINT, "tags": [label("PII.Sensitive")]}
    model = {**MODEL, "tags": [label("Tier.Tier1")], "columns": [column]}
    place.server.made("PUT", f"tables/{table['id']}/dataModel", model)
    read = place.read(table)
    words = (("table", read["tags"]), ("column", read["columns"][0]["tags"]))
    found = (
        " ".join([word, *(tag["tagFQN"].split(".")[1] for tag in tags)]) for word, tags in words
    )
    return "; ".join(found)


@probe(
    behaviours.DATA_MODEL_BY_PATCH,
    holds="200: dataModel kept, schemaDefinition kept, tableConstraints kept",
)
def data_model_by_patch(place: Workspace) -> str:
    """PATCH a data model into a table with key and definition."""
    table = place.table(tableConstraints=[KEY], schemaDefinition="create view")
    status = place.patch(table, {"op": "add", "path": "/dataModel", "value": MODEL})
    return f"{status}: {kept(place.read(table), *_MODELLED)}"


@probe(
    behaviours.PUT_ERASES_SILENTLY,
    holds="identical PUT: dataModel kept, sourceUrl kept, tableConstraints kept;"
    " PUT that changes: dataModel gone, sourceUrl gone, tableConstraints gone",
    otherwise="identical PUT: dataModel kept, sourceUrl gone, tableConstraints gone;"
    " PUT that changes: dataModel kept, sourceUrl gone, tableConstraints gone",
)
def put_erases_silently(place: Workspace) -> str:
    """PUT a table without its data model, key and source URL: first unchanged otherwise, then with
    an additional column.
    """
    keys = ("dataModel", "sourceUrl", "tableConstraints")
    table = place.table(tableConstraints=[KEY], sourceUrl="https://example.com/orders")
    place.patch(table, {"op": "add", "path": "/dataModel", "value": MODEL})
    place.put_again(table)
    identical = kept(place.read(table), *keys)
    place.put_again(table, columns=[BIGINT, NOTE])
    return f"identical PUT: {identical}; PUT that changes: {kept(place.read(table), *keys)}"


@probe(
    behaviours.BOT_KEEPS_TEXTS,
    holds="PUT of another: first; of none: first; PATCH: second; removed: none",
)
def bot_keeps_texts(place: Workspace) -> str:
    """PUT and PATCH the description of a table."""
    table = place.table(description="first")
    found = []
    for text in ("another", ""):
        place.put_again(table, description=text)
        found.append(place.read(table).get("description"))
    place.patch(table, {"op": "replace", "path": "/description", "value": "second"})
    found.append(place.read(table).get("description"))
    place.patch(table, {"op": "remove", "path": "/description"})
    left = place.read(table).get("description", "none")
    return f"PUT of another: {found[0]}; of none: {found[1]}; PATCH: {found[2]}; removed: {left}"


@probe(behaviours.BOT_KEEPS_COLUMN_TEXTS, holds="first")
def bot_keeps_column_texts(place: Workspace) -> str:
    """PUT a table with another description of a column."""
    table = place.table(columns=[{**BIGINT, "description": "first"}])
    place.put_again(table, columns=[{**BIGINT, "description": "second"}])
    return str(place.read(table)["columns"][0].get("description", "none"))


@probe(behaviours.BOT_KEEPS_DISPLAY_NAME, holds="First, then First", otherwise="Second, then None")
def bot_keeps_display_name(place: Workspace) -> str:
    """PUT a table with another display name, and with none."""
    table = place.table(displayName="First")
    found = []
    for fields in ({"displayName": "Second"}, {}):
        place.put_again(table, **fields)
        found.append(str(place.read(table).get("displayName")))
    return ", then ".join(found)


@probe(behaviours.BOT_KEEPS_DOMAIN, holds="the first", otherwise="the second")
def bot_keeps_domain(place: Workspace) -> str:
    """PUT a table with another domain."""
    words = {place.domain(): "the first", place.domain(): "the second"}
    first, second = words
    table = place.table(domains=[first])
    place.put_again(table, domains=[second])
    return " and ".join(words[domain["name"]] for domain in place.read(table)["domains"])


@probe(
    behaviours.BOT_KEEPS_OWNERS,
    holds="the first; by none: the first",
    otherwise="the second; by none: the second",
)
def bot_keeps_owners(place: Workspace) -> str:
    """PUT a table with another owner, and with none."""
    first, second = place.team(), place.team()
    table = place.table(owners=[reference("team", first)])
    words = {first["id"]: "the first", second["id"]: "the second"}
    found = []
    for owners in ([reference("team", second)], []):
        place.put_again(table, owners=owners)
        found.append(" and ".join(words[owner["id"]] for owner in place.read(table)["owners"]))
    return f"{found[0]}; by none: {found[1]}"


@probe(behaviours.PUT_MERGES_TAGS, holds="PUT: a, b; PATCH: b")
def put_merges_tags(place: Workspace) -> str:
    """PUT another tag, then PATCH the first away."""
    own = place.tags("a", "b")
    table = place.table(tags=[label(f"{own}.a")])
    place.put_again(table, tags=[label(f"{own}.b")])
    merged = sorted(tag["tagFQN"].split(".")[-1] for tag in place.read(table)["tags"])
    place.patch(table, {"op": "replace", "path": "/tags", "value": [label(f"{own}.b")]})
    left = sorted(tag["tagFQN"].split(".")[-1] for tag in place.read(table)["tags"])
    return f"PUT: {', '.join(merged)}; PATCH: {', '.join(left)}"


@probe(behaviours.COLUMNS_DROPPED_BY_PUT, holds="id with text and 1 tag")
def columns_dropped_by_put(place: Workspace) -> str:
    """PUT a table without its second column, and the first one without its tag."""
    documented = {**BIGINT, "description": "Text.", "tags": [label("PII.Sensitive")]}
    table = place.table(columns=[documented, NOTE])
    place.put_again(table, columns=[{**BIGINT, "description": "Text."}])
    return ", ".join(
        f"{column['name']} with {'text' if column.get('description') else 'no text'}"
        f" and {len(column['tags'])} tag"
        for column in place.read(table)["columns"]
    )


@probe(behaviours.EMPTY_TEXT_KEPT, holds="'' then None")
def empty_text_kept(place: Workspace) -> str:
    """PATCH a description to an empty text, then remove it."""
    table = place.table(description="first")
    place.patch(table, {"op": "replace", "path": "/description", "value": ""})
    empty = place.read(table).get("description")
    place.patch(table, {"op": "remove", "path": "/description"})
    return f"{empty!r} then {place.read(table).get('description')!r}"


@probe(behaviours.POST_OF_EXISTING, holds="201, 200, 409")
def post_of_existing(place: Workspace) -> str:
    """PUT a table, PUT it again, POST it."""
    body = place.table_body(place.schema())
    calls = ("PUT", "PUT", "POST")
    return ", ".join(str(place.server.status(method, "tables", body)) for method in calls)
