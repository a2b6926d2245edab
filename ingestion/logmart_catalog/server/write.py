"""Carries out a plan's actions on a server, in order and with few calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from logmart_catalog.errors import ServerError
from logmart_catalog.plan.actions import Action, Plan, Verb
from logmart_catalog.plan.moves import moved_away
from logmart_catalog.records import Record
from logmart_catalog.server.apply_progress import ApplyProgress
from logmart_catalog.server.asset_kinds import Ids
from logmart_catalog.server.client import Api, body
from logmart_catalog.server.containers import COLLECTIONS, container_body, service_body, team_body
from logmart_catalog.server.documents import MARK_PROPERTY, Body, extension_of
from logmart_catalog.server.moves import carry_over
from logmart_catalog.server.read import Actual
from logmart_catalog.server.tables import (
    TABLE_FIELDS,
    changed_table,
    profile_body,
    run_of,
    table_body,
)
from logmart_catalog.server.write_assets import add_assets, asset_path, change_asset
from logmart_catalog.server.write_edges import settle_edges, touched_edges, write_edges
from logmart_catalog.state.asset_kinds import DOMAIN, EDGE_ENDS
from logmart_catalog.state.model import Asset, Container, Edge, Table, Team
from logmart_catalog.state.names import fqn
from logmart_catalog.state.owners import TEAM, owner_text

# The server's names of the kinds whose mark is a custom property.
_MARKED_TYPES = {
    "database": "database",
    "schema": "databaseSchema",
    "table": "table",
    **{kind: kind for kind in EDGE_ENDS},
}
# The field of a create body that names the parent of a table or container.
_PARENT_FIELDS = ("databaseSchema", "database", "service")


def execute(api: Api, plan: Plan, actual: Actual, *, hard: bool = False) -> None:
    """Carry out the actions of a plan, made for the state `actual`.

    In: `hard`, whether removed tables are deleted for good. Raises IncompleteError when the server
    refused some of the actions and took the rest, ServerError when it cannot be written to.
    """
    written = {action.kind for action in plan.actions if action.after}
    _ensure_mark_property(api, sorted(written & _MARKED_TYPES.keys()))
    known = actual.ids
    ids = Ids(dict(known.named), dict(known.assets), dict(known.documents), dict(known.owners))
    progress = ApplyProgress(api, ids, actual.capabilities)
    inside = [action for action in plan.actions if not _removes_container(action)]
    tables = [action for action in inside if isinstance(action.after, Table)]
    end = inside.index(tables[-1]) + 1 if tables else 0
    _carry_out(progress, inside[:end], hard=hard)
    _retry_refused(progress, tables)
    _carry_out(progress, inside[end:], hard=hard)
    settle_edges(progress, touched_edges(plan, actual.state))
    # The old entity of a moved table holds its history, so it is always removed softly. It stays
    # as long as the move was refused.
    handed_over = tuple(
        action for action in plan.actions if _entity_name(action) not in progress.refused
    )
    _carry_out(progress, moved_away(handed_over), hard=False)
    moves = [action for action in plan.actions if action.verb is Verb.MOVE]
    staying = [move.before for move in moves if _entity_name(move) in progress.refused]
    ending = [action for action in plan.actions if _removes_container(action)]
    _carry_out(
        progress, [action for action in ending if not _holds_any(action, staying)], hard=hard
    )
    progress.check(len(plan.actions))


def _removes_container(action: Action) -> bool:
    return action.verb is Verb.REMOVE and isinstance(action.entity, Container)


def _holds_any(action: Action, tables: Iterable[object]) -> bool:
    """Whether one of the tables is in the container that an action removes."""
    parts = action.entity.parts if isinstance(action.entity, Container) else ()
    return any(isinstance(table, Table) and table.parts[: len(parts)] == parts for table in tables)


def _carry_out(progress: ApplyProgress, ordered: list[Action], *, hard: bool) -> None:
    for (verb, kind), group in groupby(ordered, key=lambda action: (action.verb, action.kind)):
        actions = list(group)
        edges = [(action, action.entity) for action in actions if isinstance(action.entity, Edge)]
        if edges:
            write_edges(
                progress,
                [edge for action, edge in edges if action.after],
                [edge for action, edge in edges if not action.after],
            )
        elif verb is Verb.ADD:
            _add(progress, kind, actions)
        elif verb is Verb.MOVE:
            _move(progress, actions)
        elif verb is Verb.CHANGE:
            progress.each(lambda action: _change(progress, action), actions, _entity_name)
        else:
            progress.each(
                lambda action: progress.api.delete(_deletion(action, progress.ids, hard=hard)),
                actions,
                _entity_name,
            )


def _retry_refused(progress: ApplyProgress, tables: list[Action]) -> None:
    """Retry the refused changes of tables, now that all tables exist: a foreign key may refer to a
    table or column that was created after it.
    """
    refused = [
        table
        for table in tables
        if (reason := progress.refused.get(_entity_name(table))) and not reason.is_failure
        if table.name in progress.ids.named
    ]
    for action in refused:
        del progress.refused[_entity_name(action)]
    _move(progress, [action for action in refused if action.verb is Verb.MOVE])
    others = [action.after for action in refused if action.verb is not Verb.MOVE]
    progress.each(
        lambda table: _correct_table(progress, table),
        [entity for entity in others if isinstance(entity, Table)],
        lambda table: f"table {table.fqn}",
    )


def _entity_name(action: Action) -> str:
    return f"{action.kind} {action.name}"


def _add(progress: ApplyProgress, kind: str, actions: list[Action]) -> None:
    wanted = [action.after for action in actions]
    api, ids = progress.api, progress.ids
    teams = [entity for entity in wanted if isinstance(entity, Team)]
    progress.each(lambda team: _add_team(api, team, ids), teams, lambda team: f"team {team.name}")
    for entity in wanted:
        match entity:
            case Container(parts=(service,)):
                api.put("/services/databaseServices", service_body(service))
    containers = [
        entity for entity in wanted if isinstance(entity, Container) and entity.kind != "service"
    ]
    _put_all(progress, kind, [container_body(container) for container in containers])
    tables = [entity for entity in wanted if isinstance(entity, Table)]
    if tables:
        _add_tables(progress, tables, {})
    add_assets(progress, [entity for entity in wanted if isinstance(entity, Asset)])


def _add_team(api: Api, team: Team, ids: Ids) -> None:
    answer = api.put("/teams", team_body(team))
    record = Record.of(f"team {team.name}", answer.json(), ServerError)
    ids.owners[owner_text(TEAM, team.name)] = record.text("id")


def _put_all(progress: ApplyProgress, kind: str, bodies: list[Body]) -> None:
    """Create containers or tables, in batches where the server accepts them."""
    collection = COLLECTIONS.get(kind, "")
    left = progress.api.put_many(collection, bodies)
    progress.each(
        lambda document: _put_one(progress.api, collection, document),
        left,
        lambda document: f"{kind} {_parent(document)}.{fqn((str(document['name']),))}",
    )


def _parent(document: Body) -> object:
    return next(document[key] for key in _PARENT_FIELDS if key in document)


def _put_one(api: Api, collection: str, document: Body) -> None:
    api.put(f"/{collection}", document)


def _add_tables(
    progress: ApplyProgress, tables: list[Table], display_names: Mapping[str, str]
) -> None:
    """Create tables, read their ids, and then set what a create body cannot hold: foreign keys, the
    dbt tab, the last build. In: the display names by FQN, for tables that have one.
    """
    ids = progress.ids
    bodies = [table_body(table, ids.owners, display_names.get(table.fqn, "")) for table in tables]
    _put_all(progress, "table", bodies)
    for database in sorted({fqn(table.parts[:2]) for table in tables}):
        for record in progress.api.pages("/tables", database=database, fields=TABLE_FIELDS):
            ids.named[record.text("fullyQualifiedName")] = record.text("id")
            ids.documents[record.text("fullyQualifiedName")] = record
    progress.each(
        lambda table: _correct_table(progress, table), tables, lambda table: f"table {table.fqn}"
    )


def _move(progress: ApplyProgress, actions: list[Action]) -> None:
    """Create the new tables of moves, or correct them if they exist, and hand over owners and
    followers. The old tables stay for now, since edges still end at them.
    """
    ids = progress.ids
    ends = [
        (before, after)
        for before, after in ((action.before, action.after) for action in actions)
        if isinstance(before, Table) and isinstance(after, Table)
    ]
    there = [Action(after, after) for _, after in ends if after.fqn in ids.named]
    progress.each(lambda action: _change(progress, action), there, _entity_name)
    fresh = [(before, after) for before, after in ends if after.fqn not in ids.named]
    if fresh:
        shown = {
            after.fqn: ids.documents[before.fqn].text("displayName")
            for before, after in fresh
            if before.fqn in ids.documents
        }
        _add_tables(progress, [after for _, after in fresh], shown)
    progress.each(
        lambda pair: carry_over(progress.api, *pair, (ids.of(pair[0].fqn), ids.of(pair[1].fqn))),
        ends,
        lambda pair: f"table {pair[1].fqn}",
    )


def _change(progress: ApplyProgress, action: Action) -> None:
    """Correct an entity by PATCH, since a bot's PUT keeps old texts and drops omitted fields."""
    match action.before, action.after:
        case Table(), Table() as table:
            _correct_table(progress, table)
        case Container(), Container() as container:
            path = f"/{COLLECTIONS[container.kind]}/{progress.ids.of(container.fqn)}"
            progress.api.modify(path, "extension", lambda found: _with_mark(found, container))
        case Asset(), Asset() as asset:
            change_asset(progress.api, asset, progress.ids)
        case _:
            raise ServerError(f"{action.kind} {action.name}: it cannot be changed in place")


def _correct_table(progress: ApplyProgress, table: Table) -> None:
    """Correct an existing table with one PATCH, if something differs.

    The profile is written first: it is not read back, so the last build on the table records that
    it was written.
    """
    ids = progress.ids
    path = f"/tables/{ids.of(table.fqn)}"
    known = ids.documents.pop(table.fqn, None) or progress.api.get(path, fields=TABLE_FIELDS)
    run = table.run
    if run and run.rows is not None and run_of(known) != run:
        progress.api.put(f"{path}/tableProfile", profile_body(run))
    domains = {name: asset for (kind, name), asset in ids.assets.items() if kind == DOMAIN}
    progress.api.modify(
        path,
        TABLE_FIELDS,
        lambda found: changed_table(found, table, ids.owners, domains),
        known,
    )


def _with_mark(found: Record, container: Container) -> Body:
    extension = {**found.record("extension").values, **extension_of(container.mark)}
    return {**found.values, "extension": extension}


def _deletion(action: Action, ids: Ids, *, hard: bool) -> str:
    """Return the path that removes an entity. A schema or database is removed softly and
    recursively: it holds nothing live, but the server also counts its soft-deleted children.
    """
    entity = action.before
    if isinstance(entity, Asset):
        return asset_path(entity, ids)
    path = f"/{COLLECTIONS[action.kind]}/{ids.of(action.name)}"
    gone = "true" if hard and isinstance(entity, Table) else "false"
    return f"{path}?hardDelete={gone}&recursive=true"


def _ensure_mark_property(api: Api, written: list[str]) -> None:
    """Create the custom property for marks on the types that lack it."""
    lacking = []
    for name in (_MARKED_TYPES[kind] for kind in written):
        found = api.get(f"/metadata/types/name/{name}", fields="customProperties")
        names = {prop.text("name") for prop in found.record_items("customProperties")}
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
