"""What is proposed of a source, and that what a person wrote in the mapping stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from logmart.errors import CommandError
from operations.migration.landed_plan import camel_case, planned_entities
from operations.migration.mapping import Exclusion, Mapping, Source, Table, Target
from operations.migration.mapping_edits import added_text, new_text
from operations.migration.mapping_file import draft_mapping, read_mapping
from operations.migration.scaffold import Proposal, is_personal_name, propose, refusal_of
from operations.migration.schema import SourceColumn, SourceTable, schema_faults
from operations.migration.type_map import copied_type

EMPTY = Mapping(Source("postgresql", "OLD_BANK"), Target("duckdb", path="x.duckdb"), ())
LANDED = Mapping(Source("postgresql", "OLD_BANK"), Target("landing", source="bank"), ())
ACCOUNTS = SourceTable(
    "accounts",
    (
        SourceColumn("account_id", "bigint"),
        SourceColumn("email", "character varying(80)"),
        SourceColumn("opened_at", "timestamp with time zone"),
        SourceColumn("balance", "numeric(18,2)"),
        SourceColumn("place", "point"),
        SourceColumn("shape", "numeric"),
    ),
    ("account_id",),
)
LOG = SourceTable("log", (SourceColumn("line", "text"),))
TOTALS = SourceTable("totals", (SourceColumn("n", "bigint"),), is_view=True)
REVIEWED = """\
# Reviewed by Jina.
source: {kind: postgresql, url: OLD_BANK}
target: {kind: duckdb, path: x.duckdb}
tables:
  - source: accounts   # all of them
    target: konto
    key: [account_id]
    columns:
      - {source: account_id, type: bigint}
      # The bank asked for it.
      - {source: email, type: varchar, class: personal}

  - source: log
    key: []
    columns: [{source: line, type: varchar}]
excluded: [{table: totals, reason: a view}]
"""


def _accepts(table: Table) -> str:
    return ""


def _proposal(mapping: Mapping, *tables: SourceTable) -> Proposal:
    landed = mapping.target.kind == "landing"
    return propose(mapping, tables, planned_entities("bank") if landed else {}, _accepts)


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_every_table_and_column_of_the_source_is_in_a_new_mapping(tmp_path: Path) -> None:
    tables = [ACCOUNTS, LOG, TOTALS]
    path = _write(tmp_path / "m.yml", new_text(EMPTY, _proposal(EMPTY, *tables)))
    mapping = draft_mapping(path)
    assert schema_faults(mapping, tables) == []
    accounts = mapping.table("accounts")
    assert [(column.source, column.type, column.is_personal) for column in accounts.columns] == [
        ("account_id", "bigint", False),
        ("email", "varchar", True),
        ("opened_at", "timestamptz", False),
        ("balance", "decimal(18,2)", False),
        ("place", "varchar", False),
    ]
    assert accounts.columns[-1].reason == "its text, because DuckDB has no point"
    assert accounts.key == ("account_id",)
    assert mapping.table("log").key == ()
    assert [exclusion.name for exclusion in mapping.excluded] == ["totals"]


def test_no_run_starts_before_a_person_has_decided(tmp_path: Path) -> None:
    path = _write(tmp_path / "m.yml", new_text(EMPTY, _proposal(EMPTY, ACCOUNTS)))
    with pytest.raises(CommandError, match=r"accounts\.shape is excluded without a reason"):
        read_mapping(path)
    decided = path.read_text(encoding="utf-8").replace("reason: ''", "reason: never used")
    assert read_mapping(_write(path, decided)).table("accounts").excluded == (
        Exclusion("shape", "never used"),
    )


def test_only_what_is_new_is_added_and_the_rest_stays(tmp_path: Path) -> None:
    path = _write(tmp_path / "m.yml", REVIEWED)
    tables = [ACCOUNTS, SourceTable("log", (*LOG.columns, SourceColumn("at", "date"))), TOTALS]
    tables.append(SourceTable("cards", (SourceColumn("card_id", "uuid"),), ("card_id",)))
    tables.append(SourceTable("sums", (SourceColumn("n", "bigint"),), is_view=True))
    mapping = draft_mapping(path)
    text = added_text(REVIEWED, _proposal(mapping, *tables))
    assert (
        text
        == """\
# Reviewed by Jina.
source: {kind: postgresql, url: OLD_BANK}
target: {kind: duckdb, path: x.duckdb}
tables:
  - source: accounts   # all of them
    target: konto
    key: [account_id]
    columns:
      - {source: account_id, type: bigint}
      # The bank asked for it.
      - {source: email, type: varchar, class: personal}
      - {source: opened_at, type: timestamptz}
      - {source: balance, type: 'decimal(18,2)'}
      - {source: place, type: varchar, reason: PLACE}
    excluded:
      # give a reason, or map it: its type is not told exactly
      - {column: shape, reason: ''}

  - source: log
    key: []
    columns: [{source: line, type: varchar}, {source: at, type: date}]
  - source: cards
    target: cards
    key: [card_id]
    columns:
      - {source: card_id, type: uuid}
excluded: [{table: totals, reason: a view}, {table: sums, reason: VIEW}]
""".replace("VIEW", "'a view, whose rows are those of other tables'").replace(
            "PLACE", "'its text, because DuckDB has no point'"
        )
    )
    added = draft_mapping(_write(path, text))
    assert schema_faults(added, tables) == []
    assert _proposal(added, *tables).is_empty


def test_a_written_mapping_can_be_added_to(tmp_path: Path) -> None:
    path = _write(tmp_path / "m.yml", new_text(EMPTY, _proposal(EMPTY, ACCOUNTS, TOTALS)))
    tables = [ACCOUNTS, LOG, TOTALS, SourceTable("sums", LOG.columns, is_view=True)]
    text = added_text(path.read_text(encoding="utf-8"), _proposal(draft_mapping(path), *tables))
    assert schema_faults(draft_mapping(_write(path, text)), tables) == []


def test_what_a_source_refuses_is_to_be_decided_column_by_column() -> None:
    def plan(table: Table) -> None:
        if any(column.source == "balance" for column in table.columns):
            raise CommandError("accounts.balance depends on the server")

    proposal = propose(EMPTY, [ACCOUNTS], {}, refusal_of(plan))
    (proposed,) = proposal.tables
    assert [exclusion.name for exclusion in proposed.table.excluded] == ["balance", "shape"]
    assert proposed.comments["balance"].endswith("accounts.balance depends on the server")


def test_records_are_mapped_to_the_properties_that_the_plan_has() -> None:
    users = SourceTable(
        "users",
        (
            SourceColumn("user_id", "text"),
            SourceColumn("birth_year", "smallint"),
            SourceColumn("user_status", "text"),
            SourceColumn("has_marketing_consent", "boolean"),
            SourceColumn("created_at", "timestamp with time zone"),
            SourceColumn("branch_code", "text"),
        ),
        ("user_id",),
    )
    (proposed,) = _proposal(LANDED, users).tables
    assert [(each.source, each.target, each.is_personal) for each in proposed.table.columns] == [
        ("user_id", "userId", True),
        ("birth_year", "birthYear", True),
        ("user_status", "status", False),
        ("has_marketing_consent", "marketingConsent", False),
        ("created_at", "createdAt", False),
        ("branch_code", "branchCode", False),
    ]
    assert proposed.comments[""] == "the tracking plan requires updatedAt as well"


def test_a_source_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match="models/staging/branches is not there"):
        planned_entities("branches")


@pytest.mark.parametrize(
    ("name", "is_personal"),
    [
        *(("email", True), ("homePhone", True), ("user_name", True), ("ip_address", True)),
        *(("name", True), ("account_number", True), ("birth_year", True)),
        *(("table_name", False), ("shipping", False), ("account_id", False), ("telegram", False)),
    ],
)
def test_names_of_personal_data_are_known(name: str, is_personal: bool) -> None:
    assert is_personal_name(name) is is_personal


@pytest.mark.parametrize(
    ("kind", "source_type", "copied"),
    [
        ("postgresql", "numeric(18,2)", "decimal(18,2)"),
        ("postgresql", "numeric(5)", "decimal(5,0)"),
        ("postgresql", "numeric", ""),
        ("postgresql", "numeric(50,2)", ""),
        ("postgresql", "numeric(3,-2)", ""),
        ("postgresql", "character varying(20)", "varchar"),
        ("postgresql", "timestamp(3) with time zone", "timestamptz"),
        ("postgresql", "integer[]", "integer[]"),
        ("postgresql", "double precision[]", ""),
        ("postgresql", "jsonb", "json"),
        ("postgresql", "point", ""),
        ("mysql", "int(10) unsigned zerofill", "uinteger"),
        ("mysql", "decimal(10,2) unsigned", "decimal(10,2)"),
        ("mysql", "decimal(65,30)", ""),
        ("mysql", "enum('a','int')", "varchar"),
        ("mysql", "datetime(6)", "timestamp"),
        ("mysql", "point", ""),
        ("files", "HUGEINT", "hugeint"),
    ],
)
def test_the_type_of_a_copy_holds_every_value(kind: str, source_type: str, copied: str) -> None:
    assert copied_type(kind, source_type) == copied


def test_a_property_is_written_as_logs_write_it() -> None:
    assert [camel_case(name) for name in ("created_at", "ID", "_a__b")] == ["createdAt", "id", "aB"]
