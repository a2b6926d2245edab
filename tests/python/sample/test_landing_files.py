"""The layout of the landing zone: partitions, names, counts, formats."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Generate
from landing_judge import Sample, read_lines
from logmart.sample.files import LandingFiles
from logmart.sample.parameters import FileFormat


def all_files(out: Path) -> list[str]:
    root = out / "landing"
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_rows_land_on_the_day_they_are_received(sample: Sample) -> None:
    for place, line in sample.lines.items():
        if line.fields is None:
            continue
        detail = sample.planted_at.get(place, {}).get("detail", {})
        is_redelivered = detail.get("is_exact") and detail["landed_after_days"] > 0
        assert (line.received.date() < line.landed) == bool(is_redelivered)
        assert line.received.date() <= line.landed


def test_keys_come_in_one_order(sample: Sample) -> None:
    orders = {tuple(line.fields) for line in sample.lines.values() if line.fields}
    full = (
        *("eventId", "eventName", "userId", "deviceId", "occurredAt", "receivedAt"),
        *("platform", "appVersion", "userAgent", "properties"),
    )
    assert orders == {full, full[1:]}


def test_every_day_has_at_least_two_files(sample: Sample) -> None:
    files = Counter(file.split("/")[1] for file in {file for file, _ in sample.lines})
    assert len(files) == 50
    assert min(files.values()) >= 2


def test_offsets_are_of_several_zones(sample: Sample) -> None:
    clocks = [line.fields["occurredAt"] for line in sample.lines.values() if line.fields]
    offsets = Counter(text[23:] for text in clocks)
    assert {"+09:00", "-05:00", "+05:30", "Z"} <= set(offsets)
    assert offsets["+09:00"] > 0.7 * len(clocks)


def test_the_summary_counts_every_file(sample: Sample) -> None:
    summary = json.loads((sample.out / "planted" / "summary.json").read_text("utf-8"))
    root = sample.out / "landing"
    counted = {file: len(read_lines(root / file)) for file in all_files(sample.out)}
    assert summary["lines"] == counted
    assert summary["events"] == len(sample.lines)
    kinds = Counter(f"app:{row['kind']}" for row in sample.planted)
    for source in ("bank", "crm", "operations"):
        rows = (sample.out / "planted" / f"{source}.jsonl").read_text("utf-8").splitlines()
        kinds.update(f"{source}:{json.loads(row)['kind']}" for row in rows)
    assert summary["planted"] == kinds


def test_arrivals_list_every_file_in_order(sample: Sample) -> None:
    text = (sample.out / "planted" / "arrivals.jsonl").read_text("utf-8")
    arrivals = [json.loads(row) for row in text.splitlines()]
    assert sorted(row["file"] for row in arrivals) == all_files(sample.out)
    days = [row["appeared_on"] for row in arrivals]
    assert days == sorted(days)
    delayed = {
        row["file"] for row in arrivals if row["appeared_on"] != row["file"].split("dt=")[1][:10]
    }
    assert delayed == {row["file"] for row in sample.of_kind("old_partition_file")}


def test_gzip_headers_tell_no_name_and_no_time(sample: Sample) -> None:
    for file in all_files(sample.out):
        header = (sample.out / "landing" / file).read_bytes()[:10]
        assert header[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_parquet_holds_the_same_lines(generate: Generate, tmp_path: Path) -> None:
    size = ("--users", "800", "--days", "4", "--seed", "3")
    gzipped = generate(tmp_path / "gzipped", *size)
    parquet = generate(tmp_path / "parquet", *size, "--format", "parquet")
    names = [file.replace(".jsonl.gz", ".parquet") for file in all_files(gzipped)]
    assert all_files(parquet) == names
    replaced = 0
    for file, name in zip(all_files(gzipped), names, strict=True):
        lines = read_lines(gzipped / "landing" / file)
        readable = [line.decode("utf-8", "replace").encode() for line in lines]
        assert read_lines(parquet / "landing" / name) == readable
        replaced += readable != lines
    assert replaced > 0


@given(
    chunks=st.lists(
        st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8")), min_size=1)
    )
)
def test_appended_lines_are_read_back(
    chunks: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("files")
    files = LandingFiles(root, FileFormat.JSONL)
    expected = 1
    for chunk in chunks:
        assert files.append("some/name", chunk) == ("some/name.jsonl.gz", expected)
        expected += len(chunk)
    counts = files.close()
    assert counts == ({"some/name.jsonl.gz": expected - 1} if chunks else {})
    if chunks:
        lines = [line.encode() for chunk in chunks for line in chunk]
        assert read_lines(root / "some/name.jsonl.gz") == lines
