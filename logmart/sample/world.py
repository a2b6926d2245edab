"""The parts of the sample that all people share: window, releases, campaigns, held-back files."""

from dataclasses import dataclass
from random import Random

from logmart.sample.clock import DAY_MS, HOUR_MS, utc_date_text
from logmart.sample.parameters import Parameters

_RELEASE_EVERY_DAYS = 13
_FIRST_RELEASE_DAY = -60
_DAYS_PER_CAMPAIGN = 4
_THEMES = (
    "payday_cashback",
    "savings_boost",
    "card_launch",
    "invite_a_friend",
    "travel_insurance",
    "round_up_challenge",
    "loan_check_up",
    "weekend_coupons",
)


@dataclass(frozen=True)
class Release:
    """A version of the mobile app, and its release day, counted from the first landed day."""

    version: str
    day: int


@dataclass(frozen=True)
class SilentVersion:
    """A version of the mobile app in which one event stops at `from_ms`."""

    version: str
    event_name: str
    from_ms: int

    def drops(self, version: str, at_ms: int) -> bool:
        """Return whether a version sends the event no more at a moment."""
        return version == self.version and at_ms >= self.from_ms

    @property
    def detail(self) -> dict[str, str]:
        """Return the detail for the list of planted defects."""
        return {
            "app_version": self.version,
            "event_name": self.event_name,
            "from_date": utc_date_text(self.from_ms),
        }


@dataclass(frozen=True)
class Campaign:
    """A campaign of the CRM; `audience` is the share of consenting customers it addresses."""

    campaign_id: str
    name: str
    channel: str
    starts_ms: int
    ends_ms: int
    holdout_share: float
    audience: float


@dataclass(frozen=True)
class HeldBackFile:
    """A file of the partition of landed day `day` that appears `delay_days` later."""

    day: int
    delay_days: int


@dataclass(frozen=True)
class World:
    """Everything that does not depend on a user.

    In a clean sample no version is silent and no file is held back.
    """

    parameters: Parameters
    start_ms: int
    end_ms: int
    releases: tuple[Release, ...]
    silent: SilentVersion | None
    campaigns: tuple[Campaign, ...]
    held_back: tuple[HeldBackFile, ...]


def make_world(parameters: Parameters) -> World:
    """Return the world of a sample; it depends on the parameters alone."""
    rng = Random(f"{parameters.seed}:world")
    is_clean = parameters.is_clean
    releases = tuple(
        Release(f"5.{number}.0", day)
        for number, day in enumerate(
            range(_FIRST_RELEASE_DAY, parameters.days, _RELEASE_EVERY_DAYS)
        )
    )
    return World(
        parameters=parameters,
        start_ms=parameters.start_ms,
        end_ms=parameters.end_ms,
        releases=releases,
        silent=None if is_clean else _silent_version(parameters, releases),
        campaigns=_campaigns(parameters, rng),
        held_back=() if is_clean else _held_back(parameters, rng),
    )


def _silent_version(parameters: Parameters, releases: tuple[Release, ...]) -> SilentVersion:
    """Silence a version when about a third of the devices still run it, in the second half."""
    days = parameters.days
    release = min(releases, key=lambda each: abs(each.day - days * 0.45))
    from_day = min(max(release.day + 18, days // 2), days - max(1, days // 5))
    return SilentVersion(release.version, "screen_viewed", parameters.start_ms + from_day * DAY_MS)


def _campaigns(parameters: Parameters, rng: Random) -> tuple[Campaign, ...]:
    """Spread campaigns over the window. They send in Seoul's daytime, 01:00 to 11:00 UTC."""
    campaigns = []
    for number in range(max(2, parameters.days // _DAYS_PER_CAMPAIGN)):
        latest = max(0, parameters.days - 3)
        day = min(latest, number * _DAYS_PER_CAMPAIGN + rng.randrange(_DAYS_PER_CAMPAIGN))
        starts_ms = parameters.start_ms + day * DAY_MS + HOUR_MS
        campaigns.append(
            Campaign(
                campaign_id=f"c_{number + 1:04d}",
                name=f"{_THEMES[number % len(_THEMES)]}_{number // len(_THEMES) + 1}",
                channel="message" if number % 3 == 1 else "push",
                starts_ms=starts_ms,
                ends_ms=starts_ms + rng.randrange(3, 8) * DAY_MS,
                holdout_share=rng.choice((0.05, 0.1, 0.2)),
                audience=rng.uniform(0.3, 0.8),
            )
        )
    return tuple(campaigns)


def _held_back(parameters: Parameters, rng: Random) -> tuple[HeldBackFile, ...]:
    """Hold back one file about every fifteen days, for 1 to 12 days but never beyond the window."""
    files = []
    for day in range(min(4, max(0, parameters.days - 2)), parameters.days - 1, 15):
        longest = min(12, parameters.days - 1 - day)
        files.append(HeldBackFile(day, rng.randint(1, longest)))
    return tuple(files)
