"""Reads and writes the statuses of incidents of test cases."""

from __future__ import annotations

import time

from logmart_catalog.server.asset_kinds import text
from logmart_catalog.server.client import Api, body
from logmart_catalog.server.documents import Body
from logmart_catalog.server.found_asset import FoundAsset
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.model import Asset, CatalogState

_CREATE = "api.tests.createTestCaseResolutionStatus:CreateTestCaseResolutionStatus"
_PATH = "/dataQuality/testCases/testCaseIncidentStatus"
_PAGE_SIZE = 1000
_DAY_MS = 86_400_000
_COMMENT = "The check passed again."


def read_incidents(api: Api, desired: CatalogState) -> list[FoundAsset]:
    """Read the latest status of the incidents of the desired tests. Raises ServerError.

    The server lists one status an incident, of all tests; the latest of a test counts.
    """
    wanted = {
        name: asset for (kind, name), asset in desired.assets.items() if kind == kinds.INCIDENT
    }
    latest: dict[str, tuple[int, str]] = {}
    query = {
        "latest": "true",
        "startTs": "0",
        "endTs": str(int(time.time() * 1000) + _DAY_MS),
        "limit": str(_PAGE_SIZE),
    }
    while wanted:
        page = api.get(_PATH, **query)
        for record in page.record_items("data"):
            name = record.record("testCaseReference").text("fullyQualifiedName")
            status = record.text("testCaseResolutionStatusType")
            moment = record.number("timestamp") or 0
            if name in wanted:
                latest[name] = max(latest.get(name, (0, "")), (moment, status))
        after = page.record("paging").text("after")
        if not after:
            break
        query["offset"] = after
    return [
        FoundAsset(Asset(kinds.INCIDENT, name, {**wanted[name].fields, "status": status}), "")
        for name, (_, status) in sorted(latest.items())
    ]


def write_incident(api: Api, incident: Asset) -> None:
    """Bring the incident of a test to a status. Raises ServerError."""
    status = text(incident, "status")
    fields: Body = {"testCaseResolutionStatusType": status, "testCaseReference": incident.fqn}
    if status == kinds.RESOLVED:
        fields["testCaseResolutionStatusDetails"] = {
            "testCaseFailureReason": "Other",
            "testCaseFailureComment": _COMMENT,
        }
    api.post(_PATH, body(_CREATE, fields))
