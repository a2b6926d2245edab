"""What `logmart source add` guesses of a file, and what it refuses."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest

from logmart.errors import CommandError
from logmart.source.guess import facts_of
from logmart.source.personal import personal_class
from logmart.source.plan_proposal import data_type
from logmart.source.proposal import Arrival, Choices, Proposal, propose
from logmart.source.sample import read_sample
from logmart.source.times import form_of, moment
from made_exports import (
    amplitude_rows,
    ga4_rows,
    json_lines,
    segment_rows,
    shop_rows,
    table,
    tracks_rows,
)

ARRIVAL = Arrival(date(2026, 3, 2), 30)


def proposed(path: Path, content: str | bytes, choices: Choices | None = None) -> Proposal:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return propose("shop", read_sample((path,)), choices or Choices(), ARRIVAL)


def origins(proposal: Proposal) -> dict[str, str]:
    return {name: origin.text() for name, origin in proposal.mapping.origins.items()}


def types(proposal: Proposal, event: str) -> dict[str, str]:
    (found,) = (each for each in proposal.events if each.name == event)
    return {each.planned.name: each.planned.data_type for each in found.properties}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", json_lines(shop_rows())),
        ("a.csv", table(shop_rows())),
        ("a.tsv", table(shop_rows(), "\t")),
        ("a.csv.gz", gzip.compress(table(shop_rows(), ";").encode())),
    ],
)
def test_columns_are_found_by_name_and_values(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    proposal = proposed(tmp_path / name, content)
    assert origins(proposal) == {
        "event_name": "event",
        "event_id": "event_id",
        "user_id": "uid",
        "occurred_at": "ts",
    }
    assert [event.name for event in proposal.events] == [
        "page_view",
        "add-to-cart",
        "Order Completed",
    ]
    assert types(proposal, "Order Completed") == {
        "amount": "bigint",
        "price": "varchar",
        "email": "varchar",
        "ratio": "double",
        "is_new": "boolean",
        "zip": "varchar",
    }


def test_a_guess_proposes_rules_and_sets_none(tmp_path: Path) -> None:
    proposal = proposed(tmp_path / "a.csv", table(shop_rows(400)))
    guesses = {each.planned.name: each for each in proposal.events[0].properties}
    assert guesses["amount"].proposed == {"required": True, "minimum": 0}
    assert not any(
        each.planned.required or each.planned.allowed or each.planned.minimum is not None
        for each in guesses.values()
    )
    assert guesses["amount"].planned.description.startswith("Guessed from 134 events: in 134 of")


def test_a_field_with_equal_values_is_no_id(tmp_path: Path) -> None:
    rows = [{**row, "event_id": "same"} for row in shop_rows()]
    assert "event_id" not in origins(proposed(tmp_path / "a.csv", table(rows)))


def test_a_table_without_a_header_is_guessed_by_its_values(tmp_path: Path) -> None:
    proposal = proposed(tmp_path / "a.csv", table(shop_rows(), has_header=False))
    assert proposal.options.columns[:3] == ("column_1", "column_2", "column_3")
    assert origins(proposal)["occurred_at"] == "column_2"
    assert origins(proposal)["event_name"] == "column_3"


@pytest.mark.parametrize(
    ("preset", "name", "content"),
    [
        ("ga4", "a.json", json_lines(ga4_rows())),
        ("segment", "a.json", json_lines(segment_rows())),
        ("segment_tracks", "a.csv", table(tracks_rows())),
        ("amplitude", "a.json", json_lines(amplitude_rows())),
    ],
)
def test_an_export_is_recognized_by_its_fields(
    tmp_path: Path, preset: str, name: str, content: str
) -> None:
    proposal = proposed(tmp_path / name, content)
    assert proposal.preset
    assert proposal.preset.name == preset
    assert {"event_name", "user_id", "device_id", "occurred_at"} <= set(proposal.mapping.origins)
    assert {"utm_source", "utm_medium"} <= {
        each.planned.name for event in proposal.events for each in event.properties
    }


def test_a_session_id_of_the_tracker_is_found(tmp_path: Path) -> None:
    assert proposed(tmp_path / "a", json_lines(ga4_rows())).options.session_property == (
        "ga_session_id"
    )
    rows = [{**row, "sessionId": "s1"} for row in shop_rows()]
    assert proposed(tmp_path / "b", json_lines(rows)).options.session_property == "sessionId"


def test_old_events_are_history_from_the_first_load_on(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert proposed(path, table(shop_rows())).options.history_until is None
    later = propose("shop", read_sample((path,)), Choices(), Arrival(date(2026, 4, 2), 30))
    assert later.options.history_until == date(2026, 4, 2)


@pytest.mark.parametrize(
    ("texts", "form", "has_offset"),
    [
        (["2026-03-01T09:00:00+09:00", "2026-03-01 09:00Z"], "iso", True),
        (["2026-03-01 09:00:00.5"], "iso", False),
        (["2026-03-01 09:00:00 UTC"], "iso_utc", True),
        (["1772355600"], "epoch_seconds", True),
        (["1772355600123"], "epoch_milliseconds", True),
        (["17/May/2015:10:05:03 +0000"], "%d/%b/%Y:%H:%M:%S %z", True),
        (["03/25/2026 01:02 PM"], "%m/%d/%Y %I:%M %p", False),
    ],
)
def test_the_form_of_times_is_found(texts: list[str], form: str, has_offset: bool) -> None:
    found = form_of(texts)
    assert found
    assert (found.form, found.has_offset) == (form, has_offset)


def test_a_moment_is_that_of_its_zone() -> None:
    seoul = moment("2026-03-01 09:00", "iso", "Asia/Seoul")
    assert seoul
    assert seoul.isoformat() == "2026-03-01T00:00:00+00:00"
    assert moment("2026-03-01T09:00:00-05:00", "iso") == moment("2026-03-01T14:00:00Z", "iso")


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("contact", ["a@example.com", "b@example.co.kr"], "DirectIdentifier"),
        ("contact", ["010-1234-5678"], "DirectIdentifier"),
        ("number", ["4111 1111 1111 1111"], "DirectIdentifier"),
        ("number", ["4111 1111 1111 1112"], ""),
        ("number", ["900101-1234567"], "DirectIdentifier"),
        ("sender", ["203.0.113.7", "2001:db8::1"], "Personal"),
        ("account_number", ["x"], "DirectIdentifier"),
        ("birth_date", ["1990-01-01"], "Personal"),
        ("product_name", ["Tea"], ""),
        ("amount", ["12", "13"], ""),
    ],
)
def test_personal_data_is_found_by_name_and_content(
    column: str, values: list[str], expected: str
) -> None:
    assert personal_class(column, values)[0] == expected


def test_a_date_alone_is_a_date_of_the_business(tmp_path: Path) -> None:
    rows = [{**row, "ts": "2026-03-01"} for row in shop_rows()]
    choices = Choices(business_zone="America/New_York")
    proposal = proposed(tmp_path / "a.csv", table(rows), choices)
    assert proposal.mapping.time_zone == "America/New_York"
    assert f"{proposal.earliest:%Y-%m-%d %H:%M}" == "2026-03-01 05:00"
    assert proposed(tmp_path / "b.csv", table(shop_rows()), choices).mapping.time_zone == "UTC"


def test_a_number_is_no_name_of_an_event(tmp_path: Path) -> None:
    rows = [{**row, "event": str(n % 2)} for n, row in enumerate(shop_rows())]
    assert origins(proposed(tmp_path / "a.csv", table(rows)))["event_name"] == "always shop_logged"


def test_a_number_with_a_leading_zero_stays_text() -> None:
    (facts,) = facts_of([{"a": "007"}, {"a": "12"}]).values()
    assert data_type(facts, is_text=True, time_zone="UTC") == "varchar"


HEADER = "event,ts,uid\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (HEADER.encode(), "has a header and no rows"),
        (b"\xff\xfe" + "a,b\n".encode("utf-16-le"), "is UTF-16: convert it with `iconv"),
        (b'[{"a": 1}]\n', "one JSON list and not one object a line"),
        (b"once upon a time\nthere was a log\n", "is neither JSON lines, nor a table"),
        (
            (HEADER + "a,03/04/2026 10:00,u\n" * 20).encode(),
            "are %d/%m/%Y %H:%M or %m/%d/%Y %H:%M, and no text of the sample tells which",
        ),
        (
            (
                HEADER
                + "".join(
                    f"a,{text},u\n"
                    for text in (
                        "2026-03-01T10:00:00Z",
                        "25/03/2026 10:00",
                        "03/25/2026 10:00",
                        "1772355600",
                        "25.03.2026 10:00",
                    )
                    * 5
                )
            ).encode(),
            "are in no single form (iso (5), epoch_seconds (5), ",
        ),
        ((HEADER + "a,never,u\n" * 20).encode(), "no field holds the time of an event"),
    ],
)
def test_a_hostile_file_has_a_clear_answer(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(CommandError) as stopped:
        proposed(tmp_path / "a.csv", content)
    assert message in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_too_many_columns_are_refused_and_some_can_be_chosen(tmp_path: Path) -> None:
    wide = [{**row, **{f"c{n}": str(n) for n in range(3_000)}} for row in shop_rows(3)]
    path = tmp_path / "a.csv"
    with pytest.raises(CommandError, match=r"3,006 properties, and a plan of more than 300"):
        proposed(path, table(wide))
    few = proposed(path, table(wide), Choices(only=frozenset({"c7", "amount"})))
    assert types(few, "page_view") == {"amount": "bigint", "c7": "bigint"}


def test_odd_rows_are_counted(tmp_path: Path) -> None:
    lines = table(shop_rows(30)).splitlines(keepends=True)
    content = "".join([*lines[:10], lines[0], "a,b\n", *lines[10:]]).encode() + b""
    proposal = proposed(tmp_path / "a.csv", content.replace(b"a7@", b"a\xb07@"))
    sample = proposal.sample
    assert (sample.repeated_header_count, sample.unreadable_count) == (1, 1)
    assert sample.broken_utf8_count == 1


def test_a_long_line_and_nested_json_are_read(tmp_path: Path) -> None:
    rows = [{**row, "note": "x" * 5_000_000} for row in shop_rows(1)]
    rows += [{**row, "deep": {"a": {"b": 1}}, "many": [1]} for row in shop_rows(3)]
    proposal = proposed(tmp_path / "a.jsonl", json_lines(rows))
    assert types(proposal, "page_view")["note"] == "varchar"
    assert types(proposal, "page_view")["deep.a.b"] == "varchar"
