"""The mart on a day of Wikipedia's edits alone, built once for all that only read it."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from logmart.sample.wikipedia import land_wikipedia
from mart_runs import NO_ARTIFACTS, NO_UNIT_TESTS, Mart

# What is counted again in Python. All models are built on this log, and tested, by the deep tests.
_MODELS = (
    *("--select", "+fct_landed_files", "+int_rejected_events", "+active_users_by_dimension_daily"),
    *("+active_users_daily", "+retention_cohorts", "+funnel_conversions_daily"),
    *("+user_lifecycle_daily", "+fct_sessions"),
)
_FOLDER = tempfile.TemporaryDirectory()


@functools.cache
def wikipedia_mart() -> Mart:
    """Return the mart; nobody may write to it. It is removed when the tests have ended."""
    mart = Mart(Path(_FOLDER.name), sources=("wikipedia",))
    land_wikipedia(mart.landing)
    mart.build(*_MODELS, "--exclude-resource-type", "test", *NO_UNIT_TESTS, NO_ARTIFACTS)
    return mart
