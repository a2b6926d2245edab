"""From the scaffold of a mapping to the line that says ready, with no personal value on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logmart.errors import CommandError
from operations.migration.__main__ import run
from operations.tests.migration.bank import Bank

PLANTED = ("jina@example.com", "+82-10-1234-5678", "김지아")
SCHEMA = (
    "create type grade as enum ('일반', '우수')",
    "create table customers (customer_id bigint primary key, full_name text, email varchar(80),"
    " phone text, grade grade, balance numeric(18,2), rating numeric, place point, tags text[],"
    " updated_at timestamptz, note text)",
    "insert into customers select n, '김지아', 'jina@example.com', '+82-10-1234-5678',"
    " '우수', n / 7.0, n, point(n, 1), array['가', null], '2026-03-01 00:00:00.000001+09', ''"
    " from generate_series(1, 250) as n",
    "create view rich as select * from customers where balance > 100",
    "create table visits (at date, city text)",
    "insert into visits select '2026-03-01', '서울' from generate_series(1, 3)",
)


class CutOver:
    """The commands of a person who migrates a bank."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.mapping = bank.folder / "mapping.yml"
        self.state = bank.folder / "migration"

    def migrate(self, verb: str, *words: str) -> int:
        return run([verb, "--mapping", str(self.mapping), *words])

    def verdict(self) -> str:
        self.migrate("report")
        report = json.loads((self.state / "report.json").read_text(encoding="utf-8"))
        verdict: str = report["verdict"]
        return verdict

    def edit(self, old: str, new: str) -> None:
        text = self.mapping.read_text(encoding="utf-8")
        assert old in text
        self.mapping.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def cut_over(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> CutOver:
    monkeypatch.setenv("LOGMART_MIGRATION", str(bank.folder / "migration"))
    monkeypatch.setenv("LOGMART_LANDING", str(bank.folder / "landing"))
    bank.execute(*SCHEMA)
    made = CutOver(bank)
    made.migrate(
        *("map", "--from", "postgresql:OLD_BANK", "--schema", bank.schema),
        *("--to", f"duckdb:{bank.path}"),
    )
    return made


def test_a_schema_is_mapped_reviewed_copied_and_proved(
    cut_over: CutOver, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match=r"customers\.rating is excluded without a reason"):
        cut_over.migrate("run")
    cut_over.edit("reason: ''", "reason: computed anew every night")
    cut_over.edit("chunk_rows: 50000", "chunk_rows: 100")
    assert cut_over.verdict().startswith("not ready: no pass has compared every column")
    cut_over.migrate("run")
    cut_over.migrate("verify", "--final")
    assert cut_over.verdict().startswith("ready: 2 tables with 253 rows are equal by value")
    copied = cut_over.bank.copied("select grade, place, tags from customers where customer_id = 7")
    assert copied == [("우수", "(7,1)", ["가", None])]

    cut_over.bank.change("update customers set email = 'x', note = null where customer_id = 7")
    with pytest.raises(CommandError, match=r"customers \(email 1, note 1\)"):
        cut_over.migrate("verify", "--final")
    assert cut_over.verdict() == "not ready: customers: differs: email 1, note 1"
    report = (cut_over.state / "report.txt").read_text(encoding="utf-8")
    assert "customer_id 7: note is '' at the source, null at the target" in report
    assert "customer_id 7: email is masked:" in report
    assert "not copied: customers.rating: computed anew every night" in report
    written = [path for path in cut_over.bank.folder.rglob("*") if path.suffix != ".duckdb"]
    for path in filter(Path.is_file, written):
        text = path.read_text(encoding="utf-8")
        assert [value for value in PLANTED if value in text] == [], path
    printed = capsys.readouterr()
    assert [value for value in PLANTED if value in printed.out + printed.err] == []


def test_what_is_new_at_the_source_stops_a_run_until_it_is_mapped(cut_over: CutOver) -> None:
    cut_over.edit("reason: ''", "reason: computed anew every night")
    cut_over.migrate("run")
    before = cut_over.mapping.read_text(encoding="utf-8")
    cut_over.bank.execute(
        "alter table visits add column weather text",
        "create table cards (card_id uuid primary key)",
    )
    with pytest.raises(CommandError, match="table cards is neither mapped nor excluded"):
        cut_over.migrate("run")
    cut_over.migrate("map")
    after = cut_over.mapping.read_text(encoding="utf-8")
    assert [line for line in after.splitlines() if line not in before] == [
        "      - {source: weather, type: varchar}",
        "  - source: cards",
        "    target: cards",
        "    key: [card_id]",
        "      - {source: card_id, type: uuid}",
    ]
    # The copy has to be made anew, because it has another column now.
    with pytest.raises(CommandError, match="has no column weather"):
        cut_over.migrate("verify")
    cut_over.migrate("map")
    assert cut_over.mapping.read_text(encoding="utf-8") == after
