"""Builds the assets of checks that are no tests of dbt: test cases with their newest results and
the statuses of their incidents. Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping

from logmart_catalog.artifacts.moments import milliseconds_of
from logmart_catalog.artifacts.quality_results import QualityCheck
from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.desired.owners import owners_of
from logmart_catalog.errors import ArtifactError
from logmart_catalog.records import Record
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.model import Asset, Table, Value
from logmart_catalog.state.names import fqn, stored_name

_STATUSES = {
    "passed": kinds.SUCCESS,
    # As a warning of dbt: it stops nothing, and the message says that it is one.
    "warned": kinds.SUCCESS,
    "failed": kinds.FAILED,
    "error": "Aborted",
}
_PLATFORMS = {"great_expectations": "GreatExpectations"}
# The catalog's word for a platform that it does not name.
_OTHER_PLATFORM = "Other"


def check_assets(
    artifacts: Artifacts, tables: Mapping[str, Table]
) -> tuple[list[Asset], dict[str, int]]:
    """Return the test cases of checks, their definitions, results and incident statuses, without
    marks, and counts of what has no table.

    In: `tables`, by unique id. The incident of a failed check is new or acknowledged, that of a
    passed one is resolved. A check that could not run says nothing about its incident.
    """
    if artifacts.quality is None:
        return [], {}
    definitions: dict[str, Asset] = {}
    assets: list[Asset] = []
    without_table = 0
    for check in artifacts.quality.checks:
        table = tables.get(check.node)
        if table is None:
            without_table += 1
            continue
        column = next((one.name for one in table.columns if one.name == check.column), "")
        definition = _definition(check, column)
        definitions[definition.fqn] = definition
        above = (*table.parts, column) if column else table.parts
        name = fqn((*above, stored_name(check.name, check.node)))
        fields: dict[str, Value] = {
            "table": table.fqn,
            "column": column,
            "definition": definition.fqn,
            "description": check.description,
            "owners": _owners(check, artifacts),
        }
        assets.append(
            Asset(kinds.TEST, name, {key: value for key, value in fields.items() if value})
        )
        assets += _result(check, name, table)
    counts = {
        "check on a node without a table": without_table,
        **artifacts.quality.left_out,
    }
    return [*definitions.values(), *assets], counts


def _definition(check: QualityCheck, column: str) -> Asset:
    name = f"{check.platform}_{check.kind}" if column else f"{check.platform}_{check.kind}_of_table"
    return Asset(
        kinds.TEST_DEFINITION,
        fqn((stored_name(name, check.node),)),
        {
            "entityType": "COLUMN" if column else "TABLE",
            "platform": _PLATFORMS.get(check.platform, _OTHER_PLATFORM),
            "description": check.description or f"The check {check.kind} of {check.platform}.",
        },
    )


def _owners(check: QualityCheck, artifacts: Artifacts) -> tuple[str, ...]:
    """Return the owners of a check: those of the group of dbt that it names, else that name."""
    if not check.owner:
        return ()
    group = {"package_name": artifacts.project, "group": check.owner}
    node = Record(check.node, group, ArtifactError)
    return owners_of(node, artifacts, check.node).names or (check.owner,)


def _result(check: QualityCheck, name: str, table: Table) -> list[Asset]:
    status = _STATUSES[check.status]
    fields: dict[str, Value] = {
        "table": table.fqn,
        "timestamp": str(milliseconds_of(check.checked_at)),
        "status": status,
        "result": ": ".join(filter(None, [check.status, check.message])),
    }
    result = Asset(kinds.TEST_RESULT, name, fields)
    if status not in (kinds.SUCCESS, kinds.FAILED):
        return [result]
    if status == kinds.SUCCESS:
        incident = kinds.RESOLVED
    else:
        incident = kinds.ACKNOWLEDGED if check.incident == "acknowledged" else kinds.NEW
    return [result, Asset(kinds.INCIDENT, name, {"table": table.fqn, "status": incident})]
