"""Whatever goes wrong gives one clear line and leaves whole chunks; the next run goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.migration import source_table
from logmart.errors import CommandError, TransientError
from operations.migration.mapping import Load
from operations.migration.mapping_text import mapping_text
from operations.migration.sources import postgresql
from operations.tests.migration.bank import Bank, copied_chunks

_PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def accounts(bank: Bank) -> Bank:
    bank.tables.append(source_table.table("accounts"))
    bank.execute(*source_table.statements("accounts", 2_000))
    return bank


def _process(
    bank: Bank, verb: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a verb as `logmart migrate` does, on the mapping in a file."""
    path = bank.folder / "mapping.yml"
    path.write_text(mapping_text(bank.mapping), "utf-8")
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "operations.migration", verb]
        + ["--mapping", str(path), *arguments],
        cwd=_PROJECT,
        env={
            **os.environ,
            "LOGMART_MIGRATION": str(bank.folder / "migration"),
            "LOGMART_LANDING": str(bank.folder / "landing"),
            **(environment or {}),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_copies_proves_and_exits_by_what_differs(accounts: Bank) -> None:
    process = _process(accounts, "run")
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out.startswith("accounts: 2,000 rows in 21 chunks: 1 equal, 20 copied (2,000 rows); ")
    accounts.change("update accounts set memo = null where account_id = 7")
    process = _process(accounts, "verify", "--final", "--frozen")
    _, err = process.communicate()
    assert process.returncode == 1
    assert err == (
        "logmart: 1 of 1 tables differ: accounts (memo 1); see `logmart migrate report`\n"
    )
    assert accounts.last_run()["isFrozen"]


def _kill_until_equal(bank: Bank, kills: int, longest_seconds: float) -> None:
    """Kill runs at random moments, and let one end."""
    moments = random.Random(26)
    for _ in range(kills):
        process = _process(bank, "run")
        with suppress(subprocess.TimeoutExpired):
            process.wait(moments.uniform(0.3, longest_seconds))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    bank.run()
    bank.assert_equal()


def test_a_killed_run_goes_on(accounts: Bank) -> None:
    accounts.load = Load(chunk_rows=20, parallel=2)
    process = _process(accounts, "run")
    # It is killed in the middle, when some chunks are copied.
    until = time.monotonic() + 60
    while not _wal_size(accounts) and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (result,) = accounts.run()
    assert 0 < len(copied_chunks([result])) <= len(result.chunks)
    accounts.assert_equal()


def _wal_size(bank: Bank) -> int:
    path = bank.path.with_name(f"{bank.path.name}.wal")
    return path.stat().st_size if path.exists() else 0


@pytest.mark.deep  # 20 processes are started and killed.
def test_20_kills_converge(accounts: Bank) -> None:
    accounts.execute(source_table.insert("accounts", 2_001, 200_000))
    accounts.load = Load(chunk_rows=5_000, parallel=2)
    _kill_until_equal(accounts, 20, 8)


@contextmanager
def _writes(bank: Bank) -> Iterator[None]:
    """Write the source until the end."""
    stop = threading.Event()

    def write() -> None:
        number = 10_000
        while not stop.is_set():
            number += 1
            bank.execute(
                source_table.insert("accounts", number, number),
                f"update accounts set memo = '바뀜' where account_id = {number % 2_000 + 1}",
                f"delete from accounts where account_id = {number * 7 % 2_000 + 1}",
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


def test_nothing_can_be_written_to_the_source(accounts: Bank) -> None:
    source = postgresql.PostgresqlSource(accounts.server.url(), "OLD_BANK", accounts.schema, 60)
    plan = source.plan(accounts.tables[0])
    with (
        source.snapshot() as snapshot,
        snapshot.reader() as reader,
        pytest.raises(CommandError, match="read-only transaction"),
    ):
        reader._all(plan, f"delete from {accounts.schema}.accounts")
    source.close()


def test_a_dropped_connection_is_told_and_the_next_run_goes_on(
    accounts: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulls = iter(range(100))
    rows = postgresql.PostgresqlReader.rows

    def rows_until_dropped(self, plan, chunk):  # type: ignore[no-untyped-def]
        if next(pulls) == 5:
            accounts.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'logmart migrate'"
            )
        return rows(self, plan, chunk)

    monkeypatch.setattr(postgresql.PostgresqlReader, "rows", rows_until_dropped)
    with pytest.raises(TransientError, match=r"dropped the connection.*; the next run goes on$"):
        accounts.run()
    assert accounts.last_run()["error"]
    kept = accounts.copied("select count(*) from accounts")[0][0]
    assert kept % 100 == 0
    (result,) = accounts.run()
    assert sum(chunk.copied for chunk in result.chunks) == 2_000 - kept
    accounts.assert_equal()


def test_a_wrong_password_is_told_without_it(
    accounts: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.execute("create role clerk login password 'right'")
    rules = accounts.server.folder / "pg_hba.conf"
    before = rules.read_text("utf-8")
    rules.write_text(f"local all clerk scram-sha-256\n{before}", "utf-8")
    accounts.execute("select pg_reload_conf()")
    try:
        monkeypatch.setenv("OLD_BANK", accounts.server.url(user="clerk", password="wr0ng-one"))
        with pytest.raises(CommandError) as raised:
            accounts.run()
    finally:
        rules.write_text(before, "utf-8")
        accounts.execute("select pg_reload_conf()")
    message = str(raised.value)
    assert "refuses the login, check OLD_BANK: password authentication failed" in message
    assert "wr0ng-one" not in message
    assert "\n" not in message
    assert not accounts.path.exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "the environment variable OLD_BANK is not set"),
        ("postgresql://u:pa55@127.0.0.1:1/bank", r"cannot be read: .*; the next run goes on"),
        ("postgresql://u:pa55@127.0.0.1:port/bank", r"OLD_BANK is no address: postgresql://user:"),
        ("postgresql://u:pa55@[::1/bank", r"OLD_BANK is no address: postgresql://user:"),
        ("postgresql://u:pa55@127.0.0.1/bank?pa55=1", "the source 127.0.0.1/bank"),
    ],
)
def test_a_wrong_address_is_told_without_its_password(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv("OLD_BANK", url)
    with pytest.raises(CommandError, match=said) as raised:
        bank.run()
    assert "pa55" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_user_who_may_not_read_is_told(accounts: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts.execute("create role blind login", f"grant usage on schema {accounts.schema} to blind")
    monkeypatch.setenv("OLD_BANK", accounts.server.url(user="blind"))
    with pytest.raises(CommandError, match=r"permission denied.*; grant select on it"):
        accounts.run()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("alter table accounts drop column memo", "no longer has the mapped column accounts.memo"),
        ("alter table accounts add column vip bool", "accounts.vip is neither mapped nor excluded"),
        ("alter table accounts alter is_open type text", "accounts.is_open is text: .*as boolean"),
        ("drop table accounts", "no longer has the mapped table accounts"),
    ],
)
def test_a_changed_schema_is_told_and_nothing_is_copied(
    accounts: Bank, statement: str, said: str
) -> None:
    accounts.run()
    accounts.execute(statement)
    with pytest.raises(CommandError, match=said):
        accounts.run()
    assert accounts.copied("select count(*) from accounts") == [(2_000,)]


def test_a_schema_that_changes_between_chunks_is_told(
    accounts: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = postgresql.PostgresqlSource.snapshot

    @contextmanager
    def changed(self):  # type: ignore[no-untyped-def]
        accounts.execute("alter table accounts rename column memo to note")
        with prepare(self) as snapshot:
            yield snapshot

    monkeypatch.setattr(postgresql.PostgresqlSource, "snapshot", changed)
    with pytest.raises(CommandError, match=r"has changed its schema while accounts was read.*memo"):
        accounts.run()


def test_a_statement_that_takes_too_long_is_stopped(accounts: Bank) -> None:
    accounts.load = Load(chunk_rows=100, parallel=1, statement_timeout_seconds=1)
    accounts.tables[0] = replace(
        accounts.tables[0],
        columns=(
            *accounts.tables[0].columns[:-1],
            replace(
                accounts.tables[0].columns[-1],
                transform="case when pg_sleep(0.1) is null then tags end",
            ),
        ),
    )
    with pytest.raises(CommandError, match=r"on accounts after 1 s: lower load\.chunk_rows"):
        accounts.run()


def test_a_lock_for_a_change_of_the_schema_is_not_waited_for(accounts: Bank) -> None:
    accounts.load = Load(chunk_rows=100, parallel=1, statement_timeout_seconds=1)
    with (
        postgresql.dbapi.connect(accounts.server.url()) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"lock table {accounts.schema}.accounts in access exclusive mode")
        with pytest.raises(CommandError, match=r"on accounts after 1 s|locked"):
            accounts.run()


def test_a_full_disk_is_told_and_the_next_run_goes_on(accounts: Bank) -> None:
    accounts.execute(source_table.insert("accounts", 2_001, 20_000))
    accounts.load = Load(chunk_rows=2_000, parallel=1)
    code = (
        "import resource, runpy, sys;"
        " resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000));"
        " runpy.run_module('operations.migration', run_name='__main__')"
    )
    path = accounts.folder / "mapping.yml"
    path.write_text(mapping_text(accounts.mapping), "utf-8")
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, "run", "--mapping", str(path)],
        cwd=_PROJECT,
        env={
            **os.environ,
            "LOGMART_MIGRATION": str(accounts.folder / "migration"),
            "LOGMART_LANDING": str(accounts.folder / "landing"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert "cannot be written, its disk may be full: free space and run again" in line
    kept = accounts.copied("select count(*) from accounts")[0][0]
    assert kept % 2_000 == 0
    accounts.run()
    accounts.assert_equal()


def test_a_file_that_another_process_holds_is_told(accounts: Bank) -> None:
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(accounts.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout
    holder.stdout.readline()
    try:
        with pytest.raises(TransientError, match="is open in another process: end it"):
            accounts.run()
    finally:
        holder.communicate()


def test_a_target_with_other_columns_is_told(accounts: Bank) -> None:
    accounts.change("create table accounts (account_id integer)")
    with pytest.raises(CommandError, match=r"accounts of .*bank\.duckdb has no column"):
        accounts.run()
    accounts.change("drop table accounts")
    accounts.run()
    accounts.change("alter table accounts alter amount type decimal(18,3)")
    with pytest.raises(CommandError, match=r"amount of .* is decimal\(18,3\) and not decimal"):
        accounts.run()


def test_a_verify_before_a_run_is_told(accounts: Bank) -> None:
    with pytest.raises(CommandError, match="is not there: write it with `logmart migrate run`"):
        accounts.verify()
    accounts.change("create table other (a int)")
    with pytest.raises(CommandError, match="has no table accounts: `logmart migrate run`"):
        accounts.verify()


def test_rows_that_are_in_no_chunk_are_told(accounts: Bank) -> None:
    accounts.run()
    accounts.change(
        "alter table accounts alter account_id drop not null",
        "insert into accounts by name select null as account_id",
    )
    with pytest.raises(CommandError, match="2001 rows, of which 2000 are in a chunk"):
        accounts.run()
