"""Test results that equal the last one can be left out, since each costs a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from logmart_catalog import engine
from logmart_catalog.config import Config, Connection, parse_config
from logmart_catalog.engine import Consent
from logmart_catalog.errors import ConfigError
from logmart_catalog.records import Record

from .support import TOKEN, StandIn, copied, editing


def _a_day_later(folder: Path, failing: str) -> None:
    """Simulate another dbt run a day later, in which one test fails."""
    with editing(folder, "run_results.json") as results:
        for result in results["results"]:
            for timing in result["timing"]:
                ended = datetime.fromisoformat(timing["completed_at"]) + timedelta(days=1)
                timing["completed_at"] = ended.isoformat()
            if result["unique_id"] == failing:
                result.update(status="fail", message="Got 1 result, configured to fail if != 0")
    with editing(folder, "sources.json") as sources:
        for source in sources["results"]:
            looked = datetime.fromisoformat(source["snapshotted_at"]) + timedelta(days=1)
            source["snapshotted_at"] = looked.isoformat()


@pytest.mark.parametrize(("wanted", "written"), [("all", "every"), ("changed", "one")])
def test_a_result_like_the_last_one_is_published_where_all_are_wanted(
    wanted: str, written: str, standin: StandIn, service: str, tmp_path: Path
) -> None:
    config = replace(Config(service, "mart", create_teams=True), test_results=wanted)
    connection = Connection(standin.host, TOKEN)
    folder = copied("orchard", tmp_path)

    def apply() -> list[str]:
        report = engine.apply_server(
            engine.load(folder, config), connection, config, consent=Consent(), show=lambda _: None
        )
        return [one.name for one in report.plan.actions if one.kind == "test result"]

    first = apply()
    with editing(folder, "run_results.json") as results:
        tests = [one["unique_id"] for one in results["results"] if one["status"] == "pass"]
    _a_day_later(folder, tests[0])
    assert len(apply()) == (len(first) if written == "every" else 1)
    assert engine.plan_server(engine.load(folder, config), connection, config).plan.actions == ()


def test_another_word_is_refused() -> None:
    options = {"databaseName": "mart", "testResults": "some"}
    source = {"serviceName": "x", "serviceConnection": {"config": {"connectionOptions": options}}}
    with pytest.raises(ConfigError, match="testResults must be all or changed, not 'some'"):
        parse_config(Record.of("here", source, ConfigError))
