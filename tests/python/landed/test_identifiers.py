"""The keyed hash, its key, and the list of who was erased."""

from __future__ import annotations

import hashlib
import hmac
import stat
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from logmart.landed.duckdb_plugin import check_key, give_key
from logmart.landed.identifiers import (
    ErasedId,
    IdKey,
    IdKeyError,
    erased_list_path,
    load_id_key,
    read_erased,
    write_erased,
)

PROJECT = Path(__file__).resolve().parents[3]
KEY = IdKey(b"a key for tests, of some length")
# RFC 4231, the test cases whose data are text: key, data, HMAC-SHA-256.
VECTORS = [
    (b"\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        b"Jefe",
        "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        b"\xaa" * 131,
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        b"\xaa" * 131,
        "This is a test using a larger than block-size key and a larger than block-size data. The"
        " key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
]


def sql_of_hash(expression: str) -> str:
    macros = (PROJECT / "macros/engine/hashing.sql").read_text(encoding="utf-8")
    module = Environment(extensions=["jinja2.ext.do"]).from_string(macros).module
    return str(module.duckdb__keyed_hash(expression))  # type: ignore[attr-defined]


SQL = f"select {sql_of_hash('cast($text as varchar)')}"


def hashed_by_duckdb(key: IdKey, text: str | None) -> object:
    with duckdb.connect() as connection:
        give_key(connection, key)
        rows = connection.execute(SQL, {"text": text}).fetchall()
    return rows[0][0]


@pytest.mark.parametrize(("key", "text", "digest"), VECTORS)
def test_the_hash_is_that_of_the_standard(key: bytes, text: str, digest: str) -> None:
    assert IdKey(key).hash(text) == digest[:32]
    assert hashed_by_duckdb(IdKey(key), text) == digest[:32]


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=1, max_size=100), st.lists(st.text(max_size=200), min_size=1))
def test_the_engine_hashes_as_python_does(key: bytes, texts: list[str]) -> None:
    valid = [text.encode("utf-8", "replace").decode() for text in texts]
    due = [hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32] for text in valid]
    with duckdb.connect() as connection:
        give_key(connection, IdKey(key))
        rows = connection.execute(
            f"select {sql_of_hash('text')} from (select unnest($texts::varchar[]) as text)",
            {"texts": valid},
        ).fetchall()
    assert [row[0] for row in rows] == due


def test_nothing_has_no_hash_and_no_key_no_hashes() -> None:
    assert hashed_by_duckdb(KEY, None) is None
    with (
        duckdb.connect() as connection,
        pytest.raises(duckdb.InvalidInputException, match="has no key"),
    ):
        connection.execute(SQL, {"text": "u1"}).fetchall()


def test_a_key_that_nobody_gave_is_made_once_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOGMART_ID_KEY", raising=False)
    database = tmp_path / "build" / "logmart.duckdb"
    made = load_id_key(database)
    assert made.made_file is not None
    assert stat.S_IMODE(made.made_file.stat().st_mode) == 0o600
    assert load_id_key(database) == made
    assert load_id_key(tmp_path / "other" / "logmart.duckdb").check != made.check
    assert made.secret.decode() not in repr(made)


def test_a_short_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGMART_ID_KEY", "secret")
    with pytest.raises(IdKeyError, match="has 6 characters: give it at least 16"):
        load_id_key(tmp_path / "logmart.duckdb")


def test_a_database_is_held_to_its_key(tmp_path: Path) -> None:
    path = tmp_path / "logmart.duckdb"
    with duckdb.connect(str(path)) as connection:
        check_key(connection, KEY, path)
        check_key(connection, KEY, path)
        with pytest.raises(IdKeyError, match="built with another key .* LOGMART_ID_KEY"):
            check_key(connection, IdKey(b"another key, just as long"), path)


def test_rows_that_were_never_hashed_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "logmart.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema intermediate")
        connection.execute("create table intermediate.int_judged_events (user_id varchar)")
        with pytest.raises(IdKeyError, match="before identifiers were hashed"):
            check_key(connection, KEY, path)


def test_the_list_of_who_was_erased_is_read_back(tmp_path: Path) -> None:
    path = erased_list_path(tmp_path / "landing")
    assert read_erased(path) == []
    erased = [
        ErasedId("user", KEY.hash("u1"), None, KEY.check),
        ErasedId("device", KEY.hash("d1"), datetime(2026, 1, 5, 9, 30, 0, 123), KEY.check),
    ]
    write_erased(path, erased)
    assert read_erased(path) == erased
    path.write_text("user\n", encoding="ascii")
    with pytest.raises(IdKeyError, match="line 1 is no erased id"):
        read_erased(path)
