"""Runs that are killed and sources that are written meanwhile end in equal copies."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.migration import source_table
from logmart.errors import CommandError
from operations.migration import run_command, verify_command
from operations.migration.mapping import Load
from operations.migration.mapping_text import mapping_text
from operations.tests.migration.bank import Bank, environment

_PROJECT = Path(__file__).resolve().parents[3]


def _process(bank: Bank) -> subprocess.Popen[bytes]:
    """Start `run` as `logmart migrate` does, on the mapping in a file."""
    path = bank.folder / "mapping.yml"
    path.write_text(mapping_text(bank.mapping), "utf-8")
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "operations.migration", "run"]
        + ["--mapping", str(path)],
        cwd=_PROJECT,
        env=environment(bank),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_the_command_copies_proves_and_tells_what_differs(
    accounts: Bank, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOGMART_MIGRATION", str(accounts.folder / "migration"))
    monkeypatch.setenv("LOGMART_LANDING", str(accounts.folder / "landing"))
    path = accounts.folder / "mapping.yml"
    path.write_text(mapping_text(accounts.mapping), "utf-8")
    options = ["--mapping", str(path)]
    assert run_command.main.main([*options, "--table", "accounts"], standalone_mode=False) == 0
    out, err = capsys.readouterr()
    assert out.startswith("accounts: 500 rows in 6 chunks: 1 equal, 5 copied (500 rows); ")
    assert not err
    with pytest.raises(CommandError, match="the mapping has no table loans"):
        run_command.main.main([*options, "--table", "loans"], standalone_mode=False)
    accounts.change("update accounts set memo = null where account_id = 7")
    with pytest.raises(CommandError) as raised:
        verify_command.main.main([*options, "--final", "--frozen"], standalone_mode=False)
    assert str(raised.value) == (
        "1 of 1 tables differ: accounts (memo 1); see `logmart migrate report`"
    )
    assert accounts.last_run()["isFrozen"]


def _check_kills(bank: Bank, kills: int, longest_seconds: float) -> None:
    """Kill runs at random moments after they began to write: only whole chunks are there, none is
    lost, and the next run copies the others.
    """
    moments = random.Random(26)
    kept = 0
    for _ in range(kills):
        process = _process(bank)
        size = _written(bank)
        while _written(bank) == size and process.poll() is None:
            time.sleep(0.005)
        time.sleep(moments.uniform(0, longest_seconds))
        process.send_signal(signal.SIGKILL)
        process.wait()
        found = _kept(bank)
        assert found >= kept
        assert found % bank.load.chunk_rows == 0
        kept = found
    (result,) = bank.run()
    assert sum(chunk.copied for chunk in result.chunks) == result.sums[0].rows - kept
    bank.assert_equal()


def _kept(bank: Bank) -> int:
    """Return the number of rows of the copy, which may not be there yet."""
    if not _written(bank) or not bank.copied("from duckdb_tables()"):
        return 0
    return int(bank.copied("select count(*) from accounts")[0][0])


def _written(bank: Bank) -> int:
    """Return the bytes of the copy and of its log."""
    paths = (bank.path, bank.path.with_name(f"{bank.path.name}.wal"))
    return sum(path.stat().st_size for path in paths if path.exists())


def test_a_killed_run_goes_on(accounts: Bank) -> None:
    accounts.load = Load(chunk_rows=20, parallel=2)
    _check_kills(accounts, 1, 0.2)


@pytest.mark.deep  # 20 processes are started and killed.
def test_20_kills_converge(accounts: Bank) -> None:
    accounts.execute(source_table.insert("accounts", 501, 200_000))
    accounts.load = Load(chunk_rows=5_000, parallel=2)
    _check_kills(accounts, 20, 1.5)


@contextmanager
def _writes(bank: Bank) -> Iterator[None]:
    """Write the source until the end."""
    stop = threading.Event()

    def write() -> None:
        number = 1_000
        while not stop.is_set():
            number += 1
            bank.execute(
                source_table.insert("accounts", number, number),
                f"update accounts set memo = '바뀜' where account_id = {number % 500 + 1}",
                f"delete from accounts where account_id = {number * 7 % 500 + 1}",
            )

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_writes_during_the_copy_are_caught_up_after_a_freeze(accounts: Bank) -> None:
    with _writes(accounts):
        accounts.run()
        accounts.run()
    accounts.run()
    accounts.assert_equal()


def test_all_of_a_verify_is_of_one_snapshot(accounts: Bank) -> None:
    accounts.tables.append(replace(source_table.table("accounts"), target="again"))
    accounts.tables[1] = replace(accounts.tables[1], source="accounts_again")
    accounts.execute("create view accounts_again as select * from accounts")
    accounts.run()
    with _writes(accounts):
        results = accounts.verify()
    assert len({result.snapshot_id for result in results}) == 1
    first, second = (result.sums[0] for result in results)
    assert first == second
