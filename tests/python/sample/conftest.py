"""One small sample that the tests share; they only read it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from landing_judge import Sample, read_sample
from logmart.sample.command import main

# A slow machine is no fault of the code under test.
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")

SMALL = ("--users", "400", "--days", "50", "--seed", "3", "--start", "2031-03-20")

Generate = Callable[..., Path]


@pytest.fixture(scope="session")
def generate() -> Generate:
    """Return a function that writes a sample below a folder and returns the folder."""

    def run(out: Path, *arguments: str) -> Path:
        assert main(["--out", str(out), *(arguments or SMALL)]) == 0
        return out

    return run


@pytest.fixture(scope="session")
def sample(generate: Generate, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Return the shared sample, about 27,000 events over 50 days."""
    return read_sample(generate(tmp_path_factory.mktemp("sample")))
