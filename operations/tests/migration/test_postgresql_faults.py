"""Whatever goes wrong gives one clear line and leaves whole chunks; the next run goes on."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from adbc_driver_postgresql import dbapi

from benchmarks.migration import source_table
from logmart.errors import CommandError, TransientError
from operations.migration.mapping import Load
from operations.migration.mapping_text import mapping_text
from operations.migration.sources import postgresql
from operations.tests.migration.bank import Bank, environment

_PROJECT = Path(__file__).resolve().parents[3]


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
        if next(pulls) == 2:
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
    assert sum(chunk.copied for chunk in result.chunks) == 500 - kept
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


# A change of the schema, its undoing, and what is said of it.
_CHANGES = [
    (
        "alter table accounts add column vip bool",
        "alter table accounts drop column vip",
        "accounts.vip is neither mapped nor excluded",
    ),
    (
        "alter table accounts alter is_open type text",
        "alter table accounts alter is_open type boolean using is_open::boolean",
        "accounts.is_open is text: .*as boolean",
    ),
    (
        "alter table accounts rename memo to note",
        "alter table accounts rename note to memo",
        "accounts.note is neither mapped nor excluded, and 1 more",
    ),
    ("drop table accounts", "", "no longer has the mapped table accounts"),
]


def test_a_changed_schema_is_told_and_nothing_is_copied(accounts: Bank) -> None:
    accounts.run()
    for change, undo, said in _CHANGES:
        accounts.execute(change)
        with pytest.raises(CommandError, match=said):
            accounts.run()
        if undo:
            accounts.execute(undo)
    assert accounts.copied("select count(*) from accounts") == [(500,)]


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
        dbapi.connect(accounts.server.url()) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"lock table {accounts.schema}.accounts in access exclusive mode")
        with pytest.raises(CommandError, match=r"on accounts after 1 s|locked"):
            accounts.run()


@pytest.mark.deep  # 20,000 rows and a process.
def test_a_full_disk_is_told_and_the_next_run_goes_on(accounts: Bank) -> None:
    accounts.execute(source_table.insert("accounts", 501, 20_000))
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
        env=environment(accounts),
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
    with pytest.raises(CommandError, match="501 rows, of which 500 are in a chunk"):
        accounts.run()
