from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import build_mart, erase, reload_partitions, replay
from scripts.build_options import build_parser, chosen_variables
from scripts.errors import CommandError


@pytest.mark.parametrize(
    "given", ["app,wikipedia", "app wikipedia", "app, wikipedia", "app ,wikipedia,"]
)
def test_sources_are_named_by_spaces_or_commas(given: str) -> None:
    options = build_parser("scripts.build_mart", None).parse_args(["--sources", *given.split()])
    assert chosen_variables(options) == {"sources": ["app", "wikipedia"]}


def test_an_option_that_names_no_source_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser("scripts.build_mart", None).parse_args(["--sources", ","])
    assert "--sources: names no source" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "more"),
    [
        (build_mart.main, []),
        (replay.main, []),
        (erase.main, []),
        (reload_partitions.main, ["--from", "2026-01-01", "--to", "2026-01-02"]),
    ],
    ids=["build", "replay", "erase", "reload"],
)
def test_every_command_takes_the_options_of_a_build_and_checks_before_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[[], int], more: list[str]
) -> None:
    """Each is stopped by a landing zone that has no file of the source that was named."""
    database = tmp_path / "build/logmart.duckdb"
    database.parent.mkdir()
    database.write_bytes(b"")
    monkeypatch.setenv("LOGMART_DATABASE", str(database))
    monkeypatch.setenv("LOGMART_LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("LOGMART_ERASE_USER", "u-gone")
    given = ["--sources", "wikipedia", "--vars", "{business_time_zone: UTC}", "--full-refresh"]
    monkeypatch.setattr("sys.argv", ["command", *given, "--target-path", str(tmp_path), *more])
    with pytest.raises(CommandError, match="no landed files in .*/wikipedia/"):
        command()
    assert [path.name for path in tmp_path.rglob("*")] == ["build", "logmart.duckdb"]
    assert database.read_bytes() == b""
