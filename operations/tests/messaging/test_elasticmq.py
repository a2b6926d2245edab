"""The queue server is fetched by checksum, and what is missing is said in one line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from logmart.errors import CommandError
from operations.messaging.local import elasticmq as server
from operations.messaging.local.elasticmq import installed_jars


def listed() -> dict[str, str]:
    """Return the checksums of the list, by file."""
    lines = (server._DESCRIBED / "sha256.txt").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def fetch_nothing_but(monkeypatch: pytest.MonkeyPatch, project: Path, names: Sequence[str]) -> None:
    """Let Maven bring files of these names, each with other content than the list's."""

    def bring(_: Path, arguments: Sequence[str], __: str) -> bool:
        (folder,) = [one.split("=")[1] for one in arguments if "outputDirectory" in one]
        Path(folder).mkdir(parents=True)
        for name in names:
            (Path(folder) / name).write_text("other")
        return True

    monkeypatch.setattr(server, "PROJECT", project)
    monkeypatch.setattr(server, "run_maven", bring)


def test_the_list_names_each_file_with_its_checksum() -> None:
    assert len(listed()) == 39
    assert all(len(digest) == 64 for digest in listed().values())
    assert "elasticmq-server_2.13-1.6.14.jar" in listed()


def test_a_file_with_another_checksum_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fetch_nothing_but(monkeypatch, tmp_path, list(listed()))
    with pytest.raises(CommandError, match=r"commons-dbcp2-2.11.0.jar .* is not the file"):
        installed_jars()
    assert list((tmp_path / ".tools/elasticmq").iterdir()) == []


def test_a_file_that_nobody_listed_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fetch_nothing_but(monkeypatch, tmp_path, ["a-surprise.jar"])
    with pytest.raises(CommandError, match=r"^a-surprise.jar of ElasticMQ 1.6.14 is not the file"):
        installed_jars()


def test_without_maven_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(server, "PROJECT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="Maven is not on the PATH"):
        installed_jars()
