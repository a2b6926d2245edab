from __future__ import annotations

import gzip
from codecs import BOM_UTF8
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logmart.landed.text_files import (
    CHUNK_BYTES,
    LONGEST_LINE_BYTES,
    MOST_BROKEN_LINES,
    BrokenLine,
    TextFileFacts,
    UnreadableFileError,
    read_text_lines,
    scan_text_file,
)

# Bytes that readers often mishandle, among others.
CONTENT = st.lists(
    st.sampled_from(
        [b"a", b"{}", BOM_UTF8, b"\n", b"\r", b"\r\n", b"\x01", b"\x00", b"\xff", b'"', b"\\"]
    )
    | st.text(max_size=5).map(str.encode)
    | st.binary(max_size=5),
    max_size=12,
).map(b"".join)
READ_CSV = """
select coalesce(line, '') from read_csv(
    $path, columns = {'line': 'varchar'}, delim = '\x01', quote = '', escape = '', header = false,
    auto_detect = false, strict_mode = false, null_padding = true, ignore_errors = true
)
"""


def csv_lines(path: Path) -> list[str]:
    """Read as the mart reads a plain text file."""
    with duckdb.connect() as connection:
        rows = connection.execute(READ_CSV, {"path": str(path)}).fetchall()
    return [line for (line,) in rows]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("text")


@settings(deadline=None)
@given(content=CONTENT)
@example(content=b"")
@example(content=b"\n\n")
@example(content=BOM_UTF8)
@example(content=BOM_UTF8 + b"a\r\n")
def test_a_line_ends_at_a_line_feed_and_at_nothing_else(folder: Path, content: bytes) -> None:
    path = folder / "events.jsonl"
    path.write_bytes(content)
    lines = content.removeprefix(BOM_UTF8).split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    assert read_text_lines(path) == [line.decode("utf-8", errors="replace") for line in lines]
    assert scan_text_file(path).line_count == len(lines)


@settings(deadline=None)
@given(content=CONTENT)
@example(content=BOM_UTF8)
@example(content=BOM_UTF8 + b"a\n")
@example(content=BOM_UTF8 + BOM_UTF8 + b"a\n")
@example(content=b"\n" + BOM_UTF8 + b"a\n")
@example(content=b"\xff\na\n\n\xff")
@example(content=b"\xed\xa0\x80\na\xc0\x80\n\xf4\x90\x80\x80\n\x00\n")
def test_the_csv_reader_gives_back_what_is_plain_text(folder: Path, content: bytes) -> None:
    path = folder / "events.jsonl.gz"
    path.write_bytes(gzip.compress(content))
    facts = scan_text_file(path)
    if facts.is_plain_text:
        lines = dict(enumerate(read_text_lines(path), 1))
        for broken in facts.broken_lines:
            assert lines.pop(broken.line_number) == broken.line
        assert csv_lines(path) == list(lines.values())


@pytest.mark.parametrize(
    ("content", "is_plain_text"),
    [
        (b'{"a": 1}\n', True),
        ("글\n".encode(), True),
        (b"a\r\n", False),
        (b"a\x01b\n", False),
        (b"\xff\r\n", False),
        (b"a" * (3 * CHUNK_BYTES) + b"\n", False),
    ],
)
def test_a_file_that_the_csv_reader_would_change_is_told_apart(
    tmp_path: Path, content: bytes, *, is_plain_text: bool
) -> None:
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(gzip.compress(content))
    assert scan_text_file(path) == TextFileFacts(1, is_plain_text)


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_a_line_that_is_not_utf8_is_kept_apart(tmp_path: Path, ending: bytes) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"a" * (CHUNK_BYTES - 9) + b"\na\n" + "글글글".encode()[:-1] + ending)
    assert scan_text_file(path) == TextFileFacts(3, True, (BrokenLine(3, "글글\ufffd"),))


def test_a_file_in_another_encoding_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\xff\n" * (MOST_BROKEN_LINES + 1))
    assert scan_text_file(path) == TextFileFacts(MOST_BROKEN_LINES + 1, False)


def test_a_character_over_the_edge_of_a_chunk_is_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n" + b"a" * (CHUNK_BYTES - 2) + "글\n".encode())
    assert scan_text_file(path) == TextFileFacts(2, True)


@pytest.mark.parametrize(
    "content", [gzip.compress(bytes(range(256)))[:-20], b"{}", b"\x1f\x8b\x08"]
)
def test_a_gzip_file_that_is_cut_short_or_none_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(content)
    for read in (scan_text_file, read_text_lines):
        with pytest.raises(UnreadableFileError, match="events.jsonl.gz cannot be read to its end"):
            read(path)


@pytest.mark.parametrize("before", [b"", b"short\n"])
@pytest.mark.parametrize(
    "length", [CHUNK_BYTES - 7, 1_999_998, 1_999_999, 2_000_000, 2_040_000, 2 * CHUNK_BYTES + 1]
)
def test_a_line_of_any_length_is_read_between_its_neighbours(
    tmp_path: Path, before: bytes, length: int
) -> None:
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(gzip.compress(before + b"x" * length + b"\nlast\n"))
    facts = scan_text_file(path)
    lines = [*before.decode().splitlines(), "x" * length, "last"]
    assert facts.line_count == len(lines)
    assert read_text_lines(path) == lines
    if facts.is_plain_text:
        assert csv_lines(path) == lines


def test_of_a_line_that_is_too_long_no_more_is_given_back_than_tells_so(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl.gz"
    lengths = (LONGEST_LINE_BYTES, LONGEST_LINE_BYTES + 1, 3 * LONGEST_LINE_BYTES, 1)
    path.write_bytes(gzip.compress(b"\n".join(b"x" * length for length in lengths), 1))
    assert scan_text_file(path) == TextFileFacts(4, False)
    assert [len(line) for line in read_text_lines(path)] == [
        LONGEST_LINE_BYTES,
        LONGEST_LINE_BYTES + 1,
        LONGEST_LINE_BYTES + 1,
        1,
    ]
