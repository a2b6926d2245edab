"""A plan: the ordered actions that turn the actual state of a catalog into the desired state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias, TypeVar

from logmart_catalog.state.model import (
    Asset,
    AssetKey,
    CatalogState,
    Container,
    Edge,
    EdgeKey,
    Table,
    Team,
)

Entity: TypeAlias = Team | Container | Table | Edge | Asset
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Verb(Enum):
    """The kind of change that an action makes."""

    ADD = "add"
    CHANGE = "change"
    MOVE = "move"
    REMOVE = "remove"


@dataclass(frozen=True)
class Action:
    """One entity added (`before` is None), changed, moved to another name, or removed (`after` is
    None).
    """

    before: Entity | None
    after: Entity | None

    @property
    def verb(self) -> Verb:
        """The kind of change."""
        if self.before is None:
            return Verb.ADD
        if self.after is None:
            return Verb.REMOVE
        return Verb.CHANGE if name_of(self.before) == name_of(self.after) else Verb.MOVE

    @property
    def entity(self) -> Entity:
        """The entity as the action leaves it; a removed entity as it was."""
        entity = self.after or self.before
        if entity is None:
            raise ValueError("an action has an entity before or after")
        return entity

    @property
    def kind(self) -> str:
        """`team`, `service`, `database`, `schema`, `table`, `edge`, or the kind of an asset."""
        return kind_of(self.entity)

    @property
    def name(self) -> str:
        """The entity's name, for people."""
        return name_of(self.entity)


@dataclass(frozen=True)
class Foreign:
    """Something that others made and the sync leaves alone: `name` is the entity that it is on,
    `what` says what it is.
    """

    name: str
    what: str


@dataclass(frozen=True)
class Plan:
    """Ordered actions, the things that others made, and the number of unchanged entities.

    `our_tables` is the number of tables of this project in the catalog before the plan.
    """

    actions: tuple[Action, ...]
    foreign: tuple[Foreign, ...]
    unchanged: int
    our_tables: int

    def count(self, verb: Verb, kind: str | None = None) -> int:
        """Count the actions of a verb, of one kind or of all kinds."""
        return len(
            [
                action
                for action in self.actions
                if action.verb is verb and kind in (None, action.kind)
            ]
        )


def kind_of(entity: Entity) -> str:
    """Return the kind of an entity, in the words of `Action.kind`."""
    return entity.kind if isinstance(entity, Container | Asset) else type(entity).__name__.lower()


def name_of(entity: Entity) -> str:
    """Return the name of an entity, for people."""
    if isinstance(entity, Edge):
        return f"{entity.upstream} -> {entity.downstream}"
    return entity.name if isinstance(entity, Team) else entity.fqn


def applied(actions: Iterable[Action], state: CatalogState) -> CatalogState:
    """Return the state after the actions."""
    containers = dict(state.containers)
    tables = dict(state.tables)
    edges: dict[EdgeKey, Edge] = dict(state.edges)
    teams = dict(state.teams)
    assets: dict[AssetKey, Asset] = dict(state.assets)
    for action in actions:
        entity, gone = action.entity, action.after is None
        match entity:
            case Container():
                _set(containers, entity.fqn, entity, gone)
            case Table():
                if action.verb is Verb.MOVE and action.before:
                    tables.pop(name_of(action.before), None)
                _set(tables, entity.fqn, entity, gone)
            case Edge():
                _set(edges, entity.key, entity, gone)
            case Team():
                _set(teams, entity.name, entity, gone)
            case Asset():
                _set(assets, entity.key, entity, gone)
    return replace(
        state, containers=containers, tables=tables, edges=edges, teams=teams, assets=assets
    )


def _set(items: dict[_Key, _Value], key: _Key, value: _Value, gone: bool) -> None:
    if gone:
        items.pop(key, None)
    else:
        items[key] = value
