"""Lines that are erased from landed files: their text is gone, and all lines keep their numbers."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest

from logmart.landed.identifiers import erased_line
from logmart.landed.removed_lines import Changes, change_lines, lines_of, lines_with
from logmart.landed.text_files import read_text_lines

LINES = [
    '{"userId":"u_7","name":"김 u_7"}',
    "",
    '{"userId":"u_77","friend":"u_7","since":2020}',
    'broken u_7\r and \x01 "',
    '{"userId":"xu_7"}',
]
MARK = "0123"
ERASED_LINE = erased_line(MARK)
CHANGES = Changes(frozenset({1, 4}), {3: ((27, 30),)})


def land(folder: Path, name: str, lines: list[str]) -> Path:
    path = folder / name
    content = "\n".join(lines).encode()
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (select unnest($lines) as line, 'x' as other) to '{path}'", {"lines": lines}
            )
    else:
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def read(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            rows = connection.execute(f"select line from '{path}' where other = 'x'").fetchall()
        return [line for (line,) in rows]
    return read_text_lines(path)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.parquet"])
def test_a_line_goes_and_the_others_stay(tmp_path: Path, name: str) -> None:
    path = land(tmp_path, name, LINES)
    found = {number: spans for number, _, spans in lines_with(path, "u_7")}
    assert set(found) == {1, 3, 4}
    assert found[3] == CHANGES.masked[3]
    change_lines(path, CHANGES, MARK)
    due = [ERASED_LINE, "", '{"userId":"u_77","friend":"x_9","since":2020}', ERASED_LINE, LINES[4]]
    assert read(path) == due
    change_lines(path, Changes.from_json(CHANGES.as_json()), MARK)
    assert read(path) == due
    assert lines_of(path, {1, 4, 5}, ["another", MARK]) == {5}
    assert lines_of(path, {1, 4, 5}, []) == {1, 4, 5}
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_an_id_is_found_as_json_escapes_it(tmp_path: Path) -> None:
    path = land(tmp_path, "a.jsonl", ['{"user":"\\uae40 \\"k\\""}', '{"user":"김 \\"k\\""}'])
    assert [number for number, _, _ in lines_with(path, '김 "k"')] == [1, 2]


def test_the_end_of_a_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbfone\ntwo\n")
    change_lines(path, Changes(frozenset({1})), MARK)
    assert path.read_bytes() == b"\xef\xbb\xbf" + ERASED_LINE.encode() + b"\ntwo\n"
