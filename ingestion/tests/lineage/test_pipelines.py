"""Random chains of CTEs, whose lineage is known from their construction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from logmart_catalog.lineage import derivation
from logmart_catalog.lineage.scope import Relation, unknown
from logmart_catalog.lineage.trace import Environment, trace_query

TABLES = {"t": ("a", "b", "c"), "u": ("a", "d", "e")}
Parents = dict[str, frozenset[str]]


@dataclass(frozen=True)
class Step:
    """A CTE: its name, its SQL, and the parents of its columns in their order."""

    name: str
    sql: str
    parents: Parents


Maker = Callable[[st.DataObject, str, list[Step]], Step]


def _before(data: st.DataObject, steps: list[Step]) -> Step:
    return data.draw(st.sampled_from(steps))


def _column(data: st.DataObject, step: Step) -> str:
    return data.draw(st.sampled_from(sorted(step.parents)))


def _computed(data: st.DataObject, name: str, steps: list[Step]) -> Step:
    """Columns renamed, computed from two, chosen by a third, and a constant."""
    step = _before(data, steps)
    x, y, z = (_column(data, step) for _ in range(3))
    sql = f"select {x} as p, {y} + {z} as q, case when {x} > 1 then {y} end as r, 1 as s"
    parents = step.parents
    found = {
        "p": parents[x],
        "q": parents[y] | parents[z],
        "r": parents[x] | parents[y],
        "s": frozenset[str](),
    }
    return Step(name, f"{sql} from {step.name} where {z} > 0", found)


def _starred(data: st.DataObject, name: str, steps: list[Step]) -> Step:
    """All columns but one, one replaced by another, and one more."""
    step = _before(data, steps)
    dropped, changed, other = (_column(data, step) for _ in range(3))
    parents = {one: found for one, found in step.parents.items() if one != dropped}
    if not parents:
        return Step(name, f"select * from {step.name}", step.parents)
    replaced = ""
    if changed in parents:
        replaced = f" replace ({other} || 'x' as {changed})"
        parents[changed] = step.parents[other]
    more = f"{name}_more"
    parents[more] = step.parents[other]
    sql = f"select * exclude ({dropped}){replaced}, {other} as {more} from {step.name}"
    return Step(name, sql, parents)


def _united(data: st.DataObject, name: str, steps: list[Step]) -> Step:
    """Two columns of each of two CTEs, united by position; or by name, with swapped names."""
    left, right = _before(data, steps), _before(data, steps)
    a, b, c, d = (_column(data, step) for step in (left, left, right, right))
    by_name = data.draw(st.booleans())
    selected = f"{d} as y, {c} as x" if by_name else f"{c} as v, {d} as w"
    how = "union all by name" if by_name else "union all"
    sql = f"select {a} as x, {b} as y from {left.name} {how} select {selected} from {right.name}"
    found = {
        "x": left.parents[a] | right.parents[c],
        "y": left.parents[b] | right.parents[d],
    }
    return Step(name, sql, found)


def _joined(data: st.DataObject, name: str, steps: list[Step]) -> Step:
    """All columns of one CTE, a column of another, and a scalar subquery."""
    left, right = _before(data, steps), _before(data, steps)
    key, other, most = (_column(data, step) for step in (left, right, right))
    sql = (
        f"select l.*, r.{other} as {name}_r, (select max({most}) from {right.name}) as {name}_m"
        f" from {left.name} as l left join {right.name} as r on l.{key} = r.{other}"
    )
    found = {f"{name}_r": right.parents[other], f"{name}_m": right.parents[most]}
    return Step(name, sql, {**left.parents, **found})


def _grouped(data: st.DataObject, name: str, steps: list[Step]) -> Step:
    """A group's key, aggregates with and without a filter, a count, a rank."""
    step = _before(data, steps)
    key, value, condition = (_column(data, step) for _ in range(3))
    sql = (
        f"select {key} as k, sum({value}) as v, count(*) as n,"
        f" max({value}) filter (where {condition} > 1) as f,"
        f" row_number() over (order by {key}) as i from {step.name} group by {key}"
    )
    parents = step.parents
    found = {
        "k": parents[key],
        "v": parents[value],
        "n": frozenset[str](),
        "f": parents[value] | parents[condition],
        "i": frozenset[str](),
    }
    return Step(name, sql, found)


def _packed(data: st.DataObject, name: str, steps: list[Step]) -> Step:
    """Two columns packed into a struct under swapped names, and extracted again."""
    step = _before(data, steps)
    x, y = _column(data, step), _column(data, step)
    inner = f"select {{'g': {x}, 'h': {{'i': {y}}}}} as box from {step.name}"
    sql = f"select box.h.i as g, box.g as i, box.h as h from ({inner})"
    found = {"g": step.parents[y], "i": step.parents[x], "h": step.parents[y]}
    return Step(name, sql, found)


def _gathered(data: st.DataObject, name: str, steps: list[Step]) -> Step:
    """Columns put into a list, a map and a document, with or without a condition, and extracted
    again.
    """
    step = _before(data, steps)
    x, y, z = (_column(data, step) for _ in range(3))
    items = {"a": x, "b": y, "c": z}
    pairs = ", ".join(f"'{key}', {one}" for key, one in items.items())
    held = {
        "l": f"[{x}, {y}, {z}]",
        "m": f"map {{'a': {x}, 'b': {y}, 'c': {z}}}",
        "j": f"json_object({pairs})",
    }
    condition = data.draw(st.sampled_from(["", _column(data, step)]))
    if condition:
        held = {key: f"case when {condition} > 1 then {one} end" for key, one in held.items()}
    made = ", ".join(f"{one} as {key}" for key, one in held.items())
    place = data.draw(st.integers(1, 3))
    key = "abc"[place - 1]
    end = data.draw(st.sampled_from([f"l[{place}]", f"l[{place - 4}]", f"(l || ['x'])[{place}]"]))
    sql = (
        f"select {end} as e, m['{key}'] as f, j ->> '{key}' as g, [i + 1 for i in l][{place}] as h"
        f" from (select * from (select {made} from {step.name}) where l is not null)"
    )
    deciding = step.parents[condition] if condition else frozenset[str]()
    return Step(name, sql, dict.fromkeys("efgh", step.parents[items[key]] | deciding))


MAKERS: list[Maker] = [_computed, _starred, _united, _joined, _grouped, _packed, _gathered]


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_the_lineage_of_a_chain_is_that_of_its_steps(data: st.DataObject) -> None:
    steps = [
        Step(table, "", {name: frozenset({f"{table}.{name}"}) for name in columns})
        for table, columns in TABLES.items()
    ]
    for place in range(data.draw(st.integers(1, 8))):
        make = data.draw(st.sampled_from(MAKERS))
        steps.append(make(data, f"step_{place}", steps))
    ctes = ", ".join(f"{step.name} as ({step.sql})" for step in steps if step.sql)
    sql = f"with {ctes} select * from {steps[-1].name}"
    found = trace_query(sql, list(steps[-1].parents), "it", Environment("duckdb", _table))
    traced = {
        one.column: frozenset(f"{parent.relation}.{parent.name}" for parent in one.parents)
        for one in found.columns
    }
    assert not any(one.reasons for one in found.columns), sql
    assert traced == steps[-1].parents, sql


def _table(parts: Sequence[str]) -> Relation:
    name = parts[-1]
    if name not in TABLES:
        return unknown(f"{name} is no table")
    columns = ((one, derivation.column(name, one, "double")) for one in TABLES[name])
    return Relation(tuple(columns))
