"""Generates expectations from the tracking plan: its YAML is their only definition.

A suite belongs to one planned event or entity. Its expectations read the columns of a typed batch
(logmart/quality/batches.py): `<column>__json`, the JSON type of a property; `<column>`, its value
in the planned type; `<column>__exempt`, whether the app version may lack it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from logmart.plan.grammar import PlannedEvent, PlannedProperty, PlannedRecord

# The JSON types of DuckDB that a planned type accepts.
JSON_TYPES: Mapping[str, tuple[str, ...]] = {
    "varchar": ("VARCHAR",),
    "bigint": ("BIGINT", "UBIGINT"),
    "double": ("BIGINT", "UBIGINT", "DOUBLE"),
    "boolean": ("BOOLEAN",),
    "timestamp": ("VARCHAR",),
    "date": ("VARCHAR",),
}
# Types whose values are texts in a batch, in a form that sorts by time.
TIMES = ("timestamp", "date")
_NOT_NULL = "ExpectColumnValuesToNotBeNull"
_IN_SET = "ExpectColumnValuesToBeInSet"
_BETWEEN = "ExpectColumnValuesToBeBetween"
_MATCH = "ExpectColumnValuesToMatchRegex"


@dataclass(frozen=True)
class Where:
    """Restricts an expectation to rows in which a column is `true`, `false` or `not_null`."""

    column: str
    state: str


@dataclass(frozen=True)
class Expectation:
    """An expectation of Great Expectations: the name of its class, and the class's arguments.

    `check` is `<class of check>:<event or entity>.<property>`; two expectations may share one.
    """

    check: str
    kind: str
    column: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    where: Where | None = None

    def sentence(self) -> str:
        """Return what is expected, as Great Expectations names it."""
        given = ", ".join(f"{name} {value}" for name, value in self.arguments.items())
        where = f" where {self.where.column} is {self.where.state}" if self.where else ""
        return f"{self.kind}({self.column}{f', {given}' if given else ''}){where}"

    def as_json(self) -> dict[str, Any]:
        """Return the expectation as values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Suite:
    """The expectations of a planned event or entity, or of a source's files."""

    source: str
    entity: str
    model: str
    owner: str
    properties: tuple[PlannedProperty, ...]
    expectations: tuple[Expectation, ...]


def suite_of(planned: PlannedEvent | PlannedRecord) -> Suite:
    """Return the suite that an entry of the tracking plan defines."""
    return Suite(
        source=planned.source,
        entity=planned.name,
        model=planned.model_name,
        owner=planned.owner,
        properties=planned.properties,
        expectations=tuple(
            one for each in planned.properties for one in _of_property(planned.name, each)
        ),
    )


def file_suite(source: str, bounds: Mapping[str, float]) -> Suite:
    """Return the suite of a source's files. It reads one row a file, of file_facts.py.

    In: `bounds`, the variables volume_low_share, volume_high_multiple and rejected_share_alert.
    """
    least, most = bounds["volume_low_share"], bounds["volume_high_multiple"]
    share = bounds["rejected_share_alert"]
    expectations = [
        Expectation("truncated:files", _IN_SET, "is_whole", {"value_set": [True]}),
        Expectation("volume:files", _BETWEEN, "line_count", {"min_value": 1}),
        Expectation("volume:files", _BETWEEN, "share_of_lowest", {"min_value": least}),
        Expectation("volume:files", _BETWEEN, "multiple_of_highest", {"max_value": most}),
        Expectation("unreadable_line:files", _BETWEEN, "unreadable_share", {"max_value": share}),
        Expectation("unplanned_event:files", _BETWEEN, "unplanned_share", {"max_value": share}),
        Expectation("rejected_line:files", _BETWEEN, "rejected_share", {"max_value": share}),
    ]
    return Suite(source, "files", "", "", (), tuple(expectations))


def _of_property(entity: str, each: PlannedProperty) -> Iterator[Expectation]:
    column, json_type = each.column, f"{each.column}__json"
    is_present = Where(json_type, "not_null")

    def check(name: str) -> str:
        return f"{name}:{entity}.{each.name}"

    if each.required:
        where = Where(f"{column}__exempt", "false") if each.since or each.until else None
        yield Expectation(check("missing_required"), _NOT_NULL, json_type, where=where)
    types = {"value_set": list(JSON_TYPES[each.data_type])}
    yield Expectation(check("wrong_type"), _IN_SET, json_type, types)
    if each.data_type not in ("varchar", "boolean"):
        # Of the right JSON type, and still no value: a number out of range, a time without offset.
        yield Expectation(check("wrong_type"), _NOT_NULL, column, where=is_present)
    if each.allowed:
        allowed = {"value_set": list(each.allowed)}
        yield Expectation(check("not_allowed"), _IN_SET, column, allowed)
    for name, bound in (("min_value", each.minimum), ("max_value", each.maximum)):
        if bound is not None:
            yield Expectation(check("out_of_range"), _BETWEEN, column, {name: bound})
    if each.pattern:
        # As DuckDB reads it: digits are those of ASCII, and the whole text must match.
        regex = {"regex": rf"(?a)\A(?:{each.pattern})\Z"}
        yield Expectation(check("pattern_mismatch"), _MATCH, column, regex)


def with_bounds_as_texts(suite: Suite, texts: Mapping[tuple[str, Any], str]) -> Suite:
    """Return a suite whose bounds and allowed values of times are written as the batch writes them.

    In: `texts`, the text of each value of a time, by column and value as the plan gives it.
    """

    def changed(one: Expectation) -> Expectation:
        arguments = {
            name: [texts.get((one.column, each), each) for each in value]
            if isinstance(value, list)
            else texts.get((one.column, value), value)
            for name, value in one.arguments.items()
        }
        return Expectation(one.check, one.kind, one.column, arguments, one.where)

    return Suite(
        suite.source,
        suite.entity,
        suite.model,
        suite.owner,
        suite.properties,
        tuple(changed(one) for one in suite.expectations),
    )


def time_values(suites: Sequence[Suite]) -> Iterator[tuple[str, str, Any]]:
    """Yield column, type and value of each bound or allowed value of a time."""
    for suite in suites:
        for each in suite.properties:
            if each.data_type in TIMES:
                for value in (*each.allowed, each.minimum, each.maximum):
                    if value is not None:
                        yield each.column, each.data_type, value
