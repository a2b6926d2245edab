"""An independent reader and judge of a sample: it shares no code with what wrote it."""

import gzip
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

HORIZON = timedelta(days=30)
TOLERANCE = timedelta(minutes=10)
REQUIRED = {
    "app_opened": "launchSource",
    "screen_viewed": "screenName",
    "logged_in": "method",
    "signup_started": "",
    "signup_identity_verified": "method",
    "signup_completed": "marketingConsent",
    "account_linked": "bankCode accountType",
    "transfer_started": "transferId amount channel",
    "transfer_confirmed": "transferId amount authMethod",
    "transfer_completed": "transferId amount bankCode",
    "transfer_failed": "transferId amount errorCode",
    "card_application_started": "applicationId cardProduct",
    "card_application_submitted": "applicationId",
    "card_application_decided": "applicationId isApproved decidedAt",
    "push_received": "messageId campaignId",
    "push_opened": "messageId campaignId",
}
OPTIONAL = {
    "app_opened": "campaignId",
    "screen_viewed": "previousScreen durationMs scrollDepth",
    "signup_started": "referralCode",
    "signup_identity_verified": "attempts",
    "account_linked": "isPrimary consentExpiresAt",
    "transfer_completed": "fee",
    "card_application_submitted": "annualIncome employment",
    "card_application_decided": "creditLimit",
}
MINIMUM = {
    "durationMs": 0,
    "scrollDepth": 0,
    "attempts": 1,
    "amount": 1,
    "fee": 0,
    "annualIncome": 0,
    "creditLimit": 0,
}
BOOLEANS = {"marketingConsent", "isPrimary", "isApproved"}
TIMESTAMPS = {"consentExpiresAt", "decidedAt"}
PATTERN = {"bankCode": "[0-9]{3}", "referralCode": "[A-Z0-9]{6}"}
ALLOWED = {
    "launchSource": "icon push deeplink widget",
    "logged_in.method": "password pin biometric",
    "signup_identity_verified.method": "phone bank_account id_card",
    "accountType": "checking savings brokerage",
    "channel": "contact account qr",
    "authMethod": "pin biometric",
    "cardProduct": "check credit prepaid",
    "employment": "employed self_employed student other",
}
ROBOT = re.compile("bot|headless|python-requests", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """A landed line of the app and where it was found."""

    file: str
    number: int
    text: bytes

    @property
    def landed(self) -> date:
        """Return the date of the partition."""
        return date.fromisoformat(self.file.split("dt=")[1][:10])

    @cached_property
    def fields(self) -> dict[str, Any] | None:
        """Return the JSON object, or None where there is none."""
        try:
            parsed = json.loads(self.text.decode("utf-8"))
        except ValueError:
            return None
        return parsed if isinstance(parsed, dict) else None

    @property
    def event_id(self) -> str | None:
        """Return the id, None where it is absent, null or empty."""
        return (self.fields or {}).get("eventId") or None

    @property
    def received(self) -> datetime:
        """Return the collector's moment, in UTC."""
        return (
            moment(self.fields["receivedAt"]) if self.fields else datetime.min.replace(tzinfo=UTC)
        )

    @property
    def occurred(self) -> datetime:
        """Return the client's moment, in UTC."""
        return (
            moment(self.fields["occurredAt"]) if self.fields else datetime.min.replace(tzinfo=UTC)
        )

    @property
    def is_robot(self) -> bool:
        """Tell whether the user agent is a robot's."""
        return bool(self.fields and ROBOT.search(self.fields["userAgent"]))

    @cached_property
    def violations(self) -> list[str]:
        """Return the reasons for which the line is to be rejected."""
        if self.fields is None:
            return ["unreadable_line"]
        found = []
        if self.occurred > self.received + TOLERANCE:
            found.append("future_time")
        midnight = datetime(self.landed.year, self.landed.month, self.landed.day, tzinfo=UTC)
        if self.occurred < max(midnight, self.received - timedelta(days=1)) - HORIZON:
            found.append("too_late")
        name = self.fields["eventName"]
        if name not in REQUIRED:
            return [*found, "unplanned_event"]
        properties = self.fields["properties"]
        for key in REQUIRED[name].split():
            if properties.get(key) is None:
                found.append(f"missing_required:{key}")
        for key in (*REQUIRED[name].split(), *OPTIONAL.get(name, "").split()):
            if properties.get(key) is not None:
                reason = judge_value(name, key, properties[key])
                found += [f"{reason}:{key}"] if reason else []
        return found


@dataclass(frozen=True)
class Sample:
    """A sample below `out`, read whole."""

    out: Path
    lines: dict[tuple[str, int], Line]
    planted: list[dict[str, Any]]

    @cached_property
    def planted_at(self) -> dict[tuple[str, int], dict[str, Any]]:
        """Return the planted rows by file and line; whole files and versions are not among them."""
        return {(row["file"], row["line"]): row for row in self.planted if row["line"] is not None}

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Return the planted rows of a kind."""
        return [row for row in self.planted if row["kind"] == kind]

    def firsts(self) -> dict[str | None, Line]:
        """Return the lines in which nothing was planted, by the id of their event."""
        sound = (line for place, line in self.lines.items() if place not in self.planted_at)
        return {line.event_id: line for line in sound}

    def kept(self) -> list[Line]:
        """Return the valid lines, of copies of one id only the first by receipt, file and line."""
        copies = defaultdict(list)
        for line in self.lines.values():
            if not line.violations:
                copies[line.event_id or (line.file, line.number)].append(line)
        return [
            min(each, key=lambda line: (line.received, line.file, line.number))
            for each in copies.values()
        ]

    def records(self, source: str, entity: str) -> list[dict[str, Any]]:
        """Return the records of a bank's or CRM's entity with the date each landed, `dt`."""
        paths = sorted((self.out / "landing" / source).glob(f"dt=*/{entity}.jsonl.gz"))
        return [
            json.loads(line) | {"dt": path.parent.name[3:]}
            for path in paths
            for line in read_lines(path)
        ]


def judge_value(event: str, key: str, value: object) -> str | None:
    """Return the reason for which a property's value is wrong, None when it is right."""
    allowed = ALLOWED.get(key, ALLOWED.get(f"{event}.{key}"))
    pattern = PATTERN.get(key)
    if not has_right_type(key, value):
        return "wrong_type"
    if allowed is not None and value not in allowed.split():
        return "not_allowed"
    if pattern is not None and not re.fullmatch(pattern, str(value)):
        return "pattern_mismatch"
    if isinstance(value, int | float) and key in MINIMUM:
        is_low = value < MINIMUM[key]
        is_high = key == "scrollDepth" and value > 1
        return "out_of_range" if is_low or is_high else None
    return None


def has_right_type(key: str, value: object) -> bool:
    """Judge a value by its JSON type and, for a timestamp, by its text."""
    if key in BOOLEANS:
        return isinstance(value, bool)
    if key in MINIMUM:
        kinds = float | int if key == "scrollDepth" else int
        return isinstance(value, kinds) and not isinstance(value, bool)
    if key in TIMESTAMPS:
        try:
            return isinstance(value, str) and bool(datetime.fromisoformat(value))
        except ValueError:
            return False
    return isinstance(value, str)


def moment(text: str) -> datetime:
    """Return an ISO 8601 moment with an offset as UTC."""
    parsed = datetime.fromisoformat(text)
    assert parsed.tzinfo is not None, text
    return parsed.astimezone(UTC)


def read_lines(path: Path) -> list[bytes]:
    """Return the lines of a landing file, gzip or Parquet."""
    if path.suffix == ".parquet":
        rows = duckdb.connect().read_parquet(str(path), file_row_number=True)
        return [
            line.encode() for (line,) in rows.order("file_row_number").project("line").fetchall()
        ]
    return gzip.decompress(path.read_bytes()).removesuffix(b"\n").split(b"\n")


def read_sample(out: Path) -> Sample:
    """Read a sample whole."""
    root = out / "landing"
    lines = {}
    for path in sorted((root / "app").rglob("events-*")):
        file = path.relative_to(root).as_posix()
        for number, text in enumerate(read_lines(path), 1):
            lines[file, number] = Line(file, number, text)
    planted = (out / "planted" / "app.jsonl").read_text("utf-8").splitlines()
    return Sample(out, lines, [json.loads(row) for row in planted])
