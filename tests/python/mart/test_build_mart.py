"""`make build` and `make wikipedia` as a person sees them."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from logmart.__main__ import run
from logmart.dbt.full_refresh import COMPILE, FULL_REFRESH, compile_beside
from logmart.dbt.run import run_dbt
from logmart.errors import CommandError
from logmart.mart import preflight
from logmart.sample.wikipedia import REAL_FILE, generated_log
from logmart.settings import PROJECT
from logmart.trino import build as trino_build


@dataclass(frozen=True)
class Desk:
    """A folder of a person's own, with a landing zone and both databases."""

    folder: Path

    @property
    def places(self) -> dict[str, str]:
        return {
            "LOGMART_LANDING": str(self.folder / "landing"),
            "LOGMART_DATABASE": str(self.folder / "build/logmart.duckdb"),
            "LOGMART_PUBLISHED": str(self.folder / "logmart.duckdb"),
        }

    def land(self, file: str, content: bytes) -> None:
        path = self.folder / "landing" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def start(self, *words: str) -> subprocess.Popen[str]:
        # A shell starts what runs in its background with interrupts ignored, and so its children.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "logmart",
                    *words,
                    "--target-path",
                    str(self.folder / "target"),
                ],
                cwd=PROJECT,
                env={**os.environ, **self.places},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        finally:
            signal.signal(signal.SIGINT, before)

    def run(self, *words: str) -> tuple[int, str, str]:
        """Return the exit code, what was printed and what was printed as an error."""
        process = self.start(*words)
        printed, errors = process.communicate()
        return process.returncode, printed, errors


WIKIPEDIA = ("--sources", "wikipedia")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.fixture
def desk(place: Path) -> Desk:
    """A desk that holds nothing but the project as dbt parsed it for the test before.

    It is at the same place for every test: dbt parses anew for a database at another.
    """
    parsed = place / "target" / "partial_parse.msgpack"
    kept = parsed.read_bytes() if parsed.exists() else None
    for path in place.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if kept is not None:
        parsed.parent.mkdir()
        parsed.write_bytes(kept)
    return Desk(place)


@pytest.mark.deep
def test_a_build_of_rejected_lines_alone_says_so(desk: Desk) -> None:
    desk.land("wikipedia/dt=2015-09-12/edits.jsonl", b"no edit\n" * 3)
    code, printed, errors = desk.run("mart", "build", *WIKIPEDIA)
    assert code == 1
    assert errors.startswith(
        "logmart: all 3 lines of wikipedia were rejected as unreadable_line: correct how"
    )
    assert errors.count("\n") == 1
    assert "wikipedia: 3 lines in 1 file, all 3 rejected: unreadable_line\n" in printed
    code, printed, errors = desk.run("mart", "summary", "--no-catalog")
    assert (code, errors) == (0, "")
    assert "no landed event is valid" in printed


def test_a_build_that_fails_names_the_file_and_shows_no_traceback(desk: Desk) -> None:
    desk.land("wikipedia/dt=2015-09-12/edits.jsonl", generated_log(10))
    desk.land("wikipedia/dt=2015-13-45/edits.jsonl", generated_log(10))
    code, printed, errors = desk.run("mart", "build", *WIKIPEDIA)
    assert code == 1
    assert "dt=2015-13-45/edits.jsonl is not in a folder dt=YYYY-MM-DD" in printed
    assert "Traceback" not in printed
    assert errors.startswith("logmart: dbt build failed: ")
    assert errors.count("\n") == 1
    assert not (desk.folder / "logmart.duckdb").exists()


def test_a_build_that_is_interrupted_ends_with_one_line(desk: Desk) -> None:
    desk.land("wikipedia/dt=2015-09-12/edits.jsonl", generated_log(10))
    process = desk.start("mart", "build", *WIKIPEDIA)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Building ")
    while process.poll() is None and not Path(desk.places["LOGMART_DATABASE"]).exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in printed
    assert errors == "logmart: interrupted; nothing is published\n"


def test_a_source_that_is_not_planned_is_named(desk: Desk) -> None:
    desk.land("wikipaedia/dt=2015-09-12/edits.jsonl", generated_log(10))
    code, printed, errors = desk.run("mart", "build", "--sources", "wikipaedia")
    assert (code, printed) == (1, "")
    assert errors.startswith("logmart: source wikipaedia has no events in planned_events")


@pytest.mark.deep
def test_the_real_log_takes_the_place_of_the_generated_one(desk: Desk) -> None:
    def events() -> tuple[int, str]:
        done = subprocess.run(
            ["make", "-o", ".venv/.locked", "wikipedia", f"TARGET={desk.folder / 'target'}"]
            + [f"{name}={value}" for name, value in desk.places.items()],
            cwd=PROJECT,
            env={**os.environ, "LOGMART_REAL_DATA": str(desk.folder / "real")},
            capture_output=True,
            text=True,
            check=True,
        )
        with duckdb.connect(desk.places["LOGMART_PUBLISHED"], read_only=True) as connection:
            rows = connection.execute("select sum(line_count) from marts.fct_landed_files")
            return rows.fetchall()[0][0], done.stdout

    count, printed = events()
    assert count == 2_000
    assert "Landed a generated log" in printed
    real = desk.folder / "real" / REAL_FILE
    real.parent.mkdir(parents=True)
    real.write_bytes(gzip.compress(generated_log(30, seed=1)))
    count, printed = events()
    assert count == 30
    assert "in UTC, a day that is not over" in printed


@pytest.mark.parametrize("noun", ["mart", "trino"])
def test_a_build_checks_the_plan_before_it_runs_dbt(
    noun: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.land("app/dt=2026-03-31/a.jsonl", b"{}\n")

    def refuse(folder: Path) -> None:
        raise CommandError(f"the plan of {folder} is refused")

    for name, value in desk.places.items():
        monkeypatch.setenv(name, value)
    for place in (preflight, trino_build):
        monkeypatch.setattr(place, "check_plan", refuse)
    with pytest.raises(CommandError, match=f"the plan of {PROJECT} is refused"):
        run([noun, "build"])
    twice = "{sources: [app], planned_events: {app: [app_opened, logged_in, app_opened]}}"
    with pytest.raises(
        CommandError, match="planned_events.app of dbt_project.yml lists app_opened"
    ):
        run([noun, "build", "--vars", twice])


def test_a_full_refresh_takes_the_project_as_the_build_has_parsed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = "{name: logmart, version: '0.1.0', config-version: 2, profile: logmart}\n"
    (tmp_path / "dbt_project.yml").write_text(project)
    (tmp_path / "models").mkdir()
    (tmp_path / "models/one.sql").write_text("select 1 as number\n")
    monkeypatch.setenv("LOGMART_DATABASE", str(tmp_path / "logmart.duckdb"))
    monkeypatch.setenv("LOGMART_PROJECT", str(PROJECT))
    monkeypatch.chdir(tmp_path)
    target = Path("target")
    profiles = ["--profiles-dir", str(PROJECT / "profiles"), "--log-path", str(tmp_path / "logs")]
    run_dbt("parsed", ["parse", "--target-path", str(target), *profiles])
    run_dbt("parsed", ["parse", *compile_beside(target)[len(COMPILE) :], *profiles])
    information = json.loads((target / FULL_REFRESH / "perf_info.json").read_text())
    manifest = json.loads((target / FULL_REFRESH / "manifest.json").read_text())
    assert information["parsed_path_count"] == 0
    assert "model.logmart.one" in manifest["nodes"]
