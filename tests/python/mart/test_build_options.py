from __future__ import annotations

from pathlib import Path

import click
import pytest

from logmart.__main__ import run
from logmart.errors import CommandError
from logmart.mart.build_options import BuildOptions, build_options

# What click exits with when a command is not called as it should be.
USAGE = 2


@click.command()
@build_options
def shown(build: BuildOptions) -> BuildOptions:
    return build


@pytest.mark.parametrize(
    "given", ["app,wikipedia", "app wikipedia", "app, wikipedia", "app ,wikipedia,"]
)
def test_sources_are_named_by_spaces_or_commas(given: str) -> None:
    assert shown.main(["--sources", given], standalone_mode=False) == BuildOptions(
        chosen={"sources": ["app", "wikipedia"]}
    )


def test_an_option_that_names_no_source_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mart", "build", "--sources", ","]) == USAGE
    assert "'--sources': names no source" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "more"),
    [
        (["mart", "build"], []),
        (["plan", "replay"], []),
        (["mart", "erase"], []),
        (["mart", "reload"], ["--from", "2026-01-01", "--to", "2026-01-02"]),
    ],
    ids=["build", "replay", "erase", "reload"],
)
def test_every_command_takes_the_options_of_a_build_and_checks_before_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], more: list[str]
) -> None:
    """Each is stopped by a landing zone that has no file of the source that was named."""
    database = tmp_path / "build/logmart.duckdb"
    database.parent.mkdir()
    database.write_bytes(b"")
    monkeypatch.setenv("LOGMART_DATABASE", str(database))
    monkeypatch.setenv("LOGMART_LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("LOGMART_ERASE_USER", "u-gone")
    given = ["--sources", "wikipedia", "--vars", "{business_time_zone: UTC}", "--full-refresh"]
    with pytest.raises(CommandError, match="no landed files in .*/wikipedia/"):
        run([*command, *given, "--target-path", str(tmp_path), *more])
    assert [path.name for path in tmp_path.rglob("*")] == ["build", "logmart.duckdb"]
    assert database.read_bytes() == b""
