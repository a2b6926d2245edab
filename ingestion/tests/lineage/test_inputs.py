"""No column of a model has a parent outside of the model's dependencies."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.errors import CatalogError
from logmart_catalog.lineage.model import Kind, TableLineage
from logmart_catalog.lineage.project import project_lineage
from logmart_catalog.records import Record

from .cases import Case, read_cases, read_schema

CASES = [case for case in read_cases() if case.snapshot is None]
SCHEMA = read_schema()
MODEL = "model.p.it"


def _record(unique_id: str, **values: object) -> Record:
    name = unique_id.rpartition(".")[2]
    told = {"database": "db", "schema": "main", "name": name, "resource_type": "model", **values}
    return Record.of(unique_id, told, CatalogError)


def _columns(types: dict[str, str]) -> dict[str, object]:
    return {
        name: {"name": name, "type": kind, "data_type": kind, "index": place}
        for place, (name, kind) in enumerate(types.items())
    }


def _seed(table: str) -> str:
    return f"seed.p.{table}"


def _artifacts(adapter: str, models: dict[str, Record]) -> Artifacts:
    """A project of seeds (the tables of the truth) and some models."""
    seeds = {_seed(table): _record(_seed(table), resource_type="seed") for table in SCHEMA}
    relations = {
        _seed(table): _record(_seed(table), columns=_columns(dict(columns)))
        for table, columns in SCHEMA.items()
    }
    return Artifacts("p", adapter, {**seeds, **models}, {}, relations, {})


def _case_project(case: Case, depends: list[str], ephemeral: bool) -> TableLineage:
    """The lineage of a case as a model; with `ephemeral`, it depends on its inputs through two
    ephemeral models.
    """
    columns = _columns(dict.fromkeys(case.columns, ""))
    models = {}
    nodes = depends
    if ephemeral:
        for name, parents in (("inner", depends), ("outer", ["model.p.inner", "model.p.outer"])):
            config = {"materialized": "ephemeral"}
            told = {"nodes": parents}
            models[f"model.p.{name}"] = _record(
                f"model.p.{name}", config=config, depends_on=told, compiled_code="select 1"
            )
        nodes = ["model.p.outer"]
    models[MODEL] = _record(
        MODEL, columns=columns, compiled_code=case.sql, depends_on={"nodes": nodes}
    )
    return project_lineage(_artifacts(case.dialect, models)).tables[MODEL]


def _assert_within(found: TableLineage, allowed: set[str]) -> None:
    relations = {one.relation for column in found.columns for one in column.parents}
    assert relations | {key.column.relation for key in found.keys} <= allowed
    assert all(bool(one.reasons) == (one.kind is Kind.UNTRACED) for one in found.columns)


@given(st.sampled_from(CASES), st.sets(st.sampled_from(sorted(SCHEMA))), st.booleans())
@settings(deadline=None, max_examples=300)
def test_a_case_has_no_parent_the_model_does_not_depend_on(
    case: Case, tables: set[str], ephemeral: bool
) -> None:
    allowed = {_seed(table) for table in tables}
    found = _case_project(case, sorted(allowed), ephemeral)
    _assert_within(found, allowed)
    every = _case_project(case, [_seed(table) for table in SCHEMA], ephemeral)
    for one, known in zip(found.columns, every.columns, strict=True):
        if one.kind is not Kind.UNTRACED:
            assert (one.kind, one.parents) == (known.kind, known.parents)


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_a_generated_project_has_no_parent_outside_what_a_model_depends_on(
    data: st.DataObject,
) -> None:
    names = list(SCHEMA)
    columns = {table: sorted(SCHEMA[table]) for table in names}
    models: dict[str, Record] = {}
    for number in range(data.draw(st.integers(1, 5))):
        name = f"m{number}"
        left, right = (data.draw(st.sampled_from(names)) for _ in range(2))
        a, b = (data.draw(st.sampled_from(columns[one])) for one in (left, right))
        sql = data.draw(st.sampled_from(_QUERIES)).format(left=left, right=right, a=a, b=b)
        ids = [
            f"model.p.{one}" if one.startswith("m") and one[1:].isdigit() else _seed(one)
            for one in (left, right)
        ]
        depends = data.draw(st.sets(st.sampled_from(ids)))
        unique_id = f"model.p.{name}"
        models[unique_id] = _record(
            unique_id,
            columns=_columns({"x": "", "y": ""}),
            compiled_code=sql,
            depends_on={"nodes": sorted(depends)},
        )
        names.append(name)
        columns[name] = ["x", "y"]
    tables = project_lineage(_artifacts("duckdb", models)).tables
    for unique_id, node in models.items():
        _assert_within(tables[unique_id], set(node.record("depends_on").texts("nodes")))


_QUERIES = [
    "select l.{a} as x, r.{b} as y from {left} as l join {right} as r on true",
    "select {a} as x, (select max({b}) from {right}) as y from {left}",
    "with l as (select {a} as x from {left}), r as (from {right}) select x, r.{b} as y from l, r",
    "select {a} as x, 1 as y from {left} union all select {b}, 2 from main.{right}",
    "select {a} as x, 1 as y from {left} where exists (select {b} from {right})",
]
