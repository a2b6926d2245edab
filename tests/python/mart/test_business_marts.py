"""The marts on the bank's and the CRM's records: generated samples in one landing zone."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from logmart import __main__ as logmart
from logmart.mart.publish import publish
from logmart.mart.stale_stamp import Stamp, remove_stamp, write_stamp
from logmart.sample.command import main as write_sample
from mart_runs import NO_UNIT_TESTS, PROJECT, Mart
from metric_grains import GRAINS, RECOUNTED, asked_pairs, coarser_grain, due_values
from metric_page_cells import cells
from metric_queries import SemanticLayer

# Two samples show all that is asserted; what depends on chance is tried on five in the deep tests.
SEEDS = (1, 2)
MORE_SEEDS = (1, 2, 3, 4, 5)
LARGEST_PAGE = 300 * 1024
NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def landed_samples(tmp_path_factory: pytest.TempPathFactory, seeds: tuple[int, ...]) -> Mart:
    """Land the samples of seeds side by side: their transfers and messages share no id."""
    together = tmp_path_factory.mktemp("worlds")
    for seed in seeds:
        folder = tmp_path_factory.mktemp(f"seed{seed}")
        size = ("--users", "200", "--days", "40", "--seed", str(seed), "--workers", "1")
        assert write_sample(["--out", str(folder), *size]) == 0
        for path in sorted(folder.glob("landing/*/*/*")):
            name = path.name.replace(".jsonl", f"-{seed}.jsonl")
            copied = together / path.relative_to(folder).with_name(name)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
        for path in folder.glob("planted/*.jsonl"):
            copied = together / "planted" / path.name
            copied.parent.mkdir(exist_ok=True)
            with copied.open("ab") as file:
                file.write(path.read_bytes())
    return Mart(together, record_sources=("bank", "crm"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    mart = landed_samples(tmp_path_factory, SEEDS)
    # With the unit tests: twenty are of models that are built with records only.
    mart.build()
    # Before another command of dbt writes its artifacts over those of the build.
    publish(mart.database, published(mart), mart.target_path)
    return mart


@pytest.fixture(scope="module")
def large_sample(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    mart = landed_samples(tmp_path_factory, MORE_SEEDS)
    mart.build(*NO_UNIT_TESTS)
    return mart


@pytest.fixture(scope="module")
def layer(sample: Mart) -> SemanticLayer:
    """Return the semantic layer of the sample; its engine takes as long to start as to answer."""
    return SemanticLayer(sample)


def published(mart: Mart) -> Path:
    # The file's stem is the database's name in dbt's artifacts.
    return mart.folder / "published/logmart.duckdb"


def planted(mart: Mart, source: str) -> dict[str, set[str]]:
    """Return the keys of the planted mismatches by kind."""
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    lines = (mart.folder / f"planted/{source}.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        assert row["key"] not in kinds[row["kind"]]
        kinds[row["kind"]].add(row["key"])
    return kinds


def keys(mart: Mart, sql: str) -> set[str]:
    return {key for (key,) in mart.query(sql)}


def test_every_planted_mismatch_of_the_ledger_is_found_and_none_invented(sample: Mart) -> None:
    statuses = {
        "ledger_without_event": "only_in_ledger",
        "event_without_ledger": "only_in_events",
        "amount_mismatch": "amount_differs",
        "none is planted": "outcome_differs",
    }
    found = {
        kind: keys(
            sample,
            "select transfer_id from marts.transfer_reconciliation"
            f" where reconciliation_status = '{status}'",
        )
        for kind, status in statuses.items()
    }
    assert found == {
        "none is planted": set(),
        **{kind: of_it for kind, of_it in planted(sample, "bank").items() if kind in statuses},
    }
    assert sample.query(
        "select count(*) > 500 from marts.transfer_reconciliation"
        " where reconciliation_status = 'matched'"
    ) == [(True,)]


def test_the_amounts_that_differ_differ_by_what_was_planted(sample: Mart) -> None:
    lines = (sample.folder / "planted/bank.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    differences: dict[str, int] = dict(
        sample.query(
            "select transfer_id, difference_krw from marts.transfer_reconciliation"
            " where reconciliation_status = 'amount_differs'"
        )
    )
    assert min(differences.values()) < 0 < max(differences.values())
    assert differences == {
        row["key"]: row["detail"]["event_amount"] - row["detail"]["ledger_amount"]
        for row in rows
        if row["kind"] == "amount_mismatch"
    }


def test_what_came_back_is_what_was_planted_and_no_payment_counts_it(sample: Mart) -> None:
    lines = (sample.folder / "planted/bank.jsonl").read_text(encoding="utf-8").splitlines()
    planted_returns = {
        row["key"]: row["detail"]["returned"]
        for row in map(json.loads, lines)
        if "returned" in row["detail"]
    }
    assert len(planted_returns) > 10
    returned = "select transfer_id, returned_krw from marts.fct_transfers where returned_krw <> 0"
    assert dict(sample.query(returned)) == planted_returns
    # Recounted from the landed files: what a transfer moved, less what came back of it.
    ((stayed,),) = sample.query(
        "with entries as (select json_extract_string(properties, '$.transferId') as transfer_id,"
        " json_extract_string(properties, '$.status') as status,"
        " cast(json_extract_string(properties, '$.amount') as bigint) as amount"
        " from restricted.base_bank__transfers), whole as (select transfer_id from entries"
        " where status = 'reversed') select sum(amount) from entries"
        " where status = 'settled' and transfer_id not in (from whole)"
    )
    only_in_events = (
        "select coalesce(sum(event_amount_krw), 0) from marts.transfer_reconciliation"
        " where reconciliation_status = 'only_in_events' and event_status = 'completed'"
    )
    ((told_by_events,),) = sample.query(only_in_events)
    ((shown,),) = sample.query("select sum(completed_amount_krw) from marts.payments_daily")
    assert shown == stayed + told_by_events


def test_every_planted_mismatch_of_the_crm_is_found_and_none_invented(sample: Mart) -> None:
    found = {
        "send_without_campaign": keys(
            sample,
            "select message_id from marts.fct_messages"
            " join marts.dim_campaigns using (campaign_id) where not is_known",
        ),
        "delivered_without_received": keys(
            sample,
            "select message_id from marts.fct_messages"
            " where channel = 'push' and is_delivered and not is_received",
        ),
    }
    assert found == planted(sample, "crm")
    assert sample.query(
        "select count(*) from marts.fct_messages where is_received and not is_delivered"
    ) == [(0,)]


def test_every_kind_of_message_is_in_the_sample(sample: Mart) -> None:
    assert sample.query(
        "select min(n) > 0, count(*) from (select message_status, count(*) as n"
        " from marts.fct_messages group by 1)"
    ) == [(True, 4)]
    ((breaches, retried, clicked, converted),) = sample.query(
        "select (select count(*) from marts.frequency_cap_breaches),"
        " count(*) filter (where retry_count > 0), count(*) filter (where is_clicked),"
        " count(*) filter (where attributed_conversion_count > 0) from marts.fct_messages"
    )
    assert min(breaches, retried, clicked, converted) > 0


@pytest.mark.deep
def test_what_is_planted_in_five_samples_is_found_and_none_invented(large_sample: Mart) -> None:
    test_every_planted_mismatch_of_the_ledger_is_found_and_none_invented(large_sample)
    test_the_amounts_that_differ_differ_by_what_was_planted(large_sample)
    test_what_came_back_is_what_was_planted_and_no_payment_counts_it(large_sample)
    test_every_planted_mismatch_of_the_crm_is_found_and_none_invented(large_sample)


@pytest.mark.deep
def test_building_again_changes_nothing(large_sample: Mart) -> None:
    before = large_sample.tables()
    large_sample.build(*NO_TESTS)
    assert large_sample.tables() == before


@pytest.mark.deep
def test_records_that_arrive_out_of_order_give_the_tables_of_a_full_load(
    large_sample: Mart, tmp_path: Path
) -> None:
    step_by_step = Mart(tmp_path, record_sources=("bank", "crm"))
    arrivals = sorted(large_sample.landing.glob("*/*/*"))
    for batch in (arrivals[1::2], arrivals[0::2]):
        for path in batch:
            landed = step_by_step.landing / path.relative_to(large_sample.landing)
            landed.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, landed)
        step_by_step.build(*NO_TESTS)
    assert step_by_step.tables() == large_sample.tables()


def test_every_question_is_answered(sample: Mart) -> None:
    sample.dbt("compile", "--select", "resource_type:analysis")
    questions = sorted((PROJECT / "analyses").glob("*.sql"))
    assert len(questions) >= 20
    manifest = json.loads((sample.target_path / "manifest.json").read_bytes())
    people_read = ("models/marts/", "seeds/")
    for path in questions:
        asked_of = manifest["nodes"][f"analysis.logmart.{path.stem}"]["depends_on"]["nodes"]
        files = [manifest["nodes"][node]["original_file_path"] for node in asked_of]
        assert files, path.name
        assert [file for file in files if not file.startswith(people_read)] == [], path.name
        first_line = path.read_text(encoding="utf-8").splitlines()[0]
        assert first_line.startswith("-- "), path.name
        assert first_line.endswith("?"), path.name
        compiled = sample.target_path / "compiled/logmart/analyses" / path.name
        assert sample.query(compiled.read_text(encoding="utf-8")), path.name


def test_the_semantic_layer_gives_every_value_of_metrics_daily(layer: SemanticLayer) -> None:
    """What MetricFlow gives no row for is nothing: a count of 0, or a share of nobody."""
    table = {key: value for key, value in layer.table().items() if key[0] in layer.metrics}
    assert {(metric, dimension) for metric, _, dimension, _ in table} == layer.published
    assert len(layer.published) > 100
    given = layer.values(layer.published)
    told = {key: value for key, value in table.items() if value is not None and value != 0}
    asked = {key: value for key, value in given.items() if value != 0}
    assert set(asked) == set(told)
    assert asked == pytest.approx(told, rel=1e-9)


# The week has the most periods in a sample; the other grains differ in the name that is asked for.
@pytest.mark.parametrize(
    "grain",
    [pytest.param(it, marks=[] if it == "week" else pytest.mark.deep) for it in GRAINS],
)
def test_every_metric_gives_at_a_coarser_grain_what_its_entry_says(
    layer: SemanticLayer, grain: str
) -> None:
    pairs = asked_pairs(layer)
    recounted = {metric for metric, _ in pairs if coarser_grain(layer, metric) == "recount"}
    assert recounted == set(RECOUNTED)
    asked = {key: value for key, value in layer.values(pairs, grain).items() if value != 0}
    due = due_values(layer, grain)
    assert set(asked) == set(due)
    assert asked == pytest.approx(due, rel=1e-9)


def test_what_has_no_value_but_a_days_is_saved_by_day(layer: SemanticLayer) -> None:
    days = {metric for metric in layer.metrics if coarser_grain(layer, metric) == "none"}
    saved = [query["query_params"] for query in layer.manifest["saved_queries"]]
    assert {"weekly_active_users", "stickiness", "funnel_visitors"} <= days
    for query in saved:
        if days & set(query["metrics"]):
            assert "TimeDimension('metric_time', 'day')" in query["group_by"]


def test_every_metric_of_the_table_is_defined_once_and_every_definition_is_in_it(
    layer: SemanticLayer,
) -> None:
    assert not set(layer.metrics) & set(layer.beyond)
    assert {key[0] for key in layer.table()} == set(layer.metrics) | set(layer.beyond)
    assert all(entry["why"] for entry in layer.beyond.values())


def test_metrics_are_asked_by_command_of_the_published_marts_beside_their_readers(
    sample: Mart, tmp_path: Path
) -> None:
    """As `logmart mart query` does, which names the published file and opens it read-only."""
    answer = tmp_path / "answer.csv"
    asked = ("transfers", "daily_active_users")
    # mf reads dbt_project.yml and target/semantic_manifest.json of the project's folder.
    shutil.copyfile(PROJECT / "dbt_project.yml", tmp_path / "dbt_project.yml")
    (tmp_path / "target").symlink_to(sample.target_path)
    with duckdb.connect(str(published(sample)), read_only=True) as reader:
        told = reader.execute(
            "select cast(metric_date as varchar), metric, value from marts.metrics_daily"
            " where metric in $asked and dimension = 'all' and value <> 0",
            {"asked": asked},
        ).fetchall()
        done = subprocess.run(
            [str(PROJECT / ".venv/bin/mf"), "query", "--quiet", "--metrics", ",".join(asked)]
            + ["--group-by", "metric_time__day", "--csv", str(answer)],
            cwd=tmp_path,
            env={
                **os.environ,
                "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
                "LOGMART_PROJECT": str(PROJECT),
                "LOGMART_DATABASE": str(published(sample)),
                "LOGMART_ACCESS_MODE": "READ_ONLY",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    with answer.open(encoding="utf-8", newline="") as file:
        given = {
            (row["metric_time__day"][:10], metric, float(row[metric]))
            for row in csv.DictReader(file)
            for metric in asked
            if float(row[metric] or 0) != 0
        }
    assert len({metric for _, metric, _ in given}) == len(asked)
    assert given == set(told)
    # What only asks needs no key, and makes none.
    assert [path.name for path in published(sample).parent.iterdir()] == ["logmart.duckdb"]


def test_saved_queries_can_be_asked(sample: Mart, layer: SemanticLayer) -> None:
    names = [saved["name"] for saved in layer.manifest["saved_queries"]]
    assert len(names) > 5
    for name in names:
        assert sample.query(f"select count(*) from ({layer.sql(saved_query_name=name)})")[0][0]


def test_every_figure_of_the_pages_is_that_of_the_table(
    sample: Mart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGMART_PUBLISHED", str(published(sample)))
    out = tmp_path / "pages"
    folders = ["--target-path", str(sample.target_path), "--out", str(out)]
    stamp = Stamp(date(2026, 2, 1), datetime(2026, 2, 3, 17, tzinfo=UTC), "build")
    write_stamp(published(sample), stamp)
    try:
        assert logmart.run(["pages", "write", *folders]) == 0
    finally:
        remove_stamp(published(sample))
    stale = "These figures end on 1 February 2026"
    assert all(stale in page.read_text(encoding="utf-8") for page in out.rglob("*.html"))
    rows = {
        (metric, dimension, str(value), str(date)): figure
        for metric, dimension, value, date, figure in sample.query(
            "select metric, dimension, dimension_value, metric_date, value from marts.metrics_daily"
        )
    }
    files = sorted(out.rglob("*.html"))
    found = {cell for file in files for cell in cells(file)}
    for cell in found:
        key = (cell.metric, cell.dimension, cell.dimension_value, cell.date)
        assert rows[key] == cell.value, key
    assert {cell.metric for cell in found} == {
        key[0] for key, figure in rows.items() if figure is not None
    }
    assert {file.stem for file in files} > {key[0] for key in rows}
    assert max(file.stat().st_size for file in files) <= LARGEST_PAGE
    csv = {path.stem: path.read_text(encoding="utf-8").count("\n") for path in out.rglob("*.csv")}
    assert csv == {name: 1 + n for name, n in Counter(key[0] for key in rows).items()}
