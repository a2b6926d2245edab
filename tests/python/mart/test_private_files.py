"""The build's database holds text as it landed: nobody else on the machine reads it."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from logmart.gate.slim_build import copy_database
from logmart.landed.identifiers import load_id_key
from logmart.trino.configuration import write_configuration
from logmart.trino.server import Server
from mart_runs import NO_ARTIFACTS, Mart

NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def assert_nobody_reads(path: Path) -> None:
    """Try it as another user where this one may become another."""
    assert mode(path) == 0o600
    if os.geteuid() == 0:
        done = subprocess.run(["cat", path], user=NOBODY, capture_output=True, check=False)
        assert (done.returncode, done.stdout) == (1, b"")


def test_nobody_else_reads_the_build_database(folder: Path) -> None:
    mart = Mart(folder / "mart")
    mart.dbt("seed", "--select", "holidays", NO_ARTIFACTS)
    assert mode(mart.database.parent) == 0o700
    assert_nobody_reads(mart.database)


def test_a_database_that_was_open_to_others_is_closed_by_the_next_command(folder: Path) -> None:
    mart = Mart(folder / "mart")
    mart.database.parent.mkdir(parents=True)
    mart.dbt("seed", "--select", "holidays", NO_ARTIFACTS)
    assert mode(mart.database.parent) == 0o755, "a folder that was there is its owner's"
    mart.database.chmod(0o644)
    mart.dbt("show", "--inline", "select 1", NO_ARTIFACTS)
    assert_nobody_reads(mart.database)


def test_the_folder_of_a_random_key_is_private(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOGMART_ID_KEY", raising=False)
    load_id_key(folder / "data/build/logmart.duckdb")
    assert (mode(folder / "data"), mode(folder / "data/build")) == (0o755, 0o700)


def test_a_copy_of_a_database_is_private(folder: Path) -> None:
    (folder / "state.duckdb").write_bytes(b"text")
    copy_database(folder / "state.duckdb", folder / "build/logmart.duckdb")
    assert mode(folder / "build") == 0o700
    assert_nobody_reads(folder / "build/logmart.duckdb")


def test_the_tables_of_trino_are_in_a_private_folder(folder: Path) -> None:
    (folder / "landing").mkdir()
    server = Server(folder / "trino", port=1)
    write_configuration(server, folder / "home", folder / "landing")
    assert (mode(server.folder), mode(server.disk)) == (0o700, 0o700)
