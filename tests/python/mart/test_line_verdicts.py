"""Lines that are no clean JSON object, and what the mart makes of them, in events and records."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from logmart.landed.identifiers import erased_line
from logmart.landed.text_files import LONGEST_LINE_BYTES
from mart_runs import NO_ARTIFACTS, NO_UNIT_TESTS, PROJECT, Mart, app_event

DAY = "dt=2026-03-31"
JUDGED = (
    *("build", "--select", "+int_judged_events", "+stg_bank__users"),
    *("--exclude-resource-type", "test", *NO_UNIT_TESTS, NO_ARTIFACTS),
)
STATE = {
    "userId": "u1",
    "createdAt": "2026-03-31T00:00:00Z",
    "updatedAt": "2026-03-31T00:00:00Z",
    "status": "active",
    "marketingConsent": True,
}


def viewed(screen: str, event_id: str) -> dict[str, Any]:
    return app_event("screen_viewed", {"screenName": screen}, eventId=event_id)


def with_bytes(line: dict[str, Any]) -> bytes:
    """Return a JSON line with an invalid byte in place of each question mark."""
    return json.dumps(line).encode().replace(b"?", b"\xff")


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    mart = Mart(
        tmp_path_factory.mktemp("lines"),
        record_sources=("bank",),
        variables=(("public_names", ["ios", "android", "finance_super"]),),
    )
    mart.land(
        f"app/{DAY}/long.jsonl.gz",
        [
            viewed("home", "short"),
            viewed("x" * 2_040_000, "long"),
            viewed("x" * LONGEST_LINE_BYTES, "too long"),
            viewed("home", "last"),
        ],
    )
    mart.land(
        f"app/{DAY}/bytes.jsonl",
        [
            viewed("home", "clean"),
            with_bytes(viewed("h?me", "bytes")),
            viewed("h\ufffdme", "replaced by the sender"),
            with_bytes(app_event("screen_viewed", {"screenName": "home"}, userId="u?")),
            b'{"eventId": "\xff',
            '{"logmart":"erased"}',
            erased_line("0" * 32),
        ],
    )
    mart.land(
        f"bank/{DAY}/users.jsonl",
        [
            STATE,
            with_bytes({**STATE, "userId": "u?"}),
            {**STATE, "note": "x" * LONGEST_LINE_BYTES},
            b'{"userId": "\xff',
        ],
    )
    named = [
        {"userId": "app_opened", "deviceId": "android", "platform": "android"},
        {"userId": "finance_super", "appVersion": "finance_super"},
        {"userId": "android", "platform": "android_shop"},
    ]
    mart.land(
        f"app/{DAY}/names.jsonl",
        [
            app_event("app_opened", {"launchSource": "icon"}, **{"eventId": f"e{n}", **fields})
            for n, fields in enumerate(named, 1)
        ],
    )
    assert mart.failures(*JUDGED) == ""
    return mart


def test_a_line_of_any_length_up_to_the_limit_loads_and_a_longer_one_is_rejected(
    mart: Mart,
) -> None:
    assert mart.query(
        "select line_number, outcome, violations, length(masked_line)"
        " from intermediate.int_judged_events where landing_file like '%/long%' order by 1"
    ) == [
        (1, "valid", [], None),
        (2, "valid", [], None),
        (3, "rejected", ["line_too_long"], 1_000),
        (4, "valid", [], None),
    ]


def test_an_event_whose_bytes_were_replaced_is_rejected_and_no_sender_erases_a_line(
    mart: Mart,
) -> None:
    assert mart.query(
        "select line_number, event_name, outcome, violations"
        " from intermediate.int_judged_events where landing_file like '%/bytes%' order by 1"
    ) == [
        (1, "screen_viewed", "valid", []),
        (2, "screen_viewed", "rejected", ["invalid_utf8"]),
        (3, "screen_viewed", "rejected", ["invalid_utf8"]),
        (4, "screen_viewed", "rejected", ["invalid_utf8"]),
        (5, None, "rejected", ["unreadable_line"]),
        *(
            (number, None, "rejected", ["missing_required:occurred_at", "unplanned_event"])
            for number in (6, 7)
        ),
    ]


def test_records_are_held_to_the_same(mart: Mart) -> None:
    assert mart.query(
        "select line_number, violations, length(masked_line) from staging.stg_bank__users"
        " order by 1"
    ) == [
        (1, [], None),
        (2, ["invalid_utf8"], None),
        (3, ["line_too_long"], 1_000),
        (4, ["unreadable_line"], 13),
    ]


def test_the_longest_line_is_one_number() -> None:
    macros = (PROJECT / "macros/landing/line_verdicts.sql").read_text("utf-8")
    assert re.findall(r"\d{5,}", macros) == [str(LONGEST_LINE_BYTES), "65533"]
    docs = [PROJECT / "docs" / name for name in ("tracking-plan.md", "bring-your-own-logs.md")]
    assert all(f"{LONGEST_LINE_BYTES >> 20} MiB" in path.read_text("utf-8") for path in docs)


def test_a_name_that_is_nobodys_is_shown_though_an_id_is_the_same(mart: Mart) -> None:
    shown = mart.query(
        "select event_id, event_name, platform, app_version"
        " from intermediate.int_judged_events where landing_file like '%/names%' order by 1"
    )
    assert shown == [
        ("e1", "app_opened", "android", "5.2.0"),
        ("e2", "app_opened", "ios", "finance_super"),
        ("e3", "app_opened", "aaaaaaa_aaaa", "5.2.0"),
    ]
