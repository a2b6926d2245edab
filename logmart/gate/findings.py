"""The sections of the gate's report, and every kind of finding with its severity. Data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from logmart.findings import Severity


@dataclass(frozen=True)
class Section:
    """A part of the report: details for who wants them, or why it could not be made.

    `lines` are (depth, text) pairs; `data` is the same for machines; `language` that of lines that
    are code, to be shown with their spaces.
    """

    title: str
    summary: str = ""
    lines: tuple[tuple[int, str], ...] = ()
    missing: str = ""
    language: str = ""
    data: Any = field(default=None, compare=False)


ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

# Every kind of finding: its severity where gate.yml does not give one, and what it means.
KINDS: dict[str, tuple[Severity, str]] = {
    "build_failed": (ERROR, "a model cannot be built"),
    "contract_broken": (ERROR, "a model does not hold what its contract says"),
    "contract_removed": (ERROR, "a contract is no longer enforced"),
    "test_failed": (ERROR, "a data test or a unit test fails"),
    "test_warned": (WARNING, "a data test warns"),
    "not_checked": (WARNING, "a part of the gate could not look"),
    "model_removed": (ERROR, "a model is gone"),
    "model_added": (NOTE, "a model is new"),
    "column_removed": (ERROR, "a column is gone"),
    "column_renamed": (ERROR, "a column has another name"),
    "column_added": (NOTE, "a column is new"),
    "type_narrowed": (ERROR, "a column's type holds less than it did"),
    "type_changed": (ERROR, "a column has another type"),
    "type_widened": (WARNING, "a column's type holds more than it did"),
    "grain_changed": (ERROR, "what makes a row unique is another"),
    "accepted_values_narrowed": (ERROR, "a column may hold fewer values"),
    "accepted_values_widened": (WARNING, "a column may hold more values"),
    "test_removed": (WARNING, "a test is gone"),
    "test_changed": (NOTE, "a test is judged in another way"),
    "test_added": (NOTE, "a test is new"),
    "sql_changed": (NOTE, "a model's compiled SQL means something else"),
    "seed_changed": (NOTE, "a seed has other rows"),
    "config_changed": (NOTE, "a model is built in another way"),
    "description_changed": (NOTE, "a description is another"),
    "description_removed": (WARNING, "a description is gone"),
    "owner_changed": (NOTE, "a model has another group"),
    "exposure_removed": (WARNING, "an exposure is gone"),
    "metric_removed": (ERROR, "a metric is gone"),
    "metric_changed": (WARNING, "a metric is computed in another way"),
    "metric_added": (NOTE, "a metric is new"),
    "rows_added": (WARNING, "a mart has rows that it had not, on the same logs"),
    "rows_removed": (WARNING, "a mart lacks rows that it had, on the same logs"),
    "values_changed": (WARNING, "rows of a mart hold other values, on the same logs"),
    "personal_data_exposed": (ERROR, "personal data reaches an exposure that it did not"),
    "catalog_refused": (ERROR, "the catalog sync would refuse the change"),
    "event_added": (NOTE, "an event is planned"),
    "event_removed": (ERROR, "an event is planned no longer"),
    "event_changed": (WARNING, "an event is counted in another way"),
    "event_deprecated": (WARNING, "an event is deprecated"),
    "property_added": (NOTE, "an event has a new property"),
    "property_removed": (ERROR, "an event lost a property"),
    "property_retyped": (ERROR, "a property has another type"),
    "property_deprecated": (WARNING, "a property is deprecated"),
    "rule_tightened": (WARNING, "a property's rule takes less: events may become rejected"),
    "rule_loosened": (NOTE, "a property's rule takes more"),
    "personal_data_changed": (WARNING, "a property has another class of personal data"),
    "lifetime_changed": (NOTE, "an event or property begins or ends in another version"),
    "lint": (ERROR, "a changed file is not in the house style"),
    "rule": (ERROR, "the project's rules are broken"),
}
