"""Probes of the server in general and of its answers."""

from __future__ import annotations

import dataclasses
import json
from urllib.parse import quote

from openmetadata_standin.behaviours import reading as behaviours
from openmetadata_standin.conformance.probe import probe
from openmetadata_standin.conformance.server import path_of
from openmetadata_standin.conformance.workspace import Workspace, label, reference
from openmetadata_standin.models import Json


@probe(behaviours.VERSION_IS_OPEN, holds="200")
def version_is_open(place: Workspace) -> str:
    """Ask for the version without a token."""
    anonymous = dataclasses.replace(place.server, token="")
    return str(anonymous.status("GET", "system/version"))


@probe(behaviours.UNKNOWN_ROUTE_404, holds="404, 405", otherwise="500, 500")
def unknown_route_404(place: Workspace) -> str:
    """Call an unknown path, and a known path with an unsupported method."""
    unknown = place.server.status("GET", "logmartConformance/no/such/route")
    return f"{unknown}, {place.server.status('PUT', 'system/version', {})}"


@probe(behaviours.ERRORS_AS_JSON, holds="404 with code and message")
def errors_as_json(place: Workspace) -> str:
    """GET a table that does not exist."""
    answer = place.server.call("GET", path_of("tables", f"{place.service}.db.none.none"))
    keys = sorted({"code", "message"} & answer.json().keys())
    return f"{answer.status_code} with {' and '.join(keys)}"


@probe(behaviours.EMPTY_LISTS, holds="children [], tags []", otherwise="children absent, tags []")
def empty_lists(place: Workspace) -> str:
    """Put a column without children and tags, and read it."""
    column = place.read(place.table())["columns"][0]
    return ", ".join(f"{key} {column.get(key, 'absent')}" for key in ("children", "tags"))


@probe(behaviours.FIELDS_ON_REQUEST, holds="not sent; sent when asked for: owners, tags")
def fields_on_request(place: Workspace) -> str:
    """Read a table without fields and with some."""
    table = place.table(tags=[label("Tier.Tier1")])
    bare = place.server.made("GET", f"tables/{table['id']}")
    asked = place.server.made("GET", f"tables/{table['id']}", fields="tags,owners,dataModel")
    fields = ("dataModel", "owners", "tags")
    sent = [key for key in fields if bare.get(key)]
    return (
        f"{sent or 'not sent'}; sent when asked for: {', '.join(k for k in fields if k in asked)}"
    )


@probe(behaviours.PAGES, holds="a b | c, of 3; 1000001: 400")
def pages(place: Workspace) -> str:
    """List three tables in pages of two."""
    schema = place.schema()
    for name in "cab":
        place.table(schema, name)
    query = {"databaseSchema": schema, "limit": "2"}
    first = place.server.made("GET", "tables", **query)
    second = place.server.made("GET", "tables", **query, after=first["paging"]["after"])
    shown = " | ".join(
        " ".join(entity["name"] for entity in page["data"]) for page in (first, second)
    )
    refused = place.server.status("GET", "tables", limit="1000001")
    return f"{shown}, of {first['paging']['total']}; 1000001: {refused}"


@probe(behaviours.USERS_IN_LOWER_CASE, holds="kept in lower case; plain 200, quoted 200, other 404")
def users_in_lower_case(place: Workspace) -> str:
    """PUT a user with capitals and a dot in the name, and look for it by name."""
    user = place.user("Some.One")
    kept = "".join(user[key] for key in ("name", "email")).islower()
    spelled = (user["name"].upper(), f'"{user["name"].upper()}"', "nobody.at.all")
    found = [place.server.status("GET", f"users/name/{quote(name, safe='')}") for name in spelled]
    words = "plain {}, quoted {}, other {}".format(*found)
    return f"{'kept in lower case' if kept else 'kept as sent'}; {words}"


def _inherited(entity: Json) -> str:
    found = [
        f"{key} {'inherited' if item.get('inherited') else 'own'}"
        for key in ("domains", "owners")
        for item in entity.get(key, [])
    ]
    return ", ".join(found) or "none"


@probe(
    behaviours.INHERITED,
    holds="get: domains inherited, owners inherited; list: domains inherited, owners inherited",
    otherwise="get: none; list: none",
)
def inherited(place: Workspace) -> str:
    """Give a schema owner and domain, and read a table in it."""
    schema = place.schema(owners=[reference("team", place.team())], domains=[place.domain()])
    table = place.read(place.table(schema))
    query = {"databaseSchema": schema, "fields": "owners,domains"}
    listed = place.server.made("GET", "tables", **query)["data"][0]
    return f"get: {_inherited(table)}; list: {_inherited(listed)}"


@probe(
    behaviours.SERVICE_INHERITED,
    holds="database: domains inherited; table: domains inherited",
    otherwise="database: none; table: none",
)
def service_inherited(place: Workspace) -> str:
    """Give a service owner and domain, and read a database and a table in it."""
    service = place.name()
    owned = {"owners": [reference("team", place.team())], "domains": [place.domain()]}
    body = {"name": service, "serviceType": "CustomDatabase", **owned}
    place.put("services/databaseServices", body)
    place.server.made("PUT", "databases", {"name": "db", "service": service})
    place.server.made("PUT", "databaseSchemas", {"name": "marts", "database": f"{service}.db"})
    table = place.table(f"{service}.db.marts")
    path = path_of("databases", f"{service}.db")
    database = place.server.made("GET", path, fields="owners,domains")
    return f"database: {_inherited(database)}; table: {_inherited(place.read(table))}"


@probe(behaviours.INHERITED_STAY, holds="200, then owners inherited", otherwise="500, then none")
def inherited_stay(place: Workspace) -> str:
    """Remove an inherited owner by PATCH."""
    schema = place.schema(owners=[reference("team", place.team())])
    table = place.table(schema)
    status = place.patch(table, {"op": "remove", "path": "/owners/0"})
    return f"{status}, then {_inherited(place.read(table))}"


@probe(
    behaviours.DERIVED_TAGS,
    holds="Manual term, Derived tag; after the term: 0",
    otherwise="Manual term; after the term: 0",
)
def derived_tags(place: Workspace) -> str:
    """Give a table a glossary term that has a tag, and remove the term."""
    glossary = place.name()
    place.put("glossaries", {"name": glossary, "description": "Of a probe."})
    term = {"name": "word", "glossary": glossary, "description": "Of a probe."}
    tagged = {**term, "tags": [label(f"{place.tags('inner')}.inner")]}
    place.server.made("PUT", "glossaryTerms", tagged)
    table = place.table(tags=[label(f"{glossary}.word", "Glossary")])
    sent = place.read(table)["tags"]
    words = [
        f"{tag['labelType']} {'term' if tag['source'] == 'Glossary' else 'tag'}" for tag in sent
    ]
    place.patch(table, {"op": "replace", "path": "/tags", "value": []})
    left = len(place.read(table)["tags"])
    return f"{', '.join(sorted(words, reverse=True))}; after the term: {left}"


@probe(
    behaviours.TYPE_SCHEMA,
    holds="words for the type of a metric, OTHER among them",
    otherwise="words for the type of a metric, not OTHER: ",
)
def type_schema(place: Workspace) -> str:
    """Read the JSON schema of metrics."""
    schema = json.loads(place.server.made("GET", "metadata/types/name/metric")["schema"])
    words = schema.get("definitions", {}).get("metricType", {}).get("enum", [])
    found = "OTHER among them" if "OTHER" in words else f"not OTHER: {', '.join(words)}"
    return f"words for the type of a metric, {found}"
