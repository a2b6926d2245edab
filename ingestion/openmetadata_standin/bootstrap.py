"""Creates the initial entities of a server: users, top team, system classifications, types."""

from __future__ import annotations

from openmetadata_standin.auth import BOT
from openmetadata_standin.catalog import Catalog
from openmetadata_standin.custom_properties import create_types
from openmetadata_standin.entity_kinds import BY_NAME
from openmetadata_standin.merging import Writer
from openmetadata_standin.models import Json

_ADMIN = Writer("admin", is_bot=False)
_CLASSIFICATIONS: dict[str, tuple[str, bool, tuple[str, ...]]] = {
    "Tier": (
        "How much the business depends on an asset.",
        True,
        ("Tier1", "Tier2", "Tier3", "Tier4", "Tier5"),
    ),
    "PII": ("Whether data identifies a person.", True, ("None", "NonSensitive", "Sensitive")),
    "PersonalData": (
        "Personal data in the sense of privacy law.",
        False,
        ("Personal", "SpecialCategory"),
    ),
}


def bootstrap(catalog: Catalog) -> None:
    """Create the initial entities that the state lacks. Use inside a store's transaction."""
    create_types(catalog.store, _ADMIN)
    people: list[Json] = [
        {"name": "admin", "email": "admin@open-metadata.org", "isAdmin": True},
        {"name": BOT, "email": f"{BOT}@open-metadata.org", "isBot": True},
    ]
    for person in people:
        _ensure(catalog, "user", person)
    _ensure(catalog, "team", {"name": "Organization", "teamType": "Organization"})
    for name, (text, exclusive, tags) in _CLASSIFICATIONS.items():
        body = {
            "name": name,
            "description": text,
            "provider": "system",
            "mutuallyExclusive": exclusive,
        }
        _ensure(catalog, "classification", body)
        for tag in tags:
            _ensure(
                catalog,
                "tag",
                {
                    "name": tag,
                    "classification": name,
                    "description": f"{name}: {tag}.",
                    "provider": "system",
                },
            )


def _ensure(catalog: Catalog, kind_name: str, body: Json) -> None:
    parent = body.get("classification")
    fqn = body["name"] if parent is None else f"{parent}.{body['name']}"
    if catalog.store.by_fqn(kind_name, fqn) is None:
        catalog.create(BY_NAME[kind_name], body, _ADMIN)
