"""Actions carried out on a server: few calls, in the order of the plan."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from logmart_catalog import asset_kinds as kinds
from logmart_catalog.errors import ServerError
from logmart_catalog.moves import moved_away
from logmart_catalog.names import fqn
from logmart_catalog.plan import Action, Plan, Verb
from logmart_catalog.records import Record
from logmart_catalog.server.asset_kinds import Ids
from logmart_catalog.server.client import Api, body
from logmart_catalog.server.containers import COLLECTIONS, container_body, service_body, team_body
from logmart_catalog.server.documents import MARK_PROPERTY, Body, extension_of
from logmart_catalog.server.edges import edge_body, edge_path
from logmart_catalog.server.moves import carry_over
from logmart_catalog.server.read import Actual
from logmart_catalog.server.tables import (
    CHANGED_FIELDS,
    changed_table,
    model_body,
    profile_body,
    table_body,
)
from logmart_catalog.server.write_assets import add_assets, asset_path, change_asset
from logmart_catalog.state import Asset, Container, Edge, Table, Team

# The server's types of the kinds that carry their mark as a custom property.
_MARKED_TYPES = {
    "database": "database",
    "schema": "databaseSchema",
    "table": "table",
    kinds.DASHBOARD: "dashboard",
    kinds.METRIC: "metric",
}


def execute(api: Api, plan: Plan, actual: Actual, *, hard: bool = False) -> None:
    """Carry out the actions of a plan, made for the state `actual`.

    In: `hard`, whether tables that go are gone for good. Raises ServerError.
    """
    written = {action.kind for action in plan.actions if action.after}
    _ensure_mark_property(api, sorted(written & _MARKED_TYPES.keys()))
    known = actual.ids
    ids = Ids(dict(known.named), dict(known.assets), dict(known.documents))
    away = moved_away(plan.actions)
    inside = [one for one in plan.actions if not _ends_container(one)]
    _carry_out(api, inside, ids, hard=hard)
    # Softly whatever is asked: the history of a table that moved stays with its old entity.
    _carry_out(api, away, ids, hard=False)
    _carry_out(api, [one for one in plan.actions if _ends_container(one)], ids, hard=hard)


def _ends_container(action: Action) -> bool:
    return action.verb is Verb.REMOVE and isinstance(action.entity, Container)


def _carry_out(api: Api, ordered: list[Action], ids: Ids, *, hard: bool) -> None:
    for (verb, kind), group in groupby(ordered, key=lambda one: (one.verb, one.kind)):
        actions = list(group)
        if verb is Verb.ADD:
            _add(api, kind, actions, ids)
        elif verb is Verb.MOVE:
            _move(api, actions, ids)
        elif verb is Verb.CHANGE:
            api.each(lambda action: _change(api, action, ids), actions)
        else:
            api.each(lambda action: api.delete(_deletion(action, ids, hard=hard)), actions)


def _add(api: Api, kind: str, actions: list[Action], ids: Ids) -> None:
    wanted = [action.after for action in actions]
    for entity in wanted:
        match entity:
            case Team() as team:
                answer = api.put("/teams", team_body(team))
                ids.named[team.name] = _id_of(answer.json(), team.name)
            case Container(parts=(service,)):
                api.put("/services/databaseServices", service_body(service))
    containers = [one for one in wanted if isinstance(one, Container) and one.kind != "service"]
    if containers:
        api.put_many(COLLECTIONS[kind], [container_body(one) for one in containers])
    tables = [one for one in wanted if isinstance(one, Table)]
    if tables:
        _add_tables(api, tables, ids)
    add_assets(api, [one for one in wanted if isinstance(one, Asset)], ids)
    api.each(
        lambda edge: _put_edge(api, edge, ids), [one for one in wanted if isinstance(one, Edge)]
    )


def _add_tables(api: Api, tables: list[Table], ids: Ids) -> None:
    """Create tables and learn their ids; foreign keys follow when all they refer to is there."""
    api.put_many("tables", [table_body(table, ids.named) for table in tables])
    for database in sorted({fqn(table.parts[:2]) for table in tables}):
        for record in api.pages("/tables", database=database, fields=CHANGED_FIELDS):
            ids.named[record.text("fullyQualifiedName")] = record.text("id")
            ids.documents[record.text("fullyQualifiedName")] = record
    referring = [table for table in tables if any(key.referred for key in table.keys)]
    api.each(lambda table: _patch_table(api, table, ids), referring)
    api.each(lambda table: _put_profile(api, None, table, ids), tables)


def _move(api: Api, actions: list[Action], ids: Ids) -> None:
    """Make the tables that moved, or correct those that are there, and hand over what hangs on the
    old ones, which stay for now: edges still end at them.
    """
    ends = [
        (before, after)
        for before, after in ((one.before, one.after) for one in actions)
        if isinstance(before, Table) and isinstance(after, Table)
    ]
    there = [Action(after, after) for _, after in ends if after.fqn in ids.named]
    api.each(lambda action: _change(api, action, ids), there)
    fresh = [after for _, after in ends if after.fqn not in ids.named]
    # Owners that dbt does not know of are handed over with the rest.
    known = [replace(one, owners=_known(one.owners, ids)) for one in fresh]
    if known:
        _add_tables(api, known, ids)
    api.each(
        lambda pair: carry_over(api, *pair, (ids.named[pair[0].fqn], ids.named[pair[1].fqn])), ends
    )


def _known(owners: tuple[str, ...], ids: Ids) -> tuple[str, ...]:
    return tuple(owner for owner in owners if owner in ids.named)


def _change(api: Api, action: Action, ids: Ids) -> None:
    """Correct an entity by PATCH: a PUT by a bot keeps texts and drops what it leaves out."""
    match action.before, action.after:
        case Table() as before, Table() as table:
            # The profile first: it is not read back, and the table says that it was written.
            _put_profile(api, before, table, ids)
            _patch_table(api, table, ids)
            if table.data_model and table.data_model != before.data_model:
                path = f"/tables/{ids.named[table.fqn]}/dataModel"
                api.put(path, model_body(table.data_model, ids.named))
        case Container(), Container() as container:
            path = f"/{COLLECTIONS[container.kind]}/{ids.named[container.fqn]}"
            api.modify(path, "extension", lambda found: _with_mark(found, container))
        case Edge(), Edge() as edge:
            _put_edge(api, edge, ids)
        case Asset(), Asset() as asset:
            change_asset(api, asset, ids)
        case _:
            raise ServerError(f"{action.kind} {action.name}: it cannot be changed in place")


def _patch_table(api: Api, table: Table, ids: Ids) -> None:
    domains = {name: one for (kind, name), one in ids.assets.items() if kind == kinds.DOMAIN}
    api.modify(
        f"/tables/{ids.named[table.fqn]}",
        CHANGED_FIELDS,
        lambda found: changed_table(found, table, ids.named, domains),
        ids.documents.pop(table.fqn, None),
    )


def _put_profile(api: Api, before: Table | None, table: Table, ids: Ids) -> None:
    """Tell how many rows a table had after its last build, where that is known."""
    run = table.run
    if run and run.rows is not None and (before is None or before.run != run):
        api.put(f"/tables/{ids.named[table.fqn]}/tableProfile", profile_body(run))


def _with_mark(found: Record, container: Container) -> Body:
    extension = {**found.record("extension").values, **extension_of(container.mark)}
    return {**found.values, "extension": extension}


def _put_edge(api: Api, edge: Edge, ids: Ids) -> None:
    api.put("/lineage", edge_body(edge, _ends(edge, ids)))


def _ends(edge: Edge, ids: Ids) -> tuple[str, str]:
    if edge.kind == "table":
        return ids.named[edge.upstream], ids.named[edge.downstream]
    return ids.named[edge.upstream], ids.assets[edge.kind, edge.downstream]


def _deletion(action: Action, ids: Ids, *, hard: bool) -> str:
    """Return the path that removes an entity: nothing that lives inside it unasked, and a schema or
    database softly, for what others left in it would go with it.
    """
    entity = action.before
    if isinstance(entity, Edge):
        return edge_path(entity, _ends(entity, ids))
    if isinstance(entity, Asset):
        return asset_path(entity, ids)
    recursive = "true" if isinstance(entity, Table) else "false"
    path = f"/{COLLECTIONS[action.kind]}/{ids.named[action.name]}"
    gone = "true" if hard and isinstance(entity, Table) else "false"
    return f"{path}?hardDelete={gone}&recursive={recursive}"


def _ensure_mark_property(api: Api, written: list[str]) -> None:
    """Create the custom property that holds marks where the type of a kind lacks it."""
    lacking = []
    for name in (_MARKED_TYPES[kind] for kind in written):
        found = api.get(f"/metadata/types/name/{name}", fields="customProperties")
        names = {one.text("name") for one in found.record_items("customProperties")}
        lacking += [] if MARK_PROPERTY in names else [found.text("id")]
    if not lacking:
        return
    fields = {
        "name": MARK_PROPERTY,
        "displayName": "Last applied by logmart",
        "description": "What logmart last wrote here; it tells its texts from others'.",
        "propertyType": {"id": api.get("/metadata/types/name/string").text("id"), "type": "type"},
    }
    created = body("type.customProperty:CustomProperty", fields)
    for type_id in lacking:
        api.put(f"/metadata/types/{type_id}", created)


def _id_of(value: object, name: str) -> str:
    entity_id = Record.of(f"team {name}", value, ServerError).text("id")
    if not entity_id:
        raise ServerError(f"team {name}: the server gave it no id")
    return entity_id
