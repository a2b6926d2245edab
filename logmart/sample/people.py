"""The people of the sample: their attributes, their devices, and when they join and leave."""

from bisect import bisect_right
from dataclasses import dataclass
from random import Random

from logmart.sample.clock import DAY_MS, HOUR_MS
from logmart.sample.ids import make_id
from logmart.sample.world import World

SEOUL_OFFSET_MINUTES = 540
_OTHER_OFFSETS = (-300, 330, 0, 60, 480, -480)
_SHARES_DEVICE_EVERY = 25
_IPHONES = ("iPhone; iOS 18.5", "iPhone; iOS 19.2", "iPad; iPadOS 19.1")
_ANDROIDS = ("Android 14; SM-S921N", "Android 15; SM-S931N", "Android 13; Pixel 7")
_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1 Version/18.0 Safari/605.1",
)
_REGIONS = ("KR-11", "KR-41", "KR-26", "KR-28", "KR-27", "KR-30", "KR-29", "KR-49")


@dataclass(frozen=True)
class Device:
    """A phone, tablet or browser. It installs a release `upgrade_lag_days` after it came out."""

    device_id: str
    platform: str
    hardware: str
    upgrade_lag_days: float


@dataclass(frozen=True)
class Person:
    """One person: an existing customer, a person who signs up within the window, or a visitor.

    `joins_ms` is when the person becomes a customer; for a new person it is at first the beginning
    of the session with the sign-up. `leaves_ms` is when the person stops using the app. A visitor
    comes once, at `joins_ms`, and never finishes signing up.
    """

    number: int
    user_id: str
    is_visitor: bool
    is_new: bool
    joins_ms: int
    leaves_ms: int
    offset_minutes: int
    devices: tuple[Device, ...]
    activity: float
    birth_year: int
    region: str
    segment: str
    marketing_consent: bool


def make_devices(seed: int, number: int) -> tuple[Device, ...]:
    """Return the one to three devices that the person `number` owns, the main one first."""
    rng = Random(f"{seed}:devices:{number}")
    count = rng.choices((1, 2, 3), (68, 26, 6))[0]
    devices = []
    for position in range(count):
        platform = rng.choices(
            ("android", "ios", "web"), (58, 34, 8) if position == 0 else (25, 25, 50)
        )[0]
        hardware = {"android": _ANDROIDS, "ios": _IPHONES, "web": _BROWSERS}[platform]
        is_laggard = rng.random() < 0.12
        devices.append(
            Device(
                device_id=make_id(rng, "d"),
                platform=platform,
                hardware=rng.choice(hardware),
                upgrade_lag_days=rng.expovariate(1 / 70 if is_laggard else 1 / 6),
            )
        )
    return tuple(devices)


def make_person(world: World, number: int, rng: Random) -> Person:
    """Return the person `number`, drawn from `rng`.

    One in 25 also uses the main device of the person before, as members of a household do.
    """
    parameters = world.parameters
    kind = rng.random()
    is_visitor = kind < 0.06
    is_new = not is_visitor and kind < 0.42
    window_ms = world.end_ms - world.start_ms
    if is_visitor or is_new:
        joins_ms = world.start_ms + int(window_ms * rng.random() ** 0.7)
        stays_days = rng.expovariate(1 / 4 if rng.random() < 0.3 else 1 / 150)
        leaves_ms = joins_ms + HOUR_MS + int(stays_days * DAY_MS)
    else:
        joins_ms = world.start_ms - int(rng.random() ** 1.5 * 700 * DAY_MS) - HOUR_MS
        leaves_ms = world.start_ms + int(rng.expovariate(1 / 210) * DAY_MS)
    devices = make_devices(parameters.seed, number)
    if number % _SHARES_DEVICE_EVERY == 1:
        devices += make_devices(parameters.seed, number - 1)[:1]
    first_year = parameters.start.year
    return Person(
        number=number,
        user_id=f"u_{number + 1:08d}",
        is_visitor=is_visitor,
        is_new=is_new,
        joins_ms=joins_ms,
        leaves_ms=leaves_ms,
        offset_minutes=(
            SEOUL_OFFSET_MINUTES if rng.random() < 0.93 else rng.choice(_OTHER_OFFSETS)
        ),
        devices=devices,
        activity=rng.betavariate(1.3, 2.7),
        birth_year=first_year - 19 - int(rng.random() * rng.random() * 60),
        region=rng.choice(_REGIONS),
        segment=rng.choices(("mass", "youth", "affluent", "premium"), (60, 22, 14, 4))[0],
        marketing_consent=rng.random() < 0.72,
    )


def app_version(world: World, device: Device, moment_ms: int) -> str:
    """Return the app version on a device. The web has versions of its own, always the newest."""
    day = (moment_ms - world.start_ms) / DAY_MS
    if device.platform == "web":
        return f"7.0.{int((day + 70) // 7)}"
    position = bisect_right(
        world.releases, day - device.upgrade_lag_days, key=lambda release: release.day
    )
    return world.releases[max(0, position - 1)].version


def user_agent(device: Device, version: str) -> str:
    """Return the user agent that a device sends."""
    if device.platform == "web":
        return device.hardware
    return f"Finapp/{version} ({device.hardware})"


def push_device(person: Person) -> Device:
    """Return the device that receives a person's pushes: the first phone, else a browser."""
    phones = (device for device in person.devices if device.platform != "web")
    return next(phones, person.devices[0])
