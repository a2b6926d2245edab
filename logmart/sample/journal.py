"""Collects the log lines of one person before they are written to files."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum
from random import Random

from logmart.sample.clock import SECOND_MS, iso, utc_date_text
from logmart.sample.defects import DEFECT_SHARE, plant_defect
from logmart.sample.ids import make_uuid
from logmart.sample.people import Device, Person, app_version, user_agent
from logmart.sample.rows import RawEvent, Row
from logmart.sample.world import World

_SHORTEST_LAG_MS = 300
_LONGEST_LAG_MS = 240 * SECOND_MS
_BACKEND_VERSION = "3.8.2"


class Fate(Enum):
    """The outcome of an event on its way to the landing zone."""

    LANDED = "landed"
    REJECTED = "rejected"
    NOT_LANDED = "not landed"


@dataclass(frozen=True)
class Context:
    """The fields that all lines of a session share: device and platform as JSON, clock, version."""

    device_json: str
    offset_minutes: int
    platform_json: str
    version: str


SERVER = Context(
    device_json="null",
    offset_minutes=0,
    platform_json=(
        f'"platform":"server","appVersion":"{_BACKEND_VERSION}",'
        f'"userAgent":"finapp-backend/{_BACKEND_VERSION} (Linux)"'
    ),
    version=_BACKEND_VERSION,
)


def device_context(world: World, person: Person, device: Device, moment_ms: int) -> Context:
    """Return the context of a session that starts on a person's device at a moment."""
    version = app_version(world, device, moment_ms)
    return Context(
        device_json=f'"{device.device_id}"',
        offset_minutes=person.offset_minutes,
        platform_json=(
            f'"platform":"{device.platform}","appVersion":"{version}",'
            f'"userAgent":"{user_agent(device, version)}"'
        ),
        version=version,
    )


@dataclass
class Journal:
    """The output of one person: app rows, records of the other systems, planted mismatches.

    `rng` is the person's own random generator. `records` maps a landing file's name without suffix,
    such as `bank/dt=2026-01-05/transfers`, to times and lines; `mismatches` maps `bank` and `crm`
    to their planted mismatches.
    """

    world: World
    rng: Random
    rows: list[Row] = field(default_factory=list)
    records: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    mismatches: dict[str, list[dict[str, object]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def emit(
        self, name: str, at_ms: int, context: Context, user_json: str, properties: str
    ) -> Fate:
        """Write an event that occurred at `at_ms`; a small share gets a planted defect, unless the
        sample is clean.

        In: `user_json`, the JSON value of the user id (a quoted text or `null`); `properties`, the
        body of a JSON object, without its braces.
        """
        rng = self.rng
        received_ms = at_ms + _SHORTEST_LAG_MS + int(rng.random() ** 5 * _LONGEST_LAG_MS)
        if at_ms < self.world.start_ms or received_ms >= self.world.end_ms:
            return Fate.NOT_LANDED
        line = (
            f'{{"eventId":"{make_uuid(rng)}","eventName":"{name}","userId":{user_json},'
            f'"deviceId":{context.device_json},"occurredAt":"{iso(at_ms, context.offset_minutes)}",'
            f'"receivedAt":"{iso(received_ms)}",{context.platform_json},'
            f'"properties":{{{properties}}}}}'
        )
        if self.plants(DEFECT_SHARE):
            event = RawEvent(name, line, at_ms, received_ms, context.offset_minutes)
            planting = plant_defect(rng, event, self.world.end_ms)
            if planting is not None:
                self.rows.extend(planting.rows)
                return Fate.REJECTED if planting.is_rejected else Fate.LANDED
        self.rows.append(Row(received_ms, line, None))
        return Fate.LANDED

    def plants(self, share: float) -> bool:
        """Draw whether something is planted in this share of cases: never in a clean sample."""
        return not self.world.parameters.is_clean and self.rng.random() < share

    def record(self, source: str, entity: str, at_ms: int, fields: dict[str, object]) -> None:
        """Write a record of another system into its file for the day of `at_ms`.

        A record from before the window goes to the files of the first day; a record from after the
        window is not written.
        """
        landed_ms = max(at_ms, self.world.start_ms)
        if landed_ms < self.world.end_ms:
            file = f"{source}/dt={utc_date_text(landed_ms)}/{entity}"
            self.records[file].append((at_ms, json.dumps(fields, separators=(",", ":"))))

    def mismatch(self, source: str, kind: str, key: str, **detail: object) -> None:
        """List a planted mismatch of `bank` or `crm`; `key` is the transfer's or message's id."""
        self.mismatches[source].append({"kind": kind, "key": key, "detail": detail})
