"""The kinds of assets besides tables, and how each is treated. Data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AssetKind:
    """One kind of asset.

    `name` is the word in plans. Tables refer to a kind that is created `before_tables`. A `shared`
    kind belongs to the whole server: it is created when absent, added to, never removed. Of a
    `whole` kind dbt manages every field, and the mark is in the description. Of a `history` kind
    the newest `timestamp` counts, and nothing is removed. Lineage leads to an `edge_end`, from
    tables and from each `edge_start`. A `service` is the kind of service that assets belong to. An
    `on_table` kind belongs to the table in its field `table`. A server may lack a `late` kind.
    """

    name: str
    before_tables: bool = False
    shared: bool = False
    whole: bool = False
    history: bool = False
    edge_end: bool = False
    edge_start: bool = False
    service: str = ""
    on_table: bool = False
    late: bool = False


# The kind of a table, which is no asset.
TABLE = "table"
CLASSIFICATION = "classification"
TAG = "tag"
GLOSSARY_TERM = "glossary term"
DOMAIN = "domain"
CUSTOM_PROPERTY = "custom property"
DASHBOARD_SERVICE = "dashboard service"
DASHBOARD = "dashboard"
METRIC = "metric"
TEST_DEFINITION = "test definition"
TEST = "test"
TEST_RESULT = "test result"
INCIDENT = "incident status"
DATA_CONTRACT = "data contract"

# The statuses of a test that passed, and of one that failed.
SUCCESS, FAILED = "Success", "Failed"
# The statuses of an incident.
NEW, ACKNOWLEDGED, RESOLVED = "New", "Ack", "Resolved"
# The names of dbt's test definitions begin with it; other definitions of ours are of other checks.
DBT_DEFINITION = "dbt_"

# In the order in which they can be applied.
ASSET_KINDS = {
    kind.name: kind
    for kind in (
        AssetKind(CLASSIFICATION, before_tables=True, shared=True),
        AssetKind(TAG, before_tables=True, shared=True),
        AssetKind(GLOSSARY_TERM, before_tables=True, shared=True),
        AssetKind(DOMAIN, before_tables=True, shared=True),
        AssetKind(CUSTOM_PROPERTY, before_tables=True, shared=True),
        AssetKind(DASHBOARD_SERVICE, shared=True),
        AssetKind(DASHBOARD, edge_end=True, service=DASHBOARD_SERVICE),
        AssetKind(METRIC, edge_end=True, edge_start=True, late=True),
        AssetKind(TEST_DEFINITION, shared=True),
        AssetKind(TEST, whole=True, on_table=True),
        AssetKind(TEST_RESULT, history=True, on_table=True),
        AssetKind(INCIDENT, history=True, on_table=True),
        AssetKind(DATA_CONTRACT, whole=True, on_table=True, late=True),
    )
}
ORDER = tuple(ASSET_KINDS)
EDGE_ENDS = tuple(kind.name for kind in ASSET_KINDS.values() if kind.edge_end)
EDGE_STARTS = (TABLE, *(kind.name for kind in ASSET_KINDS.values() if kind.edge_start))


def service_kind(kind: str) -> str:
    """Return the kind of service that an asset of a kind belongs to, "" for none."""
    return ASSET_KINDS[kind].service if kind in ASSET_KINDS else ""
