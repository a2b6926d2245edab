"""Each planted defect is where the list says, and nothing else is wrong."""

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from landing_judge import HORIZON, ROBOT, Sample, moment

KINDS = {
    "duplicate_within_horizon",
    "duplicate_beyond_horizon",
    "late_arrival",
    "too_late",
    "old_partition_file",
    "unplanned_event",
    "missing_required",
    "wrong_type",
    "not_allowed",
    "out_of_range",
    "pattern_mismatch",
    "future_time",
    "bot",
    "no_event_id",
    "unreadable_line",
    "silent_version",
}


def test_every_kind_is_planted(sample: Sample) -> None:
    assert {row["kind"] for row in sample.planted} == KINDS


def test_a_row_has_at_most_one_defect(sample: Sample) -> None:
    counts = Counter((row["file"], row["line"]) for row in sample.planted)
    assert max(counts.values()) == 1


def test_every_planted_row_is_judged_as_listed(sample: Sample) -> None:
    for place, row in sample.planted_at.items():
        line = sample.lines[place]
        assert line.violations == ([row["violation"]] if row["violation"] else []), row
        if row["kind"] != "unreadable_line":
            assert line.event_id == row["event_id"], row


def test_rows_not_planted_are_sound(sample: Sample) -> None:
    sound = [line for place, line in sample.lines.items() if place not in sample.planted_at]
    assert [line for line in sound if line.violations] == []
    assert [line for line in sound if line.is_robot or not line.event_id] == []
    ids = Counter(line.event_id for line in sound)
    assert max(ids.values()) == 1
    assert max(line.received - line.occurred for line in sound) < timedelta(minutes=5)


def test_copies_within_the_horizon_are_the_listed_ones(sample: Sample) -> None:
    copies = defaultdict(list)
    for line in sample.lines.values():
        if line.event_id:
            copies[line.event_id].append(line)
    found = set()
    for lines in copies.values():
        lines.sort(key=lambda line: (line.received, line.file, line.number))
        for earlier, later in zip(lines, lines[1:], strict=False):
            if later.landed - earlier.landed < HORIZON:
                found.add((later.file, later.number))
    listed = {(row["file"], row["line"]) for row in sample.of_kind("duplicate_within_horizon")}
    assert found == listed


def test_copies_are_exact_or_received_later(sample: Sample) -> None:
    firsts = sample.firsts()
    spread = set()
    for row in sample.of_kind("duplicate_within_horizon"):
        copy, first = sample.lines[row["file"], row["line"]], firsts[row["event_id"]]
        assert (copy.text == first.text) == row["detail"]["is_exact"]
        assert copy.received >= first.received == moment(row["detail"]["first_received_at"])
        assert (copy.landed - first.landed).days == row["detail"]["landed_after_days"] <= 29
        spread.add((row["detail"]["is_exact"], copy.landed == first.landed))
    assert len(spread) == 4


def test_copies_beyond_the_horizon_come_after_it(sample: Sample) -> None:
    firsts = sample.firsts()
    for row in sample.of_kind("duplicate_beyond_horizon"):
        copy = sample.lines[row["file"], row["line"]]
        assert copy.landed - firsts[row["event_id"]].landed > HORIZON


def test_late_rows_are_days_late(sample: Sample) -> None:
    for row in sample.of_kind("late_arrival"):
        line = sample.lines[row["file"], row["line"]]
        assert timedelta(days=1) <= line.received - line.occurred <= timedelta(days=25)
    for row in sample.of_kind("too_late"):
        line = sample.lines[row["file"], row["line"]]
        assert line.received - line.occurred >= timedelta(days=32)


def test_rows_of_robots_are_the_listed_ones(sample: Sample) -> None:
    robots = {place for place, line in sample.lines.items() if line.is_robot}
    listed = {(row["file"], row["line"]) for row in sample.of_kind("bot")}
    assert robots == listed
    assert all(ROBOT.search(row["detail"]["user_agent"]) for row in sample.of_kind("bot"))


def test_ids_go_missing_in_three_ways(sample: Sample) -> None:
    ways = {"absent": {}, "null": {"eventId": None}, "empty": {"eventId": ""}}
    seen = set()
    for row in sample.of_kind("no_event_id"):
        fields = sample.lines[row["file"], row["line"]].fields or {}
        has = {key: value for key, value in fields.items() if key == "eventId"}
        assert has == ways[row["detail"]["form"]]
        seen.add(row["detail"]["form"])
    assert seen == set(ways)


def test_unreadable_lines_include_cut_characters(sample: Sample) -> None:
    forms = defaultdict(list)
    for row in sample.of_kind("unreadable_line"):
        forms[row["detail"]["form"]].append(sample.lines[row["file"], row["line"]].text)
    assert set(forms) == {"truncated", "cut_in_character", "braces_gone", "bare_word"}
    for text in forms["cut_in_character"]:
        with pytest.raises(UnicodeDecodeError):
            text.decode("utf-8")
    assert all(text and b"\r" not in text for texts in forms.values() for text in texts)


def test_held_back_files_hold_sound_rows_of_their_day(sample: Sample) -> None:
    for row in sample.of_kind("old_partition_file"):
        lines = [line for (file, _), line in sample.lines.items() if file == row["file"]]
        assert lines
        assert {line.received.date() for line in lines} == {lines[0].landed}
        assert date.fromisoformat(row["detail"]["appeared_on"]) > lines[0].landed
        assert not {place for place in sample.planted_at if place[0] == row["file"]}


def test_the_silent_version_says_nothing_of_one_event_any_more(sample: Sample) -> None:
    (row,) = sample.of_kind("silent_version")
    detail = row["detail"]
    counts: Counter[tuple[bool, bool]] = Counter()
    for line in sample.lines.values():
        if line.fields and line.fields["appVersion"] == detail["app_version"]:
            if "future_time" in line.violations:
                continue
            is_after = line.occurred.date() >= date.fromisoformat(detail["from_date"])
            counts[is_after, line.fields["eventName"] == detail["event_name"]] += 1
    assert counts[True, True] == 0
    assert counts[True, False] > 20
    assert counts[False, True] > 100
