from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from logmart.errors import CommandError
from logmart.messaging.address_file import Address, read_addresses

LINE = '{"userId":"u_1","pushToken":"secret-token","phone":"+821012345678","timeZone":"Asia/Seoul"}'


@pytest.mark.parametrize("name", ["users.jsonl", "users.jsonl.gz"])
def test_a_line_is_a_user(tmp_path: Path, name: str) -> None:
    content = f'{LINE}\n{{"userId":"u_2","phone":null}}\n'.encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    first = Address("u_1", "secret-token", "+821012345678", "Asia/Seoul")
    assert read_addresses(path) == [first, Address("u_2", None, None, None)]
    assert "secret-token" not in repr(first)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "it is no JSON"),
        ('["u_2"]', "it is no JSON object"),
        ('{"phone":"+821012345679"}', "userId is not there"),
        ('{"userId":7}', "userId is no text"),
        ('{"userId":"u_2","phone":"010-1234-5679"}', "phone is not in the form"),
        ('{"userId":"u_2","timeZone":"Seoul"}', "timeZone is none of the IANA"),
        ('{"userId":"u_2","email":"a@b.kr"}', "other keys than .*userId"),
        ('{"userId":"u_1"}', "the user of line 1 again"),
    ],
)
def test_a_wrong_line_is_named_without_its_values(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "users.jsonl"
    path.write_text(f"{LINE}\n{line}\n")
    with pytest.raises(CommandError, match=f"users.jsonl, line 2: .*{said}") as raised:
        read_addresses(path)
    for value in ("5679", "u_1", "u_2", "a@b", '"Seoul"'):
        assert value not in str(raised.value)


def test_an_empty_or_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "users.jsonl.gz"
    for content, said in ((b"no gzip", "cannot be read"), (gzip.compress(b""), "has no line")):
        path.write_bytes(content)
        with pytest.raises(CommandError, match=said):
            read_addresses(path)
