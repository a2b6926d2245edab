"""Probes of PUTs and PATCHes that the server refuses."""

from __future__ import annotations

from typing import Any

from openmetadata_standin.behaviours import writing as behaviours
from openmetadata_standin.conformance.probe import probe
from openmetadata_standin.conformance.workspace import Workspace, label, reference

NOBODY = "00000000-0000-0000-0000-000000000000"


def _put(place: Workspace, name: str = "orders", **fields: Any) -> int:
    """Return the status of the first PUT of a table."""
    body = place.table_body(place.schema(), name, **fields)
    return place.server.status("PUT", "tables", body)


def _owned(place: Workspace, *owners: tuple[str, Any]) -> int:
    """Return the status of a PATCH that adds owners to a table."""
    value = [reference(kind, entity) for kind, entity in owners]
    return place.patch(place.table(), {"op": "add", "path": "/owners", "value": value})


@probe(
    behaviours.ONE_TEAM_OR_USERS,
    holds="two users 200, two teams 400, team and user 400",
    otherwise="two users 200, two teams 200, team and user 200",
)
def one_team_or_users(place: Workspace) -> str:
    """Give tables several owners."""
    users, teams = (place.user(), place.user()), (place.team(), place.team())
    statuses = (
        _owned(place, ("user", users[0]), ("user", users[1])),
        _owned(place, ("team", teams[0]), ("team", teams[1])),
        _owned(place, ("team", teams[0]), ("user", users[0])),
    )
    return "two users {}, two teams {}, team and user {}".format(*statuses)


@probe(behaviours.ONE_DOMAIN, holds="400", otherwise="201")
def one_domain(place: Workspace) -> str:
    """PUT a table with two domains."""
    return str(_put(place, domains=[place.domain(), place.domain()]))


@probe(
    behaviours.DOMAIN_OF_PRODUCT, holds="same 201, another 400", otherwise="same 201, another 201"
)
def domain_of_product(place: Workspace) -> str:
    """PUT tables in a data product, in its domain and in another."""
    domain, other = place.domain(), place.domain()
    body = {"name": place.name(), "description": "Of a probe.", "domains": [domain]}
    product = place.put("dataProducts", body)["fullyQualifiedName"]
    same = _put(place, domains=[domain], dataProducts=[product])
    return f"same {same}, another {_put(place, domains=[other], dataProducts=[product])}"


@probe(behaviours.UNKNOWN_REFERENCES, holds="tag 404, owner 404, parent 404, custom property 400")
def unknown_references(place: Workspace) -> str:
    """Refer to unknown entities: by PATCH, when a first PUT would leave a broken table."""
    table = place.table()
    tag = {"op": "add", "path": "/tags/0", "value": label(f"{place.service}.none")}
    owner = {"op": "add", "path": "/owners", "value": [{"id": NOBODY, "type": "team"}]}
    extension = {"op": "add", "path": "/extension", "value": {"logmartConformanceNone": "x"}}
    body = place.table_body(f"{place.service}.db.none")
    parent = place.server.status("PUT", "tables", body)
    tagged, owned = place.patch(table, tag), place.patch(table, owner)
    extended = place.patch(table, extension)
    return f"tag {tagged}, owner {owned}, parent {parent}, custom property {extended}"


@probe(behaviours.EXCLUSIVE_TAGS, holds="400")
def exclusive_tags(place: Workspace) -> str:
    """Give a table two tiers."""
    tiers = [label("Tier.Tier1"), label("Tier.Tier2")]
    return str(place.patch(place.table(), {"op": "add", "path": "/tags", "value": tiers}))


@probe(behaviours.KEYS_CHECKED, holds="400")
def keys_checked(place: Workspace) -> str:
    """PUT a table with a key of a column that it lacks."""
    key = {"constraintType": "UNIQUE", "columns": ["none"]}
    return str(_put(place, tableConstraints=[key]))


@probe(behaviours.FOREIGN_KEYS_CHECKED, holds="400", otherwise="201")
def foreign_keys_checked(place: Workspace) -> str:
    """PUT a table with a foreign key to a table that does not exist."""
    key = {
        "constraintType": "FOREIGN_KEY",
        "columns": ["id"],
        "referredColumns": [f"{place.service}.db.none.none.id"],
    }
    return str(_put(place, tableConstraints=[key]))


@probe(behaviours.COLUMNS_CHECKED, holds="VARCHAR 400, ARRAY 400, unknown field 400")
def columns_checked(place: Workspace) -> str:
    """PUT tables with columns that lack what their type needs, and an unknown field."""
    varchar = _put(place, columns=[{"name": "a", "dataType": "VARCHAR"}])
    array = _put(place, columns=[{"name": "a", "dataType": "ARRAY"}])
    return f"VARCHAR {varchar}, ARRAY {array}, unknown field {_put(place, surprise=1)}"


@probe(behaviours.STRUCT_NEEDS_CHILDREN, holds="400", otherwise="201")
def struct_needs_children(place: Workspace) -> str:
    """PUT a table with a STRUCT without children."""
    return str(_put(place, columns=[{"name": "a", "dataType": "STRUCT"}]))


@probe(
    behaviours.NAMES_CHECKED, holds=":: 400, 257 400, > 201, / 201, Korean 201, 256 201, a and A 2"
)
def names_checked(place: Workspace) -> str:
    """PUT tables with unusual names."""
    names = {
        "::": "a::b",
        "257": "x" * 257,
        ">": "a>b",
        "/": "a/b",
        "Korean": "표",
        "256": "x" * 256,
    }
    statuses = [f"{word} {_put(place, name)}" for word, name in names.items()]
    schema = place.schema()
    two = {place.table(schema, name)["id"] for name in "aA"}
    return f"{', '.join(statuses)}, a and A {len(two)}"


@probe(behaviours.QUOTE_IN_NAME, holds="500", otherwise="400")
def quote_in_name(place: Workspace) -> str:
    """PUT a table with a double quote in its name."""
    return str(_put(place, 'a"b'))


_DBT_TYPES = ("SIMPLE", "CUMULATIVE", "DERIVED", "CONVERSION")


@probe(
    behaviours.METRIC_TYPES,
    holds="OTHER 201, SIMPLE 400, CUMULATIVE 400, DERIVED 400, CONVERSION 400",
    otherwise="OTHER 201, SIMPLE 201, CUMULATIVE 201, DERIVED 201, CONVERSION 201",
)
def metric_types(place: Workspace) -> str:
    """PUT metrics of the types that dbt has."""
    found = []
    for kind in ("OTHER", *_DBT_TYPES):
        answer = place.server.call("PUT", "metrics", {"name": place.name(), "metricType": kind})
        found.append(f"{kind} {answer.status_code}")
        if answer.ok:
            place.remove_later(f"metrics/{answer.json()['id']}")
    return ", ".join(found)
