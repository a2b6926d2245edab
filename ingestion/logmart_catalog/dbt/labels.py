"""Tags, glossary terms, domains, custom properties and owners of a node or column. Pure functions.

`meta.openmetadata` is read in the spelling of the official dbt source: `tier`, `domain`,
`glossary`, `tags`, `customProperties`, `owner`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from logmart_catalog.asset_kinds import CLASSIFICATION, TAG
from logmart_catalog.config import Config
from logmart_catalog.names import fqn, split_fqn, stored_name
from logmart_catalog.records import Record
from logmart_catalog.state import Asset, Table

# What `meta.personal_data` says of a column that is none, whatever it comes from.
NO_CLASS = "none"
_TIER = "Tier"


@dataclass(frozen=True)
class Labels:
    """What is stuck on a node or column: FQNs of tags, terms and domains, and custom properties."""

    tags: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


def labels_of(node: Record, config: Config) -> Labels:
    """Return the labels of a node or column, each list sorted.

    Raises ArtifactError when one is not of the type it should be, naming it.
    """
    meta = meta_of(node)
    catalog = meta.record("openmetadata")
    tags = {
        fqn((config.tag_classification, stored_name(tag, node.where))) for tag in node.texts("tags")
    }
    personal = personal_data_of(node)
    if personal and personal.lower() != NO_CLASS:
        tags.add(fqn((config.personal_data_classification, stored_name(personal, node.where))))
    if tier := catalog.text("tier"):
        tags.add(tier if tier.startswith(f"{_TIER}.") else fqn((_TIER, tier)))
    domain = catalog.text("domain")
    properties = catalog.record("customProperties").values
    return Labels(
        tuple(sorted(tags | set(catalog.texts("tags")))),
        tuple(sorted(set(catalog.texts("glossary")))),
        (domain,) if domain else (),
        {name: _property(value) for name, value in properties.items() if value not in (None, "")},
    )


def personal_data_of(node: Record) -> str:
    """Return the class of personal data that `meta` gives a node or column, "" for none given."""
    return meta_of(node).text("personal_data")


def owner_name(node: Record) -> str:
    """Return the team that `meta` names as the owner of a node, "" when it names none."""
    meta = meta_of(node)
    named = meta.record("openmetadata").text("owner")
    other = meta.values.get("owner")
    return named or (other if isinstance(other, str) else "")


def meta_of(node: Record) -> Record:
    """Return the `meta` of a node or column."""
    configured = node.record("config").record("meta")
    return configured if configured.values else node.record("meta")


def tag_assets(tables: Iterable[Table], assets: Iterable[Asset], config: Config) -> list[Asset]:
    """Return the classifications and tags that tables and assets bear of dbt's tags and classes."""
    made = {config.tag_classification, config.personal_data_classification}
    borne = {tag for asset in assets for tag in asset.fields.get("tags", ())}
    for table in tables:
        borne.update(table.tags, *(column.tags for column in table.columns))
    tags = sorted(tag for tag in borne if split_fqn(tag)[0] in made)
    classifications = sorted({fqn(split_fqn(tag)[:1]) for tag in tags})
    return [
        *(Asset(CLASSIFICATION, name) for name in classifications),
        *(Asset(TAG, tag) for tag in tags),
    ]


def _property(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
