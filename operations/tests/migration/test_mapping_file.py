"""What a mapping's file may say, and that writing it gives what reading it gave."""

from pathlib import Path

import pytest

from logmart.errors import CommandError
from operations.migration.mapping import Column, Exclusion, Load, Mapping, Source, Table, Target
from operations.migration.mapping_file import read_mapping
from operations.migration.mapping_text import mapping_text

GOOD = """
source: {kind: postgresql, url: LOGMART_MIGRATE_SOURCE, schema: public}
target: {kind: duckdb, path: data/migrated.duckdb}
load: {chunk_rows: 1000, parallel: 1, statement_timeout_seconds: 5}
tables:
  - source: accounts
    key: [account_id]
    columns:
      - {source: account_id, type: bigint}
      - {source: amount, type: "decimal(18,2)", target: amount_krw, reason: carries its unit}
      - {source: email, type: varchar, class: personal}
    excluded: [{column: legacy_note, reason: not used since 2019}]
excluded: [{table: schema_migrations, reason: belongs to the old application}]
"""
MAPPING = Mapping(
    Source("postgresql", "LOGMART_MIGRATE_SOURCE", "public"),
    Target("duckdb", path="data/migrated.duckdb"),
    (
        Table(
            "accounts",
            "accounts",
            ("account_id",),
            (
                Column("account_id", "bigint"),
                Column("amount", "decimal(18,2)", "amount_krw", reason="carries its unit"),
                Column("email", "varchar", is_personal=True),
            ),
            (Exclusion("legacy_note", "not used since 2019"),),
        ),
    ),
    Load(1000, 1, 5),
    (Exclusion("schema_migrations", "belongs to the old application"),),
)


def _file(folder: Path, text: str) -> Path:
    path = folder / "mapping.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_mapping_is_read_and_written_as_the_same(tmp_path: Path) -> None:
    assert read_mapping(_file(tmp_path, GOOD)) == MAPPING
    assert read_mapping(_file(tmp_path, mapping_text(MAPPING))) == MAPPING


def test_the_load_does_not_change_what_is_copied() -> None:
    lighter = Mapping(MAPPING.source, MAPPING.target, MAPPING.tables, Load(1), MAPPING.excluded)
    fewer = Mapping(MAPPING.source, MAPPING.target, MAPPING.tables)
    assert lighter.mapping_id == MAPPING.mapping_id != fewer.mapping_id


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("url: LOGMART_MIGRATE_SOURCE", "url: 'postgresql://me:pw@db'", "environment variable"),
        ("kind: postgresql", "kind: oracle", "source.kind is 'oracle'"),
        ("kind: duckdb, path: data/migrated.duckdb", "kind: duckdb", "target.path is missing"),
        ("path: data", "source: bank, path: data", "target.source is of no use"),
        ("key: [account_id]", "key: [id]", "table accounts: id of the key is not a mapped column"),
        ("source: email", "source: amount", "table accounts: column amount stands there twice"),
        ("source: email", "source: legacy_note", "column legacy_note stands there twice"),
        ("target: amount_krw", "target: email", "two columns are copied to email"),
        ("table: schema_migrations", "table: accounts", "table accounts stands there twice"),
        (
            "reason: not used since 2019",
            "reason: ''",
            "accounts.legacy_note is excluded without a reason",
        ),
        ("class: personal", "transform: lower(email)", "column email is transformed without"),
        ("type: bigint", "type: bigint, transform: '1', reason: r", "account_id is of the key"),
        ("class: personal", "klass: personal", "unknown key"),
        ("chunk_rows: 1000", "chunk_rows: 0", "load.chunk_rows is 0"),
    ],
)
def test_a_contradiction_is_named(tmp_path: Path, good: str, bad: str, fault: str) -> None:
    assert good in GOOD
    path = _file(tmp_path, GOOD.replace(good, bad))
    with pytest.raises(CommandError) as raised:
        read_mapping(path)
    assert fault in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_missing_file_names_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="logmart migrate map"):
        read_mapping(tmp_path / "mapping.yml")
