"""The second source: a day of Wikipedia's edits, alone and beside the app."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from logmart.sample.wikipedia import DAY, LANDED_FILE, land_wikipedia, real_file
from mart_runs import Mart, app_event, hashed
from wikipedia_mart import wikipedia_mart

RECEIVED_AT = DAY + timedelta(days=1)


@dataclass(frozen=True)
class Facts:
    """What is known of the landed edits: from the file itself, read line by line here."""

    landed: int
    valid: int
    future: int
    late: int
    valid_by_robots: int
    people: frozenset[str]


def count(path: Path) -> Facts:
    edits = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    moments = [datetime.fromisoformat(edit["time"]) for edit in edits]
    is_valid = [moment <= RECEIVED_AT + timedelta(minutes=10) for moment in moments]
    valid = [edit for edit, ok in zip(edits, is_valid, strict=True) if ok]
    return Facts(
        landed=len(edits),
        valid=len(valid),
        future=is_valid.count(False),
        late=sum(moment < DAY for moment in moments),
        valid_by_robots=sum(edit["isRobot"] for edit in valid),
        people=frozenset(hashed(edit["user"]) for edit in valid if not edit["isRobot"]),
    )


def facts_of(mart: Mart) -> Facts:
    ((landed, valid, late, by_robots),) = mart.query(
        "select sum(line_count), sum(valid_count), sum(late_count), sum(bot_count)"
        " from marts.fct_landed_files where source = 'wikipedia'"
    )
    ((future,),) = mart.query(
        "select count(*) from intermediate.int_rejected_events"
        " where source = 'wikipedia' and violations = ['future_time']"
    )
    people = mart.query(
        "select distinct user_id from marts.fct_sessions where source = 'wikipedia'"
    )
    return Facts(landed, valid, future, late, by_robots, frozenset(name for (name,) in people))


@pytest.fixture(scope="module")
def alone() -> Mart:
    return wikipedia_mart()


def test_the_marts_hold_what_the_log_holds(alone: Mart) -> None:
    assert facts_of(alone) == count(alone.landing / LANDED_FILE)


def test_the_real_log_has_the_facts_that_are_known_of_it(alone: Mart) -> None:
    if real_file() is None:
        pytest.skip(
            "the facts of the real Wikipedia log: it is not in LOGMART_REAL_DATA (default"
            " ../shared/data); a generated log of the same shape was built"
        )
    facts = facts_of(alone)
    assert (facts.landed, facts.valid, facts.future, facts.late) == (39_244, 39_203, 41, 4)


def test_robots_are_kept_out_of_active_users(alone: Mart) -> None:
    ((most,),) = alone.query("select max(mau) from marts.active_users_daily")
    assert most == len(facts_of(alone).people)
    assert alone.query(
        "select count(*) from marts.fct_events where is_bot and session_id is not null"
    ) == [(0,)]


@pytest.mark.deep
def test_the_generated_log_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGMART_REAL_DATA", str(tmp_path / "nowhere"))
    mart = Mart(tmp_path, sources=("wikipedia",))
    assert "generated" in land_wikipedia(mart.landing)
    mart.build()
    facts = facts_of(mart)
    assert facts == count(mart.landing / LANDED_FILE)
    assert (facts.landed, facts.future, facts.late) == (2000, 10, 4)


@pytest.mark.deep
def test_both_sources_build_side_by_side(alone: Mart, tmp_path: Path) -> None:
    both = Mart(tmp_path, sources=("app", "wikipedia"))
    land_wikipedia(both.landing)
    opened = app_event("app_opened", {"launchSource": "icon"}, userId="somebody on the app")
    both.land("app/dt=2026-03-31/events.jsonl", [opened])
    both.build()
    assert facts_of(both) == facts_of(alone)
    assert both.query(
        "select source, count(*) from marts.fct_events group by source order by source"
    ) == [("app", 1), ("wikipedia", facts_of(alone).valid)]
    assert both.query(
        "select dau from marts.active_users_daily where activity_date = date '2026-03-31'"
    ) == [(1,)]
