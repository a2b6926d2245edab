"""Reads the campaigns: `operations/messaging/campaigns/<campaign>.yml`, and its query beside it.

The name of the files is the campaign's id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from logmart.config_file import Described, did_you_mean, read_config_file
from logmart.errors import CommandError
from logmart.settings import PROJECT

MESSAGING = PROJECT / "operations/messaging"
_CAMPAIGN_ID = re.compile(r"[a-z0-9_]{1,60}")


def _quoted(value: object) -> object:
    # YAML reads 21:00 without quotes as a number.
    if not isinstance(value, str):
        raise ValueError('give a local time in quotes, such as "21:00"')
    return value


_Clock = Annotated[time, BeforeValidator(_quoted)]
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


class Window(Described):
    """The local times of a day between which a campaign sends: `start` <= time < `end`."""

    start: _Clock
    end: _Clock

    @model_validator(mode="after")
    def _ends_after_start(self) -> Window:
        if self.start >= self.end:
            raise ValueError("a window ends after it starts, on the same day")
        return self

    def opens_at(self, at: datetime, time_zone: str) -> datetime:
        """Return when the window opens, in UTC, that is open at a moment or opens next."""
        zone = ZoneInfo(time_zone)
        day = at.astimezone(zone).date()
        if at >= _moment(day, self.end, zone):
            day += timedelta(days=1)
        return _moment(day, self.start, zone)


class _CampaignFile(Described):
    """What a campaign's file gives."""

    name: _Name
    channel: Literal["push", "message"]
    template: _Name
    waves: Annotated[tuple[date, ...], Field(min_length=1)]
    ends_on: date
    window: Window
    holdout_share: Annotated[float, Field(ge=0, lt=1)]

    @model_validator(mode="after")
    def _ends_after_waves(self) -> _CampaignFile:
        if self.ends_on < max(self.waves):
            raise ValueError("ends_on is before the last wave")
        return self


@dataclass(frozen=True)
class Campaign:
    """A campaign. `waves` are the business dates on which it is sent to everybody in its audience
    once more; it is sent until `ends_on`, inclusive. `query` selects user_id from the published
    mart.
    """

    campaign_id: str
    name: str
    channel: str
    template: str
    waves: tuple[date, ...]
    ends_on: date
    window: Window
    holdout_share: float
    query: str

    def wave(self, today: date) -> date | None:
        """Return the wave that is sent on a business date: the last one that has begun; None
        before the first and after the end.
        """
        begun = [wave for wave in self.waves if wave <= today <= self.ends_on]
        return max(begun, default=None)

    def wave_ends_at(self, wave: date, time_zone: str) -> datetime:
        """Return when a wave ends, in UTC: when the next one begins, or the campaign ends."""
        later = [each for each in self.waves if each > wave]
        day = min(later, default=self.ends_on + timedelta(days=1))
        return _moment(day, time(), ZoneInfo(time_zone))

    def starts_at(self, time_zone: str) -> datetime:
        """Return the start of the first wave's date, in UTC."""
        return _moment(min(self.waves), time(), ZoneInfo(time_zone))

    def ends_at(self, time_zone: str) -> datetime:
        """Return the end of the last date, in UTC."""
        return _moment(self.ends_on + timedelta(days=1), time(), ZoneInfo(time_zone))


def read_campaign(campaign_id: str, folder: Path = MESSAGING) -> Campaign:
    """Return a campaign of the folder that holds `campaigns/` and `templates/`.

    Raises CommandError for an unknown campaign or template, and for an invalid file.
    """
    known = campaign_ids(folder)
    if campaign_id not in known:
        hint = did_you_mean(campaign_id, known) if known else "there is none"
        raise CommandError(f"no campaign {campaign_id} in {folder / 'campaigns'}: {hint}")
    path = folder / "campaigns" / f"{campaign_id}.yml"
    if not _CAMPAIGN_ID.fullmatch(campaign_id):
        raise CommandError(f"{path}: name it in lower case letters, digits and _")
    given = read_config_file(path, _CampaignFile)
    template = folder / "templates" / f"{given.template}.txt"
    if not template.is_file():
        raise CommandError(f"{path}: template: there is no {template}: write it, or name another")
    return Campaign(campaign_id, **dict(given), query=_query(path.with_suffix(".sql")))


def read_campaigns(folder: Path = MESSAGING) -> list[Campaign]:
    """Return all campaigns. Raises CommandError for an invalid one."""
    return [read_campaign(campaign_id, folder) for campaign_id in campaign_ids(folder)]


def campaign_ids(folder: Path = MESSAGING) -> list[str]:
    """Return the ids of the campaigns, sorted."""
    return sorted(path.stem for path in (folder / "campaigns").glob("*.yml"))


def _query(path: Path) -> str:
    try:
        query = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: write the query of the audience") from error
    if not query:
        raise CommandError(f"{path} is empty: write the query of the audience")
    return query


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
