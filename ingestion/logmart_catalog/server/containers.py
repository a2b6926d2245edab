"""Builds the create bodies of teams, services, databases and schemas."""

from __future__ import annotations

from logmart_catalog.server.client import body
from logmart_catalog.server.documents import Body, extension_of
from logmart_catalog.state.model import Container, Team
from logmart_catalog.state.names import fqn

# The collections with a bulk route, by kind.
COLLECTIONS = {"database": "databases", "schema": "databaseSchemas", "table": "tables"}


def team_body(team: Team) -> Body:
    """Return the body that creates a team."""
    return body(
        "api.teams.createTeam:CreateTeamRequest",
        {"name": team.name, "teamType": "Group", "email": team.email},
    )


def service_body(name: str) -> Body:
    """Return the body that creates a database service."""
    return body(
        "api.services.createDatabaseService:CreateDatabaseServiceRequest",
        {
            "name": name,
            "serviceType": "CustomDatabase",
            "connection": {"config": {"type": "CustomDatabase"}},
        },
    )


def container_body(container: Container) -> Body:
    """Return the body that creates a database or schema."""
    *above, name = container.parts
    model, parent = (
        ("api.data.createDatabaseSchema:CreateDatabaseSchemaRequest", "database")
        if container.kind == "schema"
        else ("api.data.createDatabase:CreateDatabaseRequest", "service")
    )
    fields = {"name": name, parent: fqn(above), "extension": extension_of(container.mark)}
    return body(model, fields)
