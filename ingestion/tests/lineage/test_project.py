"""The lineage of real dbt projects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from logmart_catalog.artifacts.read import Artifacts, read_artifacts
from logmart_catalog.lineage.model import ColumnLineage, Kind, ProjectLineage
from logmart_catalog.lineage.project import (
    dialect_of,
    lineage_traced_once,
    project_lineage,
)
from logmart_catalog.records import Record

CALL = "read_csv('f.csv', header=false, names=['k','v'])"
ARTIFACTS = Path(__file__).parents[1] / "artifacts"


def artifacts(project: str) -> Artifacts:
    """The artifacts of a committed project."""
    return read_artifacts(ARTIFACTS / project, mixed=True)


def edited(found: Artifacts, unique_id: str, **values: object) -> Artifacts:
    """The artifacts with other values in one node."""
    node = found.nodes[unique_id]
    changed = replace(node, values={**node.values, **values})
    return replace(found, nodes={**found.nodes, unique_id: changed})


def column(project: ProjectLineage, unique_id: str, name: str) -> ColumnLineage:
    """The lineage of one column of one relation."""
    return next(one for one in project.tables[unique_id].columns if one.column == name)


def parents(project: ProjectLineage, unique_id: str, name: str) -> set[str]:
    """The parents of a column, with the unique ids of their relations."""
    found = column(project, unique_id, name).parents
    return {f"{one.relation}.{one.name}" for one in found}


def test_only_artifacts_of_the_same_content_are_not_traced_again() -> None:
    model = "model.library.book_loans.v2"
    first = lineage_traced_once(artifacts("library"))
    assert first == project_lineage(artifacts("library"))
    assert lineage_traced_once(artifacts("library")) is first
    changed = edited(artifacts("library"), model, compiled_code="select 1 as longest")
    assert lineage_traced_once(changed) == project_lineage(changed) != first


def test_an_ephemeral_model_is_looked_through() -> None:
    project = project_lineage(artifacts("library"))
    assert "model.library.int_loan_days" not in project.tables
    assert column(project, "model.library.book_loans.v2", "longest").kind is Kind.AGGREGATED
    assert parents(project, "model.library.book_loans.v2", "longest") == {
        "model.library.stg_loans.lent_at",
        "model.library.stg_loans.returned_at",
    }


def test_what_dbt_adds_to_a_snapshot_is_traced() -> None:
    project = project_lineage(artifacts("library"))
    snapshot = "snapshot.library.books_history"
    assert parents(project, snapshot, "dbt_scd_id") == {"seed.library.books.book_id"}
    assert column(project, snapshot, "dbt_valid_from").kind is Kind.CONSTANT


def test_a_source_that_a_seed_makes_is_that_seed() -> None:
    project = project_lineage(artifacts("library"))
    assert parents(project, "model.library.stg_loans", "member") == {
        "seed.library.raw_loans.member"
    }
    assert "source.library.desk.raw_loans" not in project.tables


def test_the_columns_of_seeds_and_sources_are_where_values_enter() -> None:
    project = project_lineage(artifacts("library"))
    for unique_id in ("seed.library.books", "source.library.desk.gate_counts"):
        assert {one.kind for one in project.tables[unique_id].columns} == {Kind.ORIGIN}


@pytest.mark.parametrize("project", ["clinic", "hostile", "library", "orchard"])
def test_every_column_of_the_small_projects_is_traced(project: str) -> None:
    tables = project_lineage(artifacts(project)).tables.values()
    assert not [one for table in tables for one in table.columns if one.reasons]


def test_a_model_that_is_not_compiled_or_no_sql_says_so() -> None:
    found = artifacts("orchard")
    model = "model.orchard.dim_pickers"
    told = column(project_lineage(edited(found, model, compiled_code=None)), model, "phone")
    assert (told.kind, told.parents) == (Kind.UNTRACED, ())
    assert told.reasons[0].startswith("not compiled")
    told = column(project_lineage(edited(found, model, language="python")), model, "phone")
    assert told.reasons[0].startswith("python")


def test_a_model_that_reads_itself_says_how_to_trace_it() -> None:
    model = "model.orchard.dim_pickers"
    sql = "select picker_id, full_name, (select max(phone) from dim_pickers) as phone from pickers"
    project = project_lineage(edited(artifacts("orchard"), model, compiled_code=sql))
    assert parents(project, model, "full_name") == {"seed.orchard.pickers.full_name"}
    assert "--full-refresh" in column(project, model, "phone").reasons[0]


def test_a_column_the_warehouse_has_and_the_sql_has_not_says_so() -> None:
    model = "model.orchard.dim_pickers"
    changed = edited(artifacts("orchard"), model, compiled_code="select picker_id from pickers")
    project = project_lineage(changed)
    assert parents(project, model, "picker_id") == {"seed.orchard.pickers.picker_id"}
    assert column(project, model, "phone").kind is Kind.UNTRACED


def test_the_dialect_is_the_adapters() -> None:
    found = [dialect_of(one) for one in ("duckdb", "trino", "sqlserver", "none_we_know")]
    assert found == ["duckdb", "trino", "tsql", ""]


def filed(location: str, sql: str, *others: str) -> Artifacts:
    """The orchard with a file as its source, a model that reads it, and other file sources that the
    model does not depend on.
    """
    found = artifacts("orchard")
    source, model = "source.orchard.scales.baskets", "model.orchard.stg_baskets"
    columns = {name: {"name": name, "data_type": "varchar"} for name in ("k", "v")}

    def located(name: str, place: str) -> Record:
        values = {
            **found.sources[source].values,
            "name": name,
            "identifier": name,
            "relation_name": place if "(" in place else f"'{place}'",
            "columns": columns,
        }
        return replace(found.sources[source], values=values)

    sources = {source: located("own", location)}
    sources |= {f"source.orchard.other.{one}": located(f"o{one}", one) for one in others}
    spelled = {one: {"name": one, "type": "varchar", "index": n} for n, one in enumerate("kv")}
    relation = replace(found.relations[model], values={"columns": spelled})
    found = replace(found, sources=sources, relations={**found.relations, model: relation})
    return edited(found, model, compiled_code=sql, depends_on={"nodes": [source]})


@pytest.mark.parametrize(
    ("location", "read"),
    [
        (CALL, CALL),
        (CALL, "READ_CSV( 'f.csv',header = false, names = ['k', 'v'])"),
        ("read_parquet(['a', 'f.csv'], union_by_name = true)",) * 2,
        ("iceberg_scan('f.csv')",) * 2,
        ("f.csv", "read_csv('f.csv', header=true)"),
        ("f.csv", "'f.csv'"),
    ],
)
def test_a_file_is_the_source_whose_location_is_the_whole_call(location: str, read: str) -> None:
    other = CALL if location == "f.csv" else "f.csv"
    found = filed(location, f"select k, v from {read}", other, "a")
    model, source = "model.orchard.stg_baskets", "source.orchard.scales.baskets"
    project = project_lineage(found)
    assert parents(project, model, "k") == {f"{source}.k"}
    assert parents(project, model, "v") == {f"{source}.v"}


@pytest.mark.parametrize(
    "read",
    [
        CALL,
        "read_csv('g.csv', nullstr = 'own.csv')",
        "read_csv(['f.csv', 'own.csv'])",
        "'f.csv'",
        '"f.csv"',
    ],
)
def test_a_file_of_no_source_of_the_model_is_no_parent(read: str) -> None:
    found = filed("own.csv", f"select k, v from {read}", "f.csv", "g.csv")
    told = column(project_lineage(found), "model.orchard.stg_baskets", "k")
    assert (told.kind, told.parents) == (Kind.UNTRACED, ())
    assert told.reasons


def test_a_path_of_two_sources_is_no_ones() -> None:
    found = filed("f.csv", "select k, v from 'f.csv'", "f.csv")
    model = "model.orchard.stg_baskets"
    both = {"nodes": list(found.sources)}
    told = column(project_lineage(edited(found, model, depends_on=both)), model, "k")
    assert (told.kind, told.parents) == (Kind.UNTRACED, ())
    assert "2 of the model's sources" in told.reasons[0]


def test_a_relation_the_model_does_not_depend_on_is_no_parent() -> None:
    model = "model.orchard.dim_pickers"
    sql = "select picker_id, b.basket_id as phone from pickers join baskets as b on true"
    project = project_lineage(edited(artifacts("orchard"), model, compiled_code=sql))
    assert parents(project, model, "picker_id") == {"seed.orchard.pickers.picker_id"}
    told = column(project, model, "phone")
    assert (told.kind, told.parents) == (Kind.UNTRACED, ())
    assert "seed.orchard.baskets is not among what the model depends on" in told.reasons[0]


def test_what_is_not_understood_costs_its_column_and_is_told_by_file_and_line() -> None:
    model = "model.orchard.dim_pickers"
    odd = "json_object('k', lower(full_name) = 'true') as phone"
    raw = f"select\n    picker_id,\n\n    {odd}\nfrom {{{{ ref('pickers') }}}}"
    compiled = f"select\n    picker_id,\n    {odd}\nfrom pickers"
    found = edited(artifacts("orchard"), model, raw_code=raw, compiled_code=compiled)
    project = project_lineage(found)
    assert parents(project, model, "picker_id") == {"seed.orchard.pickers.picker_id"}
    told = column(project, model, "phone")
    assert told.kind is Kind.UNTRACED
    start = "parse: models/marts/dim_pickers.sql, line 4: the SQL is not understood: "
    assert told.reasons[0].startswith(start)

    project = project_lineage(edited(found, model, raw_code="{{ a_macro() }}"))
    start = "parse: models/marts/dim_pickers.sql, line 3 of its compiled SQL: the SQL"
    assert column(project, model, "phone").reasons[0].startswith(start)


def test_a_snapshot_that_is_not_understood_is_told_by_its_own_line() -> None:
    snapshot = "snapshot.library.books_history"
    found = artifacts("library")
    sql = "select *,\n    foo(title ! ! 2) as odd\nfrom library.reference.books"
    node = edited(found, snapshot, compiled_code=sql, raw_code="")
    relation = found.relations[snapshot]
    name = next(iter(relation.records("columns")))
    told = column(project_lineage(node), snapshot, name)
    assert told.kind is Kind.COPIED
    odd = {"odd": {"name": "odd", "type": "varchar", "index": 1}}
    relations = {**found.relations, snapshot: replace(relation, values={"columns": odd})}
    told = column(project_lineage(replace(node, relations=relations)), snapshot, "odd")
    assert "line 2 of its compiled SQL: the SQL is not understood" in told.reasons[0]


def test_sql_that_is_cut_off_is_told_by_file() -> None:
    model = "model.orchard.dim_pickers"
    found = edited(artifacts("orchard"), model, compiled_code="select picker_id, (full_name")
    told = column(project_lineage(found), model, "phone")
    assert told.reasons[0].startswith("parse: models/marts/dim_pickers.sql, line 1")
