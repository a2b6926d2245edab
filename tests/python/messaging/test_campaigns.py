from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from logmart.errors import CommandError
from logmart.messaging.campaigns import MESSAGING, campaign_ids, read_campaign, read_campaigns
from message_mart import CAMPAIGN, ZONE

GIVEN = {
    "name": "weekend_coupons_1",
    "channel": "push",
    "template": "spring",
    "waves": [date(2026, 3, 9), date(2026, 3, 2)],
    "ends_on": date(2026, 3, 10),
    "window": {"start": "09:00", "end": "20:00"},
    "holdout_share": 0,
}


def write(folder: Path, query: str | None = CAMPAIGN.query, **fields: Any) -> Path:
    for name in ("campaigns", "templates"):
        (folder / name).mkdir()
    given = {key: value for key, value in {**GIVEN, **fields}.items() if value is not None}
    (folder / "campaigns/spring.yml").write_text(yaml.safe_dump(given))
    if query is not None:
        (folder / "campaigns/spring.sql").write_text(query)
    (folder / "templates/spring.txt").write_text("Spring\nHello\n")
    return folder


def test_a_campaign_is_read_from_its_two_files(tmp_path: Path) -> None:
    campaign = read_campaign("spring", write(tmp_path))
    assert (campaign.campaign_id, campaign.query) == ("spring", CAMPAIGN.query)
    assert campaign.window == CAMPAIGN.window
    assert campaign.starts_at(ZONE) == datetime(2026, 3, 1, 15, tzinfo=UTC)
    assert campaign.ends_at(ZONE) == datetime(2026, 3, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"channel": "mail"}, "channel is 'mail'"),
        ({"template": "winter"}, "template: there is no .*winter.txt"),
        ({"template": "../winter"}, "template is '../winter'"),
        ({"name": None}, "name"),
        ({"waves": []}, "waves is"),
        ({"ends_on": date(2026, 3, 8)}, "ends_on is before the last wave"),
        ({"window": {"start": "20:00", "end": "09:00"}}, "a window ends after it starts"),
        ({"window": {"start": "09:00", "end": 1260}}, "give a local time in quotes"),
        ({"holdout_share": 1}, "holdout_share is 1"),
        ({"holdout": 0.1}, "unknown key holdout; did you mean holdout_share"),
        ({"query": ""}, "spring.sql is empty"),
        ({"query": None}, "spring.sql cannot be read"),
    ],
)
def test_a_wrong_file_is_one_line_that_names_it(
    tmp_path: Path, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(CommandError, match=said) as raised:
        read_campaign("spring", write(tmp_path, **fields))
    assert re.search(r"spring\.(yml|sql)", str(raised.value))
    assert "\n" not in str(raised.value)


def test_an_unknown_campaign_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no campaign sprung in .*: did you mean spring?"):
        read_campaign("sprung", write(tmp_path))


@pytest.mark.parametrize(
    ("day", "wave"),
    [(1, None), (2, 2), (8, 2), (9, 9), (10, 9), (11, None)],
)
def test_a_wave_lasts_until_the_next_and_the_last_one_until_the_end(
    day: int, wave: int | None
) -> None:
    expected = wave and date(2026, 3, wave)
    assert CAMPAIGN.wave(date(2026, 3, day)) == expected


@pytest.mark.parametrize(
    ("clock", "zone", "opens_at"),
    [
        # By night the window of the same morning follows, from its end on that of the next day.
        ("2026-03-02T17:30+00:00", ZONE, "2026-03-03T00:00"),
        ("2026-03-03T10:59+00:00", ZONE, "2026-03-03T00:00"),
        ("2026-03-03T11:00+00:00", ZONE, "2026-03-04T00:00"),
        # Summer time begins there on the next day.
        ("2026-03-28T20:00+00:00", "Europe/Berlin", "2026-03-29T07:00"),
    ],
)
def test_the_window_is_by_the_clock_of_a_time_zone(clock: str, zone: str, opens_at: str) -> None:
    found = CAMPAIGN.window.opens_at(datetime.fromisoformat(clock), zone)
    assert f"{found:%Y-%m-%dT%H:%M%Z}" == f"{opens_at}UTC"


def test_a_wave_ends_when_the_next_begins_or_the_campaign_ends() -> None:
    ends = [CAMPAIGN.wave_ends_at(wave, ZONE) for wave in CAMPAIGN.waves]
    assert ends == [datetime(2026, 3, day, 15, tzinfo=UTC) for day in (8, 10)]


def test_every_campaign_of_the_repository_can_be_read() -> None:
    campaigns = read_campaigns()
    assert [campaign.campaign_id for campaign in campaigns] == campaign_ids(MESSAGING)
    assert {campaign.channel for campaign in campaigns} == {"push", "message"}
