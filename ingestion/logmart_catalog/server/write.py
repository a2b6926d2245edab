"""Actions carried out on a server: few calls, in the order of the plan."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import jsonpatch

from logmart_catalog.column_types import DataType
from logmart_catalog.errors import ServerError
from logmart_catalog.names import fqn
from logmart_catalog.plan import Action, Plan, Verb
from logmart_catalog.records import Record
from logmart_catalog.server.client import Api, body
from logmart_catalog.server.read import EDGE_MARK, MARK_PROPERTY, Actual, mark_text
from logmart_catalog.state import Column, Container, Edge, Mark, Table, Team

Body = dict[str, object]

_COLLECTIONS = {"database": "databases", "schema": "databaseSchemas", "table": "tables"}
_TYPES = {"database": "database", "schema": "databaseSchema", "table": "table"}


def restore(api: Api, plan: Plan, actual: Actual) -> bool:
    """Bring back those entities the plan adds that are only soft-deleted; return whether any were.

    What hangs on a restored entity comes back with it, so the state must be read again after.
    """
    added = {kind: _added(plan, kind) for kind in _COLLECTIONS}
    service = fqn((actual.state.service,))
    living = {key for key, one in actual.state.containers.items() if one.kind == "database"}
    restored = 0
    if service not in actual.state.containers or not any(added.values()):
        return False
    back = _restore_in(api, "databases", added["database"], {"service": service})
    restored += len(back)
    for database in sorted(living | back):
        for kind in ("schema", "table"):
            scope = {"database": database}
            restored += len(_restore_in(api, _COLLECTIONS[kind], added[kind], scope))
    return restored > 0


def execute(api: Api, plan: Plan, actual: Actual) -> None:
    """Carry out the actions of a plan, made for the state `actual`. Raises ServerError."""
    if not plan.actions:
        return
    if any(action.kind in _COLLECTIONS and action.after for action in plan.actions):
        _ensure_mark_property(api)
    ids = dict(actual.ids)
    for (verb, kind), group in groupby(plan.actions, key=lambda one: (one.verb, one.kind)):
        actions = list(group)
        if verb is Verb.ADD:
            _add(api, kind, actions, ids)
            if kind == "table":
                _learn_ids(api, actions, ids)
        elif verb is Verb.CHANGE:
            for action in actions:
                _change(api, action, ids)
        else:
            for action in actions:
                api.delete(_deletion(action, ids))


def _add(api: Api, kind: str, actions: list[Action], ids: dict[str, str]) -> None:
    for action in actions:
        match action.after:
            case Team() as team:
                answer = api.put("/teams", _team_body(team))
                ids[team.name] = _id_of(answer.json(), team.name)
            case Container(parts=(service,)):
                api.put("/services/databaseServices", _service_body(service))
            case Edge() as edge:
                api.put("/lineage", _edge_body(edge, ids))
    bodies = [_entity_body(action, ids) for action in actions if kind in _COLLECTIONS]
    if bodies:
        api.put_many(_COLLECTIONS[kind], bodies)


def _change(api: Api, action: Action, ids: dict[str, str]) -> None:
    """Correct an entity by PATCH: a PUT by a bot keeps texts and drops what it leaves out."""
    entity = action.after
    match entity:
        case Table():
            path, fields = f"/tables/{ids[entity.fqn]}", "columns,tags,owners,extension"
        case Container():
            path, fields = f"/{_COLLECTIONS[entity.kind]}/{ids[entity.fqn]}", "extension"
        case _:
            raise ServerError(f"{action.kind} {action.name}: it cannot be changed in place")
    found = api.get(path, fields=fields)
    before = dict(found.values)
    after = _with_table(found, entity, ids) if isinstance(entity, Table) else dict(before)
    extension = dict(found.record("extension").values)
    after["extension"] = {**extension, **_extension(entity.mark)}
    operations: list[dict[str, object]] = jsonpatch.make_patch(before, after).patch
    if operations:
        api.patch(path, operations)


def _with_table(found: Record, table: Table, ids: dict[str, str]) -> Body:
    """Return a table's document with what the plan says; everything else stays."""
    document = dict(found.values)
    _set_text(document, "description", table.description)
    document["tableType"] = table.type
    document["columns"] = _merged_columns(found, [_column_body(one) for one in table.columns])
    names = {
        owner.text("name") if owner.text("type") == "team" else ""
        for owner in found.record_items("owners")
    }
    if table.owners and names != set(table.owners):
        document["owners"] = _owner_references(table.owners, ids)
    elif not table.owners and found.items("owners"):
        document["owners"] = []
    return document


def _merged_columns(found: Record, wanted: list[Body], key: str = "columns") -> list[Body]:
    """Return the wanted columns, each with what the stored one of its name has beside them."""
    stored = {one.text("name"): one for one in found.record_items(key)}
    merged = []
    for column in wanted:
        old = stored.get(str(column["name"]))
        document = dict(old.values) if old else {}
        for field in ("dataLength", "precision", "scale", "arrayDataType", "description"):
            if key == "columns" or field != "description":
                document.pop(field, None)
        children = column.pop("children", None)
        document.update(column)
        document.pop("children", None)
        if isinstance(children, list):
            empty = Record(found.where, {}, found.error)
            document["children"] = _merged_columns(old or empty, children, "children")
        merged.append(document)
    return merged


def _entity_body(action: Action, ids: dict[str, str]) -> Body:
    match action.after:
        case Table() as table:
            return body(
                "api.data.createTable:CreateTableRequest",
                {
                    "name": table.parts[-1],
                    "databaseSchema": fqn(table.parts[:-1]),
                    "tableType": table.type,
                    "description": table.description,
                    "owners": _owner_references(table.owners, ids),
                    "extension": _extension(table.mark),
                    "columns": [_column_body(column) for column in table.columns],
                },
            )
        case Container(parts=(*above, name), kind="schema") as schema:
            return body(
                "api.data.createDatabaseSchema:CreateDatabaseSchemaRequest",
                {"name": name, "database": fqn(above), "extension": _extension(schema.mark)},
            )
        case Container(parts=(*above, name)) as database:
            return body(
                "api.data.createDatabase:CreateDatabaseRequest",
                {"name": name, "service": fqn(above), "extension": _extension(database.mark)},
            )
    raise ServerError(f"{action.kind} {action.name}: it has no bulk route")


def _team_body(team: Team) -> Body:
    return body(
        "api.teams.createTeam:CreateTeamRequest",
        {"name": team.name, "teamType": "Group", "email": team.email},
    )


def _service_body(name: str) -> Body:
    return body(
        "api.services.createDatabaseService:CreateDatabaseServiceRequest",
        {
            "name": name,
            "serviceType": "CustomDatabase",
            "connection": {"config": {"type": "CustomDatabase"}},
        },
    )


def _edge_body(edge: Edge, ids: dict[str, str]) -> Body:
    ends = {
        end: {"id": ids[key], "type": "table"}
        for end, key in (("fromEntity", edge.upstream), ("toEntity", edge.downstream))
    }
    details = {"source": "DbtLineage", "description": f"{EDGE_MARK}{edge.project}"}
    return body(
        "api.lineage.addLineage:AddLineageRequest", {"edge": {**ends, "lineageDetails": details}}
    )


def _column_body(column: Column) -> Body:
    document = _type_body(column.name, column.type)
    _set_text(document, "description", column.description)
    return document


def _type_body(name: str, kind: DataType) -> Body:
    fields: Body = {
        "name": name,
        "dataType": kind.name,
        "dataTypeDisplay": kind.display,
        "dataLength": kind.length,
        "precision": kind.precision,
        "scale": kind.scale,
        "arrayDataType": kind.element,
        "children": [_type_body(child.name, child.type) for child in kind.children],
    }
    return {key: value for key, value in fields.items() if value not in (None, "", [])}


def _set_text(document: Body, key: str, text: str) -> None:
    if text:
        document[key] = text
    else:
        document.pop(key, None)


def _extension(mark: Mark | None) -> dict[str, str]:
    return {MARK_PROPERTY: mark_text(mark)} if mark else {}


def _owner_references(owners: Iterable[str], ids: dict[str, str]) -> list[object]:
    return [{"id": ids[owner], "type": "team"} for owner in owners]


def _deletion(action: Action, ids: dict[str, str]) -> str:
    """Return the path that removes an entity: softly, and nothing that lives inside it unasked."""
    entity = action.before
    if isinstance(entity, Edge):
        return f"/lineage/table/{ids[entity.upstream]}/table/{ids[entity.downstream]}"
    recursive = "true" if isinstance(entity, Table) else "false"
    path = f"/{_COLLECTIONS[action.kind]}/{ids[action.name]}"
    return f"{path}?hardDelete=false&recursive={recursive}"


def _ensure_mark_property(api: Api) -> None:
    """Create the custom property that holds marks where a type lacks it."""
    for name in _TYPES.values():
        found = api.get(f"/metadata/types/name/{name}", fields="customProperties")
        names = {one.text("name") for one in found.record_items("customProperties")}
        if MARK_PROPERTY not in names:
            kind = api.get("/metadata/types/name/string")
            fields = {
                "name": MARK_PROPERTY,
                "displayName": "Last applied by logmart",
                "description": "What logmart last wrote here; it tells its texts from others'.",
                "propertyType": {"id": kind.text("id"), "type": "type"},
            }
            created = body("type.customProperty:CustomProperty", fields)
            api.put(f"/metadata/types/{found.text('id')}", created)


def _learn_ids(api: Api, actions: list[Action], ids: dict[str, str]) -> None:
    """Read the ids of tables just made; their edges need them."""
    databases = sorted(
        {fqn(one.after.parts[:2]) for one in actions if isinstance(one.after, Table)}
    )
    for database in databases:
        for record in api.pages("/tables", database=database):
            ids[record.text("fullyQualifiedName")] = record.text("id")


def _added(plan: Plan, kind: str) -> set[str]:
    return {one.name for one in plan.actions if one.verb is Verb.ADD and one.kind == kind}


def _restore_in(api: Api, collection: str, wanted: set[str], scope: dict[str, str]) -> set[str]:
    """Restore the wanted entities that are soft-deleted in a scope; return their names."""
    if not wanted:
        return set()
    deleted = api.pages(f"/{collection}", include="deleted", **scope)
    back = [one for one in deleted if one.text("fullyQualifiedName") in wanted]
    for record in back:
        api.put(
            f"/{collection}/restore",
            body("api.data.restoreEntity:RestoreEntity", {"id": record.text("id")}),
        )
    return {record.text("fullyQualifiedName") for record in back}


def _id_of(value: object, name: str) -> str:
    entity_id = Record.of(f"team {name}", value, ServerError).text("id")
    if not entity_id:
        raise ServerError(f"team {name}: the server gave it no id")
    return entity_id
