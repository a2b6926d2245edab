"""An id that stands for none is nobody's: it is null in the event, and counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mart_runs import (
    CHANGED_VARIABLES,
    NO_ARTIFACTS,
    NO_UNIT_TESTS,
    PROJECT,
    Mart,
    app_event,
    hashed,
)

RUN = ("--exclude-resource-type", "test", *NO_UNIT_TESTS, NO_ARTIFACTS)
PLACEHOLDERS = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"][
    "placeholder_ids"
]


def opened(number: int, **fields: Any) -> dict[str, Any]:
    return app_event("app_opened", {"launchSource": "icon"}, eventId=f"e{number}", **fields)


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    """Four devices, of which one signs in; and every placeholder, as it stands and in capitals."""
    mart = Mart(tmp_path_factory.mktemp("placeholders"))
    texts = [text for placeholder in PLACEHOLDERS for text in (placeholder, placeholder.upper())]
    mart.land(
        "app/dt=2026-03-31/a.jsonl",
        [
            opened(1, userId="u1", deviceId="d1"),
            opened(2, userId="undefined", deviceId="d2"),
            opened(3, userId="undefined", deviceId="d3"),
            opened(4, userId="00000000-0000-0000-0000-000000000000", deviceId="d4"),
            opened(5, userId="u1", deviceId="0"),
            opened(6, userId="none-of-these", deviceId="none_of_these"),
            *(opened(10 + number, userId=text, deviceId="d1") for number, text in enumerate(texts)),
        ],
    )
    mart.build("--select", "+ingestion_findings", "+fct_events", *RUN)
    return mart


def test_four_devices_of_one_user_are_one_user(mart: Mart) -> None:
    assert mart.query("select distinct user_id from marts.fct_events order by user_id") == sorted(
        [(hashed("u1"),), (hashed("none-of-these"),)]
    ) + [(None,)]
    assert mart.query("select device_id from marts.fct_events where event_id = 'e5'") == [(None,)]
    assert mart.query(
        "select count(distinct user_id), count(*) from marts.fct_events"
        " where device_id in (select device_id from marts.fct_events where event_id in"
        " ('e2', 'e3', 'e4'))"
    ) == [(0, 3)]


def test_every_placeholder_is_counted_as_a_finding_and_no_event_is_rejected(mart: Mart) -> None:
    assert len(PLACEHOLDERS) > 8
    assert mart.query(
        "select property, severity, observed_count, compared_count from marts.ingestion_findings"
        " where finding = 'placeholder_id' order by property"
    ) == [
        ("device_id", "warning", 1, 6 + 2 * len(PLACEHOLDERS)),
        ("user_id", "warning", 3 + 2 * len(PLACEHOLDERS), 6 + 2 * len(PLACEHOLDERS)),
    ]
    assert mart.query("select distinct outcome from intermediate.int_judged_events") == [("valid",)]


def test_the_list_can_be_extended(tmp_path: Path) -> None:
    mart = Mart(tmp_path, variables=CHANGED_VARIABLES)
    (placeholder,) = dict(CHANGED_VARIABLES)["placeholder_ids"]
    mart.land(
        "app/dt=2026-03-31/a.jsonl",
        [opened(1, userId=placeholder.capitalize()), opened(2, userId="undefined")],
    )
    mart.build("--select", "+fct_events", *RUN)
    assert mart.query("select user_id from marts.fct_events order by event_id") == [
        (None,),
        (hashed("undefined"),),
    ]
