from __future__ import annotations

from pathlib import Path

import pytest

from logmart.errors import CommandError
from logmart.sample.wikipedia import LANDED_FILE, generated_log, land_wikipedia


def test_the_real_log_is_copied_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tmp_path / "real/wikipedia_edits/wikiticker-2015-09-12-sampled.json.gz"
    real.parent.mkdir(parents=True)
    real.write_bytes(b"the real log")
    monkeypatch.setenv("LOGMART_REAL_DATA", str(tmp_path / "real"))
    assert land_wikipedia(tmp_path / "landing").startswith("Landed the real log")
    assert (tmp_path / "landing" / LANDED_FILE).read_bytes() == b"the real log"


def test_a_generated_log_is_the_same_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGMART_REAL_DATA", str(tmp_path / "nowhere"))
    assert "the real one is not here" in land_wikipedia(tmp_path)
    first = (tmp_path / LANDED_FILE).read_bytes()
    land_wikipedia(tmp_path)
    assert (tmp_path / LANDED_FILE).read_bytes() == first
    assert generated_log(10).count(b"\n") == 10


def test_a_landing_zone_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "wikipedia").write_bytes(b"a file where a folder should be")
    with pytest.raises(CommandError, match="could not be written"):
        land_wikipedia(tmp_path)
