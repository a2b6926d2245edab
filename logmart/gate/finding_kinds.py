"""Every kind of finding of the gate: its severity, meaning and suggested action. Data."""

from __future__ import annotations

from typing import NamedTuple

from logmart.findings import Severity

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


class Kind(NamedTuple):
    """A kind of finding: its severity, unless gate.yml gives another, its meaning, and what to do
    about it; "" where nothing has to be done.
    """

    severity: Severity
    meaning: str
    action: str = ""


KINDS: dict[str, Kind] = {
    "build_failed": Kind(
        ERROR,
        "a model cannot be built",
        "Mend the model; everything downstream of it is not built.",
    ),
    "contract_broken": Kind(
        ERROR,
        "a model breaks its contract",
        "Cast the column in the SQL, or change the contract and tell its readers.",
    ),
    "contract_removed": Kind(
        ERROR,
        "a contract is no longer enforced",
        "Keep the contract enforced, or agree with the owners.",
    ),
    "test_failed": Kind(
        ERROR,
        "a data test or a unit test fails",
        "Mend the model, or the test when the data is right.",
    ),
    "test_warned": Kind(WARNING, "a data test warns", "Look at the rows that the test counts."),
    "not_checked": Kind(
        ERROR,
        "a part of the gate could not run",
        "Mend the check and run the gate again: the change is not covered by it.",
    ),
    "not_compared": Kind(
        WARNING,
        "there is no state of main that the branch can be compared with",
        "Run the gate again when main has published a state of these versions.",
    ),
    "model_removed": Kind(
        ERROR, "a model is gone", "Move its readers first, or agree with the owners."
    ),
    "model_added": Kind(NOTE, "a model is new"),
    "model_renamed": Kind(
        ERROR,
        "a model has another name",
        "Keep a view of the old name for a release, or agree with the owners.",
    ),
    "column_removed": Kind(
        ERROR, "a column is gone", "Keep the column for a release, or agree with the owners."
    ),
    "column_renamed": Kind(
        ERROR,
        "a column has another name",
        "Keep the old name beside the new for a release, or agree with the owners.",
    ),
    "column_added": Kind(NOTE, "a column is new"),
    "type_narrowed": Kind(
        ERROR,
        "a column's type is narrower",
        "Keep the type, or show that all values fit and agree with the owners.",
    ),
    "type_changed": Kind(
        ERROR, "a column has another type", "Keep the type, or add a column of the new type."
    ),
    "type_widened": Kind(
        WARNING,
        "a column's type is wider",
        "Tell the owners: their tools may hold narrower values.",
    ),
    "grain_changed": Kind(
        ERROR,
        "the unique key of a model is another",
        "Make a new model of the new grain, or agree with the owners.",
    ),
    "accepted_values_narrowed": Kind(
        ERROR,
        "a column may hold fewer values",
        "Check that no row holds the values that are no longer accepted.",
    ),
    "accepted_values_widened": Kind(
        WARNING,
        "a column may hold more values",
        "Tell the owners of filters and mappings on the column.",
    ),
    "test_removed": Kind(
        WARNING, "a test is gone", "Say in the pull request why the promise is not kept any more."
    ),
    "test_changed": Kind(NOTE, "a test asserts something else"),
    "test_added": Kind(NOTE, "a test is new"),
    "sql_changed": Kind(NOTE, "a model's compiled SQL means something else"),
    "seed_changed": Kind(NOTE, "a seed has other rows"),
    "config_changed": Kind(NOTE, "a model is built in another way"),
    "description_changed": Kind(NOTE, "a description has changed"),
    "description_removed": Kind(WARNING, "a description is gone", "Describe it again."),
    "owner_changed": Kind(NOTE, "a model, group or exposure has another owner"),
    "constraint_changed": Kind(
        WARNING,
        "a constraint of a model or column is gone or another",
        "Keep the constraint, or tell the owners what the column may hold now.",
    ),
    "exposure_removed": Kind(
        WARNING, "an exposure is gone", "Make sure that nobody uses it any more."
    ),
    "exposure_changed": Kind(
        WARNING,
        "an exposure reads other models; a note for its other keys",
        "Check with the owner that it reads these models.",
    ),
    "exposure_added": Kind(NOTE, "an exposure is new"),
    "metric_removed": Kind(
        ERROR, "a metric is gone", "Deprecate it for a release, or agree with the owners."
    ),
    "metric_changed": Kind(
        WARNING,
        "a metric is computed in another way",
        "Agree with the owners on the new definition, and from which date it holds.",
    ),
    "metric_added": Kind(NOTE, "a metric is new"),
    "dimension_removed": Kind(
        ERROR,
        "a metric can no longer be grouped by a dimension or entity",
        "Keep the dimension, or agree with those who group by it.",
    ),
    "dimension_changed": Kind(
        WARNING, "a dimension or entity is another", "Tell those who group by it."
    ),
    "dimension_added": Kind(NOTE, "a dimension or entity is new"),
    "node_removed": Kind(
        WARNING,
        "an analysis, macro or other node is gone",
        "Make sure that nobody uses it any more.",
    ),
    "node_changed": Kind(NOTE, "a key of a node has another value"),
    "node_added": Kind(NOTE, "an analysis, macro or other node is new"),
    "rows_added": Kind(
        WARNING, "a mart has new rows, on the same logs", "Look at the rows below: are they meant?"
    ),
    "rows_removed": Kind(
        WARNING, "a mart has lost rows, on the same logs", "Look at the rows below: are they meant?"
    ),
    "not_deterministic": Kind(
        WARNING,
        "a model's rows differ from build to build",
        "Compute the value from the data: each build gives another.",
    ),
    "values_changed": Kind(
        WARNING,
        "rows of a mart have other values, on the same logs",
        "Look at the values below: are they meant?",
    ),
    "personal_data_exposed": Kind(
        ERROR,
        "personal data newly reaches an exposure",
        "Leave the column out, or have the exposure's owner agree.",
    ),
    "catalog_refused": Kind(
        ERROR,
        "the catalog sync would refuse the change",
        "Change the definition so that the catalog takes it.",
    ),
    "event_added": Kind(NOTE, "the plan has a new event"),
    "event_removed": Kind(
        ERROR,
        "the plan no longer has an event",
        "Deprecate the event first, or agree with its readers.",
    ),
    "event_changed": Kind(
        WARNING, "an event is counted in another way", "Tell the readers of its counts."
    ),
    "event_deprecated": Kind(
        WARNING, "an event is deprecated", "Tell the teams that send it what to use."
    ),
    "property_added": Kind(NOTE, "an event has a new property"),
    "property_removed": Kind(
        ERROR,
        "an event lost a property",
        "Deprecate the property first, or agree with its readers.",
    ),
    "property_retyped": Kind(
        ERROR, "a property has another type", "Add a property of the new type."
    ),
    "property_deprecated": Kind(
        WARNING, "a property is deprecated", "Tell the teams that send it what to use."
    ),
    "rule_tightened": Kind(
        WARNING,
        "a property's rule is tighter: events may become rejected",
        "Count the events that would be rejected before it holds.",
    ),
    "rule_loosened": Kind(NOTE, "a property's rule is looser"),
    "personal_data_changed": Kind(
        WARNING,
        "a property has another class of personal data",
        "Have the owner of personal data agree.",
    ),
    "lifetime_changed": Kind(NOTE, "an event or property begins or ends in another version"),
    "lint": Kind(
        ERROR, "a changed file breaks the house style", "Run `make format` or mend the line."
    ),
    "rule": Kind(ERROR, "a rule of the project is broken", "Mend the model as the rule says."),
}
