"""The command: the same parameters give the same bytes, and existing data is not overwritten."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from conftest import SMALL, Generate
from landing_judge import Sample
from logmart.sample import assembly
from logmart.sample.command import main
from logmart.sample.parameters import FileFormat, Parameters
from logmart.sample.removal import RemovalError, remove_sample

TINY = ("--users", "30", "--days", "3", "--seed", "5")


def tree(root: Path) -> dict[str, bytes]:
    """Return the bytes of all files below a folder, by path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_workers_do_not_change_a_byte(generate: Generate, tmp_path: Path) -> None:
    size = ("--users", "5010", "--days", "1")
    one = generate(tmp_path / "one", *size, "--workers", "1")
    two = generate(tmp_path / "two", *size, "--workers", "2")
    assert tree(one) == tree(two)
    assert len(list((one / "landing/app/dt=2026-01-01").iterdir())) == 4


def test_the_same_seed_gives_the_same_bytes(
    sample: Sample, generate: Generate, tmp_path: Path
) -> None:
    assert tree(generate(tmp_path / "again")) == tree(sample.out)
    assert tree(generate(tmp_path / "other", *TINY)) != tree(
        generate(tmp_path / "another", *TINY[:-1], "6")
    )


def test_parquet_gives_the_same_bytes_too(generate: Generate, tmp_path: Path) -> None:
    one = generate(tmp_path / "one", *TINY, "--format", "parquet")
    assert tree(one) == tree(generate(tmp_path / "two", *TINY, "--format", "parquet"))


def test_about_how_many_events_there_will_be_is_known_beforehand(sample: Sample) -> None:
    parameters = Parameters(400, 50, 3, date(2031, 3, 20), FileFormat.JSONL)
    written = json.loads((sample.out / "sample.json").read_bytes())["events"]
    assert parameters.expected_events == pytest.approx(written, rel=0.1)


def test_progress_tells_how_much_there_is_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    progress = assembly._Progress(told.append, expected=2_000)
    monkeypatch.setattr(assembly, "_PROGRESS_SECONDS", 0.0)
    progress.add(1_000)
    assert told[0].startswith("1,000 of about 2,000 events written, ")


def test_nothing_else_is_left_behind(sample: Sample) -> None:
    assert {path.name for path in sample.out.iterdir()} == {"landing", "planted", "sample.json"}
    lists = {f"{name}.jsonl" for name in ("app", "bank", "crm", "operations", "arrivals")}
    lists.add("summary.json")
    assert {path.name for path in (sample.out / "planted").iterdir()} == lists


def test_a_second_run_changes_nothing(
    generate: Generate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate(tmp_path, *TINY)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    capsys.readouterr()
    generate(tmp_path, *TINY)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times
    out = capsys.readouterr().out
    assert out.startswith("sample is there already, unchanged: ")
    assert out.count("\n") == 1


def test_a_sample_that_lost_its_record_is_not_written_over(
    generate: Generate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate(tmp_path, *TINY)
    (tmp_path / "sample.json").unlink()
    assert_refused(tmp_path, TINY, capsys, "app is there and is not of this sample: move it away")


def test_other_landing_folders_are_left_alone(generate: Generate, tmp_path: Path) -> None:
    other = tmp_path / "landing/elsewhere/dt=2015-09-12/edits.jsonl.gz"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"kept")
    generate(tmp_path, *TINY)
    assert other.read_bytes() == b"kept"


def test_a_removed_sample_leaves_what_others_have_landed(
    generate: Generate, tmp_path: Path
) -> None:
    generate(tmp_path, *TINY)
    own = tmp_path / "landing/crm/dt=2026-01-01/own.log"
    own.write_bytes(b"own")
    assert remove_sample(tmp_path) > 0
    assert tree(tmp_path) == {"landing/crm/dt=2026-01-01/own.log": b"own"}
    assert [path.name for path in (tmp_path / "landing").iterdir()] == ["crm"]
    assert remove_sample(tmp_path) == 0


def test_real_runs_stay_beside_those_of_the_sample(generate: Generate, tmp_path: Path) -> None:
    own = tmp_path / "landing/operations/dt=2026-01-01/task_runs-nightly-2026-01-02.jsonl"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"own")
    generate(tmp_path, *TINY)
    assert len(list(own.parent.iterdir())) > 1
    remove_sample(tmp_path)
    assert tree(tmp_path) == {own.relative_to(tmp_path).as_posix(): b"own"}
    assert [path.name for path in (tmp_path / "landing/operations").iterdir()] == ["dt=2026-01-01"]


def test_runs_of_a_sample_that_lost_its_record_are_not_written_over(
    generate: Generate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate(tmp_path, *TINY)
    for place in (
        "sample.json",
        "planted",
        *(f"landing/{name}" for name in ("app", "bank", "crm")),
    ):
        path = tmp_path / place
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert_refused(tmp_path, TINY, capsys, "is there and is not of this sample: move it away")


def test_a_removed_sample_makes_room_for_another(generate: Generate, tmp_path: Path) -> None:
    generate(tmp_path / "one", *TINY)
    remove_sample(tmp_path / "one")
    generate(tmp_path / "one", "--users", "31", *TINY[2:])
    assert (tmp_path / "one/sample.json").exists()


@pytest.mark.parametrize("content", [None, "{", '{"path": 1}'])
def test_a_sample_without_its_list_of_files_is_left(
    content: str | None, generate: Generate, tmp_path: Path
) -> None:
    generate(tmp_path, *TINY)
    arrivals = tmp_path / "planted/arrivals.jsonl"
    arrivals.unlink()
    if content is not None:
        arrivals.write_text(content)
    before = tree(tmp_path)
    with pytest.raises(RemovalError, match=r"arrivals\.jsonl.* by hand"):
        remove_sample(tmp_path)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "name",
    [
        "../mine/own.log",
        "app/../../mine/own.log",
        "{root}/mine/own.log",
        "elsewhere/own.log",
        "app/..",
    ],
)
def test_a_list_that_leads_out_of_the_landing_zone_removes_nothing(
    name: str, generate: Generate, tmp_path: Path
) -> None:
    generate(tmp_path, *TINY)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/own.log").write_bytes(b"own")
    (tmp_path / "landing/elsewhere").symlink_to(tmp_path / "mine")
    arrivals = tmp_path / "planted/arrivals.jsonl"
    row = json.dumps({"file": name.replace("{root}", str(tmp_path))})
    arrivals.write_text(arrivals.read_text() + row + "\n")
    before = tree(tmp_path)
    with pytest.raises(RemovalError, match="names a file outside of .*landing: nothing is removed"):
        remove_sample(tmp_path)
    assert tree(tmp_path) == before


def test_an_own_folder_in_the_place_of_the_samples_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "landing/crm/dt=2026-01-01/own.log"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"own")
    assert_refused(tmp_path, TINY, capsys, "crm is there and is not of this sample: move it away")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda out: (out / "sample.json").write_text("{"),
        lambda out: (out / "sample.json").write_text("[]"),
        lambda out: shutil.rmtree(out / "landing/crm"),
        lambda out: shutil.rmtree(out / "planted"),
    ],
)
def test_what_was_made_otherwise_is_refused(
    spoil: Callable[[Path], object],
    generate: Generate,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    generate(tmp_path, *TINY)
    spoil(tmp_path)
    assert_refused(tmp_path, TINY, capsys)


@pytest.mark.parametrize(
    "others",
    [
        ("--users", "31"),
        ("--days", "2"),
        ("--seed", "6"),
        ("--start", "2026-01-02"),
        ("--format", "parquet"),
    ],
)
def test_other_parameters_are_refused(
    others: tuple[str, str],
    generate: Generate,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    generate(tmp_path, *TINY)
    assert_refused(tmp_path, (*TINY, *others), capsys)


def assert_refused(
    out: Path,
    arguments: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    remedy: str = "take another --out, or remove this sample with `make clean`",
) -> None:
    before = tree(out)
    capsys.readouterr()
    assert main(["--out", str(out), *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert remedy in error
    assert tree(out) == before


def test_leftovers_of_a_killed_run_are_replaced(generate: Generate, tmp_path: Path) -> None:
    clean = generate(tmp_path / "clean", *TINY)
    left = tmp_path / "killed/.sample-in-the-making/landing/app/dt=2026-01-01/events-001.jsonl.gz"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    assert tree(generate(tmp_path / "killed", *TINY)) == tree(clean)


def test_a_finished_sample_is_not_moved_over_foreign_data(
    generate: Generate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = generate(tmp_path / "made", *TINY)
    (tmp_path / "out/landing/app").mkdir(parents=True)
    made.rename(tmp_path / "out/.sample-in-the-making")
    assert_refused(tmp_path / "out", TINY, capsys, "app is there and is not of this sample")


@pytest.mark.parametrize("moved", range(6))
def test_a_run_killed_while_publishing_is_finished(
    moved: int, generate: Generate, tmp_path: Path
) -> None:
    clean = generate(tmp_path / "clean", *TINY)
    killed = tmp_path / "killed"
    shutil.copytree(clean, killed)
    work = killed / ".sample-in-the-making"
    (work / "landing").mkdir(parents=True)
    first = "landing/operations/dt=2026-01-02"
    places = (first, "landing/app", "landing/bank", "landing/crm", "planted", "sample.json")
    for place in places[moved:]:
        (work / place).parent.mkdir(parents=True, exist_ok=True)
        (killed / place).rename(work / place)
    assert tree(generate(killed, *TINY)) == tree(clean)


def test_a_file_too_large_for_the_disk_is_one_clear_line(tmp_path: Path) -> None:
    limit = 4_096

    def limit_file_size() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-B", "-m", "logmart", "sample", "write"]
        + ["--out", str(tmp_path / "out"), *SMALL],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        preexec_fn=limit_file_size,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: no sample written below ")
    assert done.stderr.count("\n") == 1
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    "arguments", [("--users", "0"), ("--days", "0"), ("--days", "1001"), ("--start", "9000-01-01")]
)
def test_parameters_out_of_range_are_one_clear_line(
    arguments: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path), *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {arguments[0]} must ")
    assert error.count("\n") == 1
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("days", [1, 2, 5])
def test_short_windows_work(days: int, generate: Generate, tmp_path: Path) -> None:
    out = generate(tmp_path, "--users", "60", "--days", str(days))
    assert len(list((out / "landing/app").iterdir())) == days


def test_nothing_is_planted_in_a_clean_sample(generate: Generate, tmp_path: Path) -> None:
    out = generate(tmp_path, *SMALL, "--clean")
    lists = [out / f"planted/{name}.jsonl" for name in ("app", "bank", "crm", "operations")]
    assert [path.read_bytes() for path in lists] == [b""] * 4
    assert json.loads((out / "planted/summary.json").read_bytes())["planted"] == {}
    assert json.loads((out / "sample.json").read_bytes())["clean"] is True
    assert not list(out.glob("landing/app/*/events-000*"))
