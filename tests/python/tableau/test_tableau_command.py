"""`logmart tableau write`: files for each mart, what is left out, and errors of one line."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from example_mart import SALES, manifest, publish
from logmart import __main__ as logmart
from logmart.errors import CommandError
from logmart.gate.personal_data import Hidden
from logmart.tableau import command, personal_columns
from logmart.tool_run import ToolError
from test_tableau_extracts import needs_hyper_api

HIDDEN = Hidden(frozenset({("marts", "fct_sales", "user_id"), ("marts", "fct_sales", "sale_id")}))


class Shop:
    """A published mart, and the command on it."""

    def __init__(self, folder: Path) -> None:
        self.published, self.target = publish(folder)
        self.out = folder / "tableau"

    def write(self, *arguments: str) -> None:
        options = ["--target-path", str(self.target), "--out", str(self.out)]
        assert logmart.run(["tableau", "write", *options, *arguments]) == 0

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.out).as_posix(): path.read_bytes()
            for path in self.out.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(tmp_path)
    monkeypatch.setenv("LOGMART_PUBLISHED", str(made.published))
    monkeypatch.setattr(command, "personal_columns", lambda *_: HIDDEN)
    return made


def test_each_mart_is_an_extract_and_a_data_source_in_its_owners_folder(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    needs_hyper_api()
    shop.write("--with-personal-data")
    first = shop.files()
    assert sorted(first) == [
        "growth/sales_daily.hyper",
        "growth/sales_daily.tds",
        "marts.csv",
        "payments/fct_sales.hyper",
        "payments/fct_sales.tds",
    ]
    printed = capsys.readouterr().out
    assert "2 marts written" in printed
    assert "5 rows" in printed
    assert "left out" not in printed
    shop.write("--with-personal-data")
    again = shop.files()
    kept = [name for name in first if not name.endswith(".hyper")]
    assert {name: again[name] for name in kept} == {name: first[name] for name in kept}
    assert [path.name for path in shop.out.parent.iterdir() if "tableau" in path.name] == [
        "tableau"
    ]


def test_personal_data_is_left_out_counted_and_named(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    needs_hyper_api()
    shop.write()
    printed = capsys.readouterr().out
    assert "2 columns are left out" in printed
    assert "sale_id (of its key), user_id" in printed
    text = (shop.out / "payments/fct_sales.tds").read_text(encoding="utf-8")
    assert "user_id" not in text
    assert "sale_id" not in text
    extract = (shop.out / "payments/fct_sales.hyper").read_bytes()
    assert b"user_id" not in extract
    with (shop.out / "marts.csv").open(encoding="utf-8", newline="") as file:
        left_out = {row["file"]: row["left_out"] for row in csv.DictReader(file)}
    assert left_out == {"growth/sales_daily": "", "payments/fct_sales": "sale_id user_id"}


def test_named_marts_alone_are_written(shop: Shop) -> None:
    needs_hyper_api()
    shop.write("sales_daily")
    assert sorted(shop.files()) == [
        "growth/sales_daily.hyper",
        "growth/sales_daily.tds",
        "marts.csv",
    ]


def test_an_unknown_mart_is_told_with_the_known_ones(shop: Shop) -> None:
    with pytest.raises(CommandError, match="stg_sales is no mart: .* fct_sales, sales_daily"):
        shop.write("stg_sales")


def test_missing_inputs_are_told_with_their_remedy(shop: Shop) -> None:
    (shop.target / "manifest.json").unlink()
    with pytest.raises(CommandError, match="manifest.json is not there: build first"):
        shop.write()
    shop.published.unlink()
    with pytest.raises(CommandError, match="published.duckdb is not there: publish the marts"):
        shop.write()


def test_a_file_of_somebody_else_is_never_replaced(shop: Shop) -> None:
    needs_hyper_api()
    shop.write("sales_daily")
    ours = shop.out / "growth/sales_daily.hyper"
    own = shop.out / "growth/my sales.tds"
    own.write_text("mine", encoding="utf-8")
    before = ours.read_bytes()
    with pytest.raises(CommandError, match="holds growth/my sales.tds, which this command did not"):
        shop.write()
    assert own.read_text(encoding="utf-8") == "mine"
    assert ours.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("alter table marts.fct_sales add column other int", "other columns in the published file"),
        ("alter table marts.fct_sales alter tax type interval", "tax is of type INTERVAL"),
        ("drop table marts.fct_sales", "is left as it was: Catalog Error"),
    ],
)
def test_a_mart_that_cannot_be_written_leaves_the_folder_as_it_was(
    shop: Shop, change: str, message: str
) -> None:
    needs_hyper_api()
    shop.write()
    before = shop.files()
    with duckdb.connect(str(shop.published)) as connection:
        connection.execute("update marts.sales_daily set sales = 5")
        if "interval" in change:
            connection.execute("update marts.fct_sales set tax = null")
            change = change.replace("type interval", "type interval using null::interval")
        connection.execute(change)
    with pytest.raises(CommandError, match=message):
        shop.write()
    assert shop.files() == before
    assert not shop.out.with_name("tableau.part").exists()


def test_columns_of_a_class_of_unknown_lineage_and_of_mixed_properties_are_personal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    columns = '[{"name": "user_id", "tags": ["PersonalData.DirectIdentifier"]}, {"name": "tax"}]'

    def plan(_: Path, *, save: Path) -> object:
        parts = '["shop", "mart", "marts", "fct_sales"]'
        save.write_text(f'{{"tables": [{{"parts": {parts}, "columns": {columns}}}]}}')
        return {"notes": {"untraced": {"shop.mart.marts.fct_sales.tags": "a reason"}}}

    made = manifest()
    sales = made.built[SALES]
    sales["columns"]["properties"] = {"name": "properties", "description": ""}
    monkeypatch.setattr(personal_columns, "catalog_plan", plan)
    hidden = personal_columns.personal_columns(state, made)
    assert [name for name in sales["columns"] if hidden.holds(sales, name)] == ["user_id", "tags"]
    planned = {"property": "income", "personal_data": "Personal"}
    sales["columns"]["tax"]["config"]["meta"] |= planned
    hidden = personal_columns.personal_columns(state, made)
    assert hidden.holds(sales, "properties")


def test_nothing_is_written_while_personal_data_is_not_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> object:
        raise ToolError("no catalog.json")

    monkeypatch.setattr(personal_columns, "catalog_plan", fail)
    with pytest.raises(CommandError, match="personal data is not known: no catalog.json"):
        personal_columns.personal_columns(tmp_path, manifest())
