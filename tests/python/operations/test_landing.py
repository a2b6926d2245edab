"""Records land whole or not at all, and a landed file never changes."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logmart.landed.file_names import is_landed_file, landed_date, landed_files
from logmart.operations.landing import ENTITIES, SOURCE, land, utc_text

AT = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
RECORDS = st.lists(
    st.dictionaries(
        st.text(), VALUES.filter(lambda value: value not in (float("inf"), -float("inf")))
    ),
    min_size=1,
    max_size=4,
)
LANDINGS = st.lists(
    st.tuples(
        st.sampled_from(ENTITIES),
        RECORDS,
        st.sampled_from(["nightly", "airflow"]) | st.text(max_size=300),
        st.sampled_from(["run-1-build-1", "run-1-land_check/app-1", "../../x"]) | st.text(),
        st.datetimes(
            min_value=datetime(2020, 1, 1), timezones=st.just(timezone(timedelta(hours=9)))
        ),
    ),
    min_size=1,
    max_size=6,
)


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


@settings(deadline=None, max_examples=20)
@given(landings=LANDINGS)
def test_every_landing_is_one_more_file_that_holds_its_records(
    landings: list[tuple[str, list[dict[str, object]], str, str, datetime]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        landing = Path(folder) / "landing"
        source_folder = landing / SOURCE
        written: dict[Path, bytes] = {}
        for entity, records, writer, name, at in landings:
            path = land(landing, entity, records, writer=writer, name=name, at=at)
            assert path not in written
            assert path.name.startswith(f"{entity}-")
            assert path.suffix == ".jsonl"
            assert landed_date(path, source_folder) == at.astimezone(UTC).date()
            present = [{k: v for k, v in one.items() if v is not None} for one in records]
            assert read(path) == present
            written[path] = path.read_bytes()
        assert {path: path.read_bytes() for path in landed_files(source_folder)} == written
        assert all(is_landed_file(path) for path in landing.rglob("*") if path.is_file())


def test_moments_become_utc_texts_and_dates_iso_dates(tmp_path: Path) -> None:
    seoul = datetime(2026, 3, 2, 5, 0, tzinfo=timezone(timedelta(hours=9)))
    record = {"occurredAt": seoul, "runDate": date(2026, 3, 2)}
    path = land(tmp_path, "task_runs", [record], writer="nightly", name="a-build-1", at=seoul)
    assert path == tmp_path / "operations/dt=2026-03-01/task_runs-nightly-a-build-1.jsonl"
    assert read(path) == [{"occurredAt": "2026-03-01T20:00:00.000Z", "runDate": "2026-03-02"}]


def test_a_lone_surrogate_lands_as_utf8(tmp_path: Path) -> None:
    path = land(tmp_path, "actions", [{"actor": "\udcff"}], writer="w", name="n", at=AT)
    assert read(path) == [{"actor": "?"}]


@pytest.mark.parametrize(
    ("entity", "records", "at"),
    [
        ("events", [{}], AT),
        ("actions", [], AT),
        ("actions", [{}], AT.replace(tzinfo=None)),
        ("actions", [{"occurredAt": AT.replace(tzinfo=None)}], AT),
        ("actions", [{"value": float("nan")}], AT),
    ],
)
def test_what_no_reader_could_take_is_refused(
    tmp_path: Path, entity: str, records: list[dict[str, object]], at: datetime
) -> None:
    with pytest.raises(ValueError, match=r"."):
        land(tmp_path, entity, records, writer="w", name="n", at=at)
    assert list(tmp_path.iterdir()) == []


def test_writers_at_once_get_a_file_each(tmp_path: Path) -> None:
    def write(number: int) -> Path:
        return land(tmp_path, "actions", [{"n": number}], writer="w", name="n", at=AT)

    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(write, range(40)))
    assert sorted(read(path)[0]["n"] for path in paths) == list(range(40))  # type: ignore[type-var]


def test_the_file_and_its_folders_are_private(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        path = land(tmp_path / "landing", "actions", [{"a": 1}], writer="w", name="n", at=AT)
    finally:
        os.umask(old)
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (path, *path.parents[:2])]
    assert modes == [0o600, 0o700, 0o700]


KILLED = """
import os, signal, sys
from pathlib import Path
from datetime import datetime, UTC
from logmart.operations import landing
os.fsync = lambda number: os.kill(os.getpid(), signal.SIGKILL)
landing.land(Path(sys.argv[1]), "actions", [{"a": 1}], writer="w", name="n",
             at=datetime(2026, 3, 1, tzinfo=UTC))
"""


def test_a_writer_that_is_killed_leaves_no_landed_file(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [
        "actions-w-n.jsonl.part"
    ]
    assert list(landed_files(tmp_path / SOURCE)) == []
    path = land(tmp_path, "actions", [{"a": 1}], writer="w", name="n", at=AT)
    assert path.name == "actions-w-n-2.jsonl"
    assert read(path) == [{"a": 1}]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        land(tmp_path, "actions", [{"a": 1}], writer="w", name="n", at=AT)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_moment_without_a_time_zone_has_no_utc_text() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        utc_text(AT.replace(tzinfo=None))
