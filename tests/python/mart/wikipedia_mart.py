"""The mart on a day of Wikipedia's edits alone, built and tested once for all that only read it."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from logmart.sample.wikipedia import land_wikipedia
from mart_runs import NO_ARTIFACTS, NO_UNIT_TESTS, Mart

_FOLDER = tempfile.TemporaryDirectory()


@functools.cache
def wikipedia_mart() -> Mart:
    """Return the mart; nobody may write to it. It is removed when the tests have ended."""
    mart = Mart(Path(_FOLDER.name), sources=("wikipedia",))
    land_wikipedia(mart.landing)
    mart.build(*NO_UNIT_TESTS, NO_ARTIFACTS)
    return mart
