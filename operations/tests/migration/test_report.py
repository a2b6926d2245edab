"""Whether the report says that it is time, and what it shows."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from logmart.errors import CommandError
from operations.migration.mapping import Column, Exclusion, Mapping, Source, Table, Target
from operations.migration.report import make_report
from operations.migration.report_command import write_report
from operations.migration.report_json import as_json
from operations.migration.report_lines import as_text
from operations.migration.report_page import as_page
from operations.migration.run_results import RunResult, expire_differences, read_runs

HOSTILE = "<script>alert('계좌')</script>"
COLUMNS = (Column("id", "bigint"), Column("memo", "varchar", "note", reason="clearer"))
MAPPING = Mapping(
    Source("postgresql", "OLD_BANK"),
    Target("duckdb", path="x.duckdb"),
    (
        Table("accounts", "accounts", ("id",), COLUMNS, (Exclusion("old", HOSTILE),)),
        Table("cards", "cards", ("id",), COLUMNS),
    ),
    excluded=(Exclusion("log", "of the old application"),),
)


def _table(name: str, **changed: Any) -> dict[str, Any]:
    column = {"column": "memo", "targetColumn": "note", "source": "aa", "target": "aa"}
    return {
        "sourceTable": name,
        "targetTable": name,
        "snapshotId": "00000003-1",
        "startedAt": "2026-03-01T00:00:00.000Z",
        "endedAt": "2026-03-01T00:00:01.500Z",
        "sourceRows": 1000,
        "targetRows": 1000,
        "chunks": 2,
        "differingChunks": 0,
        "copiedChunks": 0,
        "copiedRows": 0,
        "deletedRows": 0,
        "sourceChecksum": "a1",
        "targetChecksum": "a1",
        "differences": {"value": {}, "missing": 0, "extra": 0},
        "excluded": [],
        "columns": [column],
        **changed,
    }


def _run(
    run_id: str, verb: str, hour: int, *tables: dict[str, Any], **changed: Any
) -> dict[str, Any]:
    return {
        "runId": run_id,
        "verb": verb,
        "mappingId": MAPPING.mapping_id,
        "startedAt": f"2026-03-01T{hour:02}:00:00.000Z",
        "endedAt": f"2026-03-01T{hour:02}:00:05.000Z",
        "isFinal": verb == "verify",
        "tables": list(tables or (_table("accounts"), _table("cards"))),
        **changed,
    }


def _runs(folder: Path, *contents: dict[str, Any]) -> list[RunResult]:
    for content in contents:
        (folder / content["runId"]).mkdir()
        (folder / content["runId"] / "run.json").write_text(json.dumps(content), encoding="utf-8")
    return read_runs(folder, MAPPING.mapping_id)


COPIED = _run("r1", "run", 1, _table("accounts", copiedRows=1000), _table("cards", copiedRows=1000))
PROOF = _run("v1", "verify", 2)
DIFFERS = _table(
    "cards",
    differingChunks=1,
    targetChecksum="b2",
    targetRows=999,
    differences={"value": {"memo": 2}, "missing": 1, "extra": 0},
)


def test_it_is_time_after_a_whole_proof_in_one_snapshot(tmp_path: Path) -> None:
    report = make_report(MAPPING, _runs(tmp_path, COPIED, PROOF))
    assert report.is_ready
    assert report.verdict == (
        "ready: 2 tables with 2,000 rows are equal by value, in one snapshot,"
        " as of 2026-03-01T02:00:00.000Z"
    )


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        ((), "no pass has compared every column"),
        ((COPIED,), "no pass has compared every column"),
        ((COPIED, {**PROOF, "isFinal": False}), "no pass has compared every column"),
        ((COPIED, {**PROOF, "mappingId": "another"}), "no pass has compared every column"),
        ((PROOF, _run("r2", "run", 3, _table("cards", deletedRows=7))), "r2 wrote 7 rows since"),
        (
            (PROOF, _run("v2", "verify", 3, error="the source dropped")),
            "stopped: the source dropped",
        ),
        (
            (PROOF, _run("v2", "verify", 3, DIFFERS, isFinal=False)),
            "verify v2 found differences in cards since",
        ),
        ((_run("v1", "verify", 2, _table("accounts")),), "cards was not verified"),
        ((_run("v1", "verify", 2, _table("accounts"), DIFFERS),), "memo 2, 1 rows missing"),
        (
            (_run("v1", "verify", 2, _table("accounts"), _table("cards", snapshotId="other")),),
            "in 2 snapshots, and nobody declared a freeze",
        ),
        (
            (_run("v1", "verify", 2, _table("accounts"), _table("cards", endedAt=None)),),
            "cards: its verification was stopped",
        ),
        (
            (_run("v1", "verify", 2, _table("accounts"), _table("cards", sourceRows=1001)),),
            "cards: differs: 0 chunks",
        ),
    ],
)
def test_it_is_not_time_and_the_line_says_why(
    tmp_path: Path, runs: tuple[dict[str, Any], ...], why: str
) -> None:
    report = make_report(MAPPING, _runs(tmp_path, *runs))
    assert not report.is_ready
    assert report.verdict.startswith("not ready: ")
    assert why in report.verdict


def test_under_a_freeze_tables_may_be_of_several_snapshots(tmp_path: Path) -> None:
    tables = (_table("accounts"), _table("cards", snapshotId="other"))
    frozen = _run("v1", "verify", 2, *tables, isFrozen=True)
    report = make_report(MAPPING, _runs(tmp_path, frozen))
    assert report.is_ready
    assert "under a declared freeze" in report.verdict


def test_a_run_that_wrote_nothing_since_does_not_matter(tmp_path: Path) -> None:
    assert make_report(MAPPING, _runs(tmp_path, PROOF, _run("r2", "run", 3))).is_ready


def test_a_mapping_without_a_table_is_never_ready(tmp_path: Path) -> None:
    report = make_report(replace(MAPPING, tables=()), _runs(tmp_path, PROOF))
    assert report.reasons == ("the mapping has no table",)


def test_differences_are_shown_by_key_with_both_values(tmp_path: Path) -> None:
    runs = _runs(tmp_path, _run("v1", "verify", 2, _table("accounts"), DIFFERS))
    found = [
        {"kind": "value", "key": {"id": "7"}, "column": "memo", "source": HOSTILE, "target": ""},
        {"kind": "value", "key": {"id": "8"}, "column": "memo", "source": "a", "target": "a "},
        {"kind": "missing", "key": {"id": "9"}},
    ]
    lines = [json.dumps({"sourceTable": "cards", **each}) + "\n" for each in found]
    (tmp_path / "v1" / "differences.jsonl").write_text("".join(lines), encoding="utf-8")
    report = make_report(MAPPING, runs)
    text = as_text(report)
    assert f"id 7: memo is {HOSTILE} at the source, '' at the target" in text
    assert "id 8: memo is a at the source, 'a ' at the target" in text
    assert "id 9: missing at the target" in text
    assert "not copied: log: of the old application" in text
    assert "changed: accounts.memo becomes note: clearer" in text
    assert text.splitlines()[-1] == report.verdict
    page = as_page(report)
    assert HOSTILE not in page
    assert "<td>id 9</td><td>the whole row</td><td>present</td><td>absent</td>" in page
    assert as_json(report)["verification"]["tables"][1]["differences"] == [
        {"sourceTable": "cards", **each} for each in found
    ]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [name for name, _ in attrs if name in ("src", "href", "onload")]
        self.loads += [tag] if tag in ("script", "link", "img", "iframe") else []
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing(tmp_path: Path) -> None:
    page = _Page()
    page.feed(as_page(make_report(MAPPING, _runs(tmp_path, COPIED, PROOF))))
    assert page.open == []
    assert page.loads == []


def test_the_files_of_a_report_are_private(tmp_path: Path) -> None:
    report = make_report(MAPPING, _runs(tmp_path, COPIED, PROOF))
    paths = write_report(report, tmp_path / "migration")
    assert [path.name for path in paths] == ["report.txt", "report.json", "report.html"]
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    assert json.loads(paths[1].read_text(encoding="utf-8"))["isReady"] is True


def test_a_broken_file_of_a_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1" / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(CommandError, match=r"v1.run.json cannot be read .* remove its folder"):
        read_runs(tmp_path, MAPPING.mapping_id)


def test_values_are_kept_as_long_as_landed_text(tmp_path: Path) -> None:
    _runs(tmp_path, COPIED, PROOF)
    old, new = (tmp_path / name / "differences.jsonl" for name in ("r1", "v1"))
    for path, day in ((old, 1), (new, 3)):
        path.write_text("{}\n", encoding="utf-8")
        moment = datetime(2026, 3, day, tzinfo=UTC).timestamp()
        os.utime(path, (moment, moment))
    expire_differences(tmp_path, datetime(2026, 3, 2, tzinfo=UTC))
    assert (old.exists(), new.exists()) == (False, True)
    assert len(read_runs(tmp_path, MAPPING.mapping_id)) == 2


@pytest.mark.parametrize(
    ("staged", "why"),
    [
        ({"entity": "cards", "rows": 1000, "faults": []}, ""),
        ({"entity": "cards", "rows": 999, "faults": ["1 landed rows are not there"]}, "1 landed"),
        (None, "cards: its staging model was not compared"),
    ],
)
def test_landed_records_are_proved_in_their_staging_model_too(
    tmp_path: Path, staged: dict[str, Any] | None, why: str
) -> None:
    landed = replace(MAPPING, target=Target("landing", source="bank"))
    whole = {"entity": "accounts", "rows": 1000, "faults": []}
    cards = _table("cards", **({} if staged is None else {"staged": staged}))
    proof = _run("v1", "verify", 2, _table("accounts", staged=whole), cards)
    _runs(tmp_path, {**proof, "mappingId": landed.mapping_id})
    report = make_report(landed, read_runs(tmp_path, landed.mapping_id))
    assert report.is_ready == (not why)
    assert why in report.verdict
    assert "1,000 rows in the staging model" in as_text(report)
    assert "1,000 rows in the staging model" in as_page(report)
