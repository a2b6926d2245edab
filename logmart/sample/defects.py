"""The defects that are planted in app rows: one small function for each kind.

A function takes a valid event and returns the rows that replace it, or None when the kind does not
fit the event (no such property, no room left in the window).
"""

import json
from collections.abc import Callable
from random import Random

from logmart.plan.grammar import PlannedProperty
from logmart.sample.clock import DAY_MS, HOUR_MS, iso
from logmart.sample.ids import make_uuid
from logmart.sample.plan import EVENTS
from logmart.sample.rows import Plant, Planting, RawEvent, Row

_UNPLANNED = (
    "beta_banner_clicked",
    "debug_ping",
    "transfer_complete",
    "promo_tile_seen",
    "Screen_Viewed",
)
_BARE_WORDS = ("timeout", "upstream_reset", "undefined", "<html>502</html>")
_WRONG_VALUES: dict[str, tuple[object, ...]] = {
    "varchar": (7, True, {"value": "x"}, ["x"]),
    "bigint": ("123", 1.5, True, {"value": 1}, "many"),
    "double": ("0.5", False, [0.5]),
    "boolean": ("yes", "true", 1, {"value": True}),
    "timestamp": ("yesterday", "2026-13-45T99:00:00Z", 1767225600, True),
}
_BAD_PATTERNS = {
    "[0-9]{3}": ("12", "0888", "KB1", ""),
    "[A-Z0-9]{6}": ("abc123", "ABC12", "AB-1234"),
}


Fields = dict[str, object]
Defect = Callable[[Random, RawEvent, int], Planting | None]


def _fields(event: RawEvent) -> Fields:
    parsed: Fields = json.loads(event.line)
    return parsed


def _properties(event: RawEvent) -> Fields:
    properties: Fields = json.loads(event.line)["properties"]
    return properties


def _text(fields: Fields) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _id(fields: Fields) -> str:
    return str(fields["eventId"])


def _sound(event: RawEvent) -> Row:
    return Row(event.received_ms, event.line, None)


def _instead(landed_ms: int, fields: Fields, plant: Plant) -> Planting:
    return Planting((Row(landed_ms, _text(fields), plant),), plant.violation is not None)


def duplicate_within_horizon(rng: Random, event: RawEvent, end_ms: int) -> Planting | None:
    """One or two copies that land 0 to 29 days later, exact or with a later `receivedAt`."""
    rows = [_sound(event)]
    for _ in range(1 if rng.random() < 0.8 else 2):
        days = 0 if rng.random() < 0.6 else rng.randint(1, 29)
        is_exact = rng.random() < 0.4
        landed_ms = event.received_ms + days * DAY_MS
        fields = _fields(event)
        if not is_exact:
            if days == 0:
                midnight_ms = (event.received_ms // DAY_MS + 1) * DAY_MS
                landed_ms = rng.randrange(event.received_ms + 1, max(midnight_ms, landed_ms + 2))
            fields["receivedAt"] = iso(landed_ms)
        if landed_ms >= end_ms:
            continue
        detail: Fields = {
            "is_exact": is_exact,
            "first_received_at": iso(event.received_ms),
            "landed_after_days": landed_ms // DAY_MS - event.received_ms // DAY_MS,
        }
        plant = Plant("duplicate_within_horizon", _id(fields), None, detail)
        rows.append(Row(landed_ms, _text(fields), plant))
    return Planting(tuple(rows), False) if len(rows) > 1 else None


def duplicate_beyond_horizon(rng: Random, event: RawEvent, end_ms: int) -> Planting | None:
    """A copy received more than 31 days after the first: it is too late, and not a duplicate."""
    landed_ms = event.received_ms + rng.randint(32 * DAY_MS, 45 * DAY_MS)
    if landed_ms >= end_ms:
        return None
    fields = _fields(event) | {"receivedAt": iso(landed_ms)}
    detail: Fields = {"first_received_at": iso(event.received_ms)}
    plant = Plant("duplicate_beyond_horizon", _id(fields), "too_late", detail)
    return Planting((_sound(event), Row(landed_ms, _text(fields), plant)), False)


def _delayed(
    event: RawEvent, delay_ms: int, end_ms: int, kind: str, violation: str | None
) -> Planting | None:
    landed_ms = event.occurred_ms + delay_ms
    if landed_ms >= end_ms:
        return None
    fields = _fields(event) | {"receivedAt": iso(landed_ms)}
    detail: Fields = {"days_late": landed_ms // DAY_MS - event.occurred_ms // DAY_MS}
    return _instead(landed_ms, fields, Plant(kind, _id(fields), violation, detail))


def late_arrival(rng: Random, event: RawEvent, end_ms: int) -> Planting | None:
    """Received 1 to 25 days after it occurred: valid, and counted as late."""
    delay_ms = rng.randint(DAY_MS, 25 * DAY_MS)
    return _delayed(event, delay_ms, end_ms, "late_arrival", None)


def too_late(rng: Random, event: RawEvent, end_ms: int) -> Planting | None:
    """Received 32 to 45 days after it occurred: beyond the horizon."""
    delay_ms = rng.randint(32 * DAY_MS, 45 * DAY_MS)
    return _delayed(event, delay_ms, end_ms, "too_late", "too_late")


def unplanned_event(rng: Random, event: RawEvent, _end_ms: int) -> Planting | None:
    """A second event beside the valid one, with a name that the tracking plan does not know."""
    fields = _fields(event)
    name = rng.choice(_UNPLANNED)
    fields |= {
        "eventId": make_uuid(rng),
        "eventName": name,
        "properties": {"slot": rng.randint(1, 9)},
    }
    plant = Plant("unplanned_event", _id(fields), "unplanned_event", {"event_name": name})
    return Planting((_sound(event), Row(event.received_ms, _text(fields), plant)), False)


def _broken(
    event: RawEvent, kind: str, rule: PlannedProperty, properties: Fields, detail: Fields
) -> Planting:
    fields = _fields(event) | {"properties": properties}
    full_detail = {"event_name": event.name, "property": rule.name} | detail
    plant = Plant(kind, _id(fields), f"{kind}:{rule.name}", full_detail)
    return _instead(event.received_ms, fields, plant)


def _with_value(event: RawEvent, kind: str, rule: PlannedProperty, value: object) -> Planting:
    properties = _properties(event) | {rule.name: value}
    return _broken(event, kind, rule, properties, {"value": value})


def _pick(
    rng: Random, event: RawEvent, fits: Callable[[PlannedProperty], bool]
) -> PlannedProperty | None:
    rules = [rule for rule in EVENTS[event.name] if fits(rule)]
    return rng.choice(rules) if rules else None


def missing_required(rng: Random, event: RawEvent, _end_ms: int) -> Planting | None:
    """A required property that is absent or null."""
    rule = _pick(rng, event, lambda each: each.required)
    if rule is None:
        return None
    is_null = rng.random() < 0.4
    properties = _properties(event) | {rule.name: None}
    if not is_null:
        del properties[rule.name]
    return _broken(event, "missing_required", rule, properties, {"is_null": is_null})


def wrong_type(rng: Random, event: RawEvent, _end_ms: int) -> Planting | None:
    """A property with another JSON type than the plan's, castable or not."""
    rule = _pick(rng, event, lambda _: True)
    if rule is None:
        return None
    return _with_value(event, "wrong_type", rule, rng.choice(_WRONG_VALUES[rule.data_type]))


def not_allowed(rng: Random, event: RawEvent, _end_ms: int) -> Planting | None:
    """A value that the plan does not allow, also an allowed one in another case."""
    rule = _pick(rng, event, lambda each: bool(each.allowed))
    if rule is None:
        return None
    value = rng.choice(("unknown", "", str(rule.allowed[0]).upper()))
    return _with_value(event, "not_allowed", rule, value)


def out_of_range(rng: Random, event: RawEvent, _end_ms: int) -> Planting | None:
    """A number below the plan's minimum or above its maximum."""
    rule = _pick(rng, event, lambda each: each.minimum is not None)
    if rule is None:
        return None
    least, most = float(rule.minimum or 0), float(rule.maximum or 0)
    if rule.data_type == "bigint":
        value: float = int(least) - rng.choice((1, 500))
    else:
        value = rng.choice((least - 0.25, most + 0.5))
    return _with_value(event, "out_of_range", rule, value)


def pattern_mismatch(rng: Random, event: RawEvent, _end_ms: int) -> Planting | None:
    """A text that the plan's pattern does not match as a whole."""
    rule = _pick(rng, event, lambda each: bool(each.pattern))
    if rule is None:
        return None
    return _with_value(event, "pattern_mismatch", rule, rng.choice(_BAD_PATTERNS[rule.pattern]))


def future_time(rng: Random, event: RawEvent, _end_ms: int) -> Planting | None:
    """A client's clock that runs hours to days ahead of the collector's."""
    ahead_ms = rng.randint(HOUR_MS, int(20 * DAY_MS * rng.random() ** 3) + 2 * HOUR_MS)
    occurred_ms = event.received_ms + ahead_ms
    fields = _fields(event) | {"occurredAt": iso(occurred_ms, event.offset_minutes)}
    plant = Plant("future_time", _id(fields), "future_time", {"ahead_ms": ahead_ms})
    return _instead(event.received_ms, fields, plant)


def no_event_id(rng: Random, event: RawEvent, _end_ms: int) -> Planting | None:
    """An event whose id is absent, null or empty: it is valid, and keyed by its file and line."""
    fields = _fields(event)
    form = rng.choice(("absent", "null", "empty"))
    if form == "absent":
        del fields["eventId"]
    else:
        fields["eventId"] = None if form == "null" else ""
    plant = Plant("no_event_id", None, None, {"form": form, "event_name": event.name})
    return _instead(event.received_ms, fields, plant)


def unreadable_line(rng: Random, event: RawEvent, _end_ms: int) -> Planting | None:
    """A line that is not JSON: cut, cut inside a character, without braces, or a bare word."""
    line = event.line
    wide = [position for position, character in enumerate(line) if character > "\x7f"]
    forms = ["truncated", "braces_gone", "bare_word"]
    form = rng.choice(forms) if not wide or rng.random() < 0.3 else "cut_in_character"
    if form == "truncated":
        text = line[: rng.randrange(1, len(line))]
    elif form == "cut_in_character":
        cut = line[: rng.choice(wide) + 1].encode()
        text = cut[: -rng.randint(1, 2)].decode("utf-8", "surrogateescape")
    elif form == "braces_gone":
        text = line[: line.index('"properties":') + len('"properties":')] + "}"
    else:
        text = rng.choice(_BARE_WORDS)
    detail: Fields = {"form": form, "event_name": event.name}
    plant = Plant("unreadable_line", None, "unreadable_line", detail)
    return Planting((Row(event.received_ms, text, plant),), True)


_SHARES: tuple[tuple[float, Defect], ...] = (
    (0.0055, duplicate_within_horizon),
    (0.0015, duplicate_beyond_horizon),
    (0.0045, late_arrival),
    (0.0015, too_late),
    (0.0015, unplanned_event),
    (0.0015, missing_required),
    (0.0020, wrong_type),
    (0.0012, not_allowed),
    (0.0015, out_of_range),
    (0.0060, pattern_mismatch),
    (0.0010, future_time),
    (0.0010, no_event_id),
    (0.0010, unreadable_line),
)
DEFECT_SHARE = sum(share for share, _ in _SHARES)
"""The share of valid events for which a defect is drawn."""

_DEFECTS = [defect for _, defect in _SHARES]
_WEIGHTS = [share for share, _ in _SHARES]


def plant_defect(rng: Random, event: RawEvent, end_ms: int) -> Planting | None:
    """Return the rows that replace `event`, or None when the drawn kind does not fit the event.

    Nothing lands at or after `end_ms`, the end of the window.
    """
    return rng.choices(_DEFECTS, _WEIGHTS)[0](rng, event, end_ms)
