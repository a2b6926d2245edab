"""The lineage of real dbt projects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from logmart_catalog.artifacts import Artifacts, read_artifacts
from logmart_catalog.lineage.model import ColumnLineage, Kind, ProjectLineage
from logmart_catalog.lineage.project import columns_by_edge, dialect_of, project_lineage

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
    """One column of one relation."""
    return next(one for one in project.tables[unique_id].columns if one.column == name)


def parents(project: ProjectLineage, unique_id: str, name: str) -> set[str]:
    """The parents of a column, with the unique ids of their relations."""
    found = column(project, unique_id, name).parents
    return {f"{one.relation}.{one.name}" for one in found}


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


def test_edges_name_columns_once_and_never_their_own_relation() -> None:
    edges = columns_by_edge(project_lineage(artifacts("library")))
    assert all(upstream != downstream for upstream, downstream in edges)
    edge = edges[("model.library.stg_loans", "model.library.book_loans.v2")]
    assert [(one.from_columns, one.to_column) for one in edge] == [
        (("lent_at", "returned_at"), "longest")
    ]


def test_the_dialect_is_the_adapters() -> None:
    found = [dialect_of(one) for one in ("duckdb", "trino", "sqlserver", "none_we_know")]
    assert found == ["duckdb", "trino", "tsql", ""]
