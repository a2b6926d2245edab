"""Tags, glossary terms, domains and custom properties of a node or column. Pure functions.

The keys of `meta.openmetadata` are those of the official dbt source: `tier`, `domain`, `glossary`,
`tags`, `customProperties`, and `owner`, which the module `owners` reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from logmart_catalog.config import Config
from logmart_catalog.desired.meta import Reader, Unread, meta_of
from logmart_catalog.records import Record
from logmart_catalog.state.asset_kinds import CLASSIFICATION, TAG
from logmart_catalog.state.model import Asset, Table
from logmart_catalog.state.names import fqn, split_fqn

# `meta.personal_data: none` says that a column holds no personal data, whatever its parents hold.
NO_CLASS = "none"
_TIER = "Tier"
_FIELDS = ("tags", "terms", "domains", "properties")
_PERSONAL = "meta.personal_data"


@dataclass(frozen=True)
class Labels:
    """The labels of a node or column: FQNs of tags, terms and domains, and custom properties.

    `unread` says by field why a value in dbt could not be read.
    """

    tags: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    unread: Unread = field(default_factory=dict)


def labels_of(node: Record, config: Config, name: str) -> Labels:
    """Return the labels of a node or column, each list sorted. In: its `name` in reasons."""
    reader = Reader(name)
    values = meta_of(node).values
    given = reader.mapping("meta.openmetadata", values.get("openmetadata"), _FIELDS)
    domain = reader.text("meta.openmetadata.domain", given.get("domain"), "domains")
    properties = reader.mapping(
        "meta.openmetadata.customProperties", given.get("customProperties"), ["properties"]
    )
    return Labels(
        _tags(node, values.get("personal_data"), given, reader, config),
        _full_names(reader, "glossary", given, "terms"),
        _domains(reader, domain),
        {name: _property(value) for name, value in properties.items() if value not in (None, "")},
        reader.unread,
    )


def personal_data_of(node: Record) -> str | None:
    """Return the class of personal data in the `meta` of a node or column, "" when it gives none,
    None when the value cannot be read.
    """
    reader = Reader("")
    found = reader.text(_PERSONAL, meta_of(node).values.get("personal_data"), "tags")
    if found:
        found = reader.stored(_PERSONAL, found, "tags")
    return None if reader.unread else found


def tag_assets(tables: Iterable[Table], assets: Iterable[Asset], config: Config) -> list[Asset]:
    """Return assets for dbt's tags and classes that tables and assets bear, and for their
    classifications.
    """
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


def _tags(
    node: Record, personal: object, given: Mapping[str, object], reader: Reader, config: Config
) -> tuple[str, ...]:
    """Return dbt's tags, the class of personal data, the tier and the catalog's own tags."""
    tags = {
        _tag_fqn(config.tag_classification, reader, "tags", tag)
        for tag in reader.texts("tags", node.values.get("tags"), "tags")
    }
    data_class = reader.text(_PERSONAL, personal, "tags")
    if data_class and data_class.lower() != NO_CLASS:
        tags.add(_tag_fqn(config.personal_data_classification, reader, _PERSONAL, data_class))
    key = "meta.openmetadata.tier"
    if tier := reader.text(key, given.get("tier"), "tags"):
        is_full = tier.startswith(f"{_TIER}.")
        tags.add(
            reader.full_name(key, tier, 2, "tags")
            if is_full
            else _tag_fqn(_TIER, reader, key, tier)
        )
    return tuple(sorted({*tags, *_full_names(reader, "tags", given, "tags")} - {""}))


def _tag_fqn(classification: str, reader: Reader, key: str, name: str) -> str:
    """Return the FQN of a tag in a classification, "" when the catalog cannot hold it."""
    stored = reader.stored(key, name, "tags")
    return stored and fqn((classification, stored))


def _full_names(
    reader: Reader, key: str, given: Mapping[str, object], for_field: str
) -> tuple[str, ...]:
    """Return the FQNs of tags or glossary terms that `meta.openmetadata` gives."""
    shown = f"meta.openmetadata.{key}"
    names = reader.texts(shown, given.get(key), for_field)
    found = {reader.full_name(shown, name, 2, for_field) for name in names}
    return tuple(sorted(found - {""}))


def _domains(reader: Reader, domain: str) -> tuple[str, ...]:
    name = domain and reader.full_name("meta.openmetadata.domain", domain, 1, "domains")
    return (name,) if name else ()


def _property(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
