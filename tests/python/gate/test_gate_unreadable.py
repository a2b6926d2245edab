"""Views that need the mart's key are compared; a table that cannot be read fails the gate."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from branches import Main, make_main, said
from logmart.gate import data_diff
from logmart.gate.figures import attach_both, one_value
from logmart.landed.duckdb_plugin import register_functions
from review_changes import shorten_a_window

VIEW = """
create view hashed as
select sha256(coalesce(getvariable('logmart_outer_block'), error('no key')::blob)) as hash,
    is_landed_file('app/dt=2026-01-01/a.gz') as is_landed
"""


def test_a_view_that_hashes_with_the_key_can_be_read_on_both_sides(tmp_path: Path) -> None:
    databases = tmp_path / "base.duckdb", tmp_path / "head.duckdb"
    for path in databases:
        with duckdb.connect(str(path)) as connection:
            register_functions(connection)
            connection.execute(VIEW)
    with duckdb.connect() as connection:
        attach_both(connection, databases)
        (hashes,) = connection.execute(
            "select base.hash = head.hash from base.hashed as base, head.hashed as head"
        ).fetchall()
        assert hashes == (True,)
        assert one_value(connection, "select is_landed from head.hashed") is True


def test_a_table_that_cannot_be_read_fails_the_gate(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    main: Main = make_main(tmp_path_factory.getbasetemp() / "gate")

    def unreadable(*_: object) -> None:
        raise duckdb.InvalidInputException("Invalid Input Error: could not parse 'Kim'")

    monkeypatch.setattr(data_diff, "_diff", unreadable)
    report = main.report(shorten_a_window, "unreadable")
    assert said(report) == {
        ("error", "not_checked", "funnel_windows"),
        ("error", "not_checked", "quick_cancellations"),
    }
    assert report.fails
    assert {finding.message for finding in report.counted} == {
        "its rows could not be compared: Invalid Input Error; the rest may quote values"
    }
