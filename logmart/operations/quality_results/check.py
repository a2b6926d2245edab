"""A check with its newest result, as the catalog shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from logmart.operations.landing import utc_text
from logmart.operations.quality_results.nodes import CheckedNode

IN_QUARANTINE, OPEN_INCIDENTS = "files_in_quarantine", "open_incidents"
_SENTENCES = {
    "missing_required": "A property that the plan requires is there.",
    "wrong_type": "A property has the JSON type of its planned type, and a value of that type.",
    "not_allowed": "A property has one of the allowed values.",
    "out_of_range": "A property is within its planned bounds.",
    "pattern_mismatch": "A property matches its planned pattern.",
    "truncated": "A new file can be read to its end, and ends with a whole line.",
    "volume": "A new file has about as many lines as those of the same weekday before.",
    "unreadable_line": "The lines of a new file are JSON objects.",
    "unplanned_event": "The lines of a new file are of planned events.",
    "rejected_line": "The lines of a new file pass the checks of their event.",
    "volume_low": "No fewer events than on the same weekday before.",
    "volume_high": "No more events than on the same weekday before.",
    "distribution_shift": "Properties have the values that they had on the same weekday before.",
    "repeated_content": "Events are not sent twice under other ids.",
    "rejected_share": "Few of the received lines are rejected.",
    "late_share": "Few of the received events are late.",
    "version_silent": "Events come from each app version that sent them before.",
    "stale": "Files of the source arrive as often as they must.",
    "metric_low": "No metric is lower than on the same weekday before.",
    "metric_high": "No metric is higher than on the same weekday before.",
    "metric_shifted": "No metric has moved to another level.",
    IN_QUARANTINE: "No landed file is in quarantine. One that is there is not loaded.",
    OPEN_INCIDENTS: "No incident is open whose root cause is here and is no test case itself.",
}


@dataclass(frozen=True)
class CatalogCheck:
    """A check of a dbt node, and its newest result.

    `name` is unique on its `node` (dbt's unique id); `kind` is its class, `column` the column that
    it is about ("" for the table). `status` is passed, warned, failed or error; `checked_at` is in
    UTC, as ISO 8601. `owner` is a group of dbt. `incident` is the state of the incident behind a
    failure: open or acknowledged, "" where there is none yet.
    """

    node: str
    name: str
    kind: str
    platform: str
    status: str
    message: str
    checked_at: str
    owner: str = ""
    column: str = ""
    description: str = ""
    incident: str = ""


def catalog_check(
    node: CheckedNode,
    name: str,
    status: str,
    message: str,
    checked_at: datetime,
) -> CatalogCheck:
    """Return a check that logmart makes of a node. In: `checked_at`, in UTC if it has no zone."""
    kind = name.partition(":")[0]
    return CatalogCheck(
        node.unique_id,
        name,
        kind,
        "logmart",
        status,
        message,
        utc_text(checked_at.replace(tzinfo=checked_at.tzinfo or UTC)),
        node.owner,
        description=_SENTENCES.get(kind, ""),
    )
