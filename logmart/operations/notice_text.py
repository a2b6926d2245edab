"""What a notice says: which subject, what was expected, what is, who owns it, what to do next.

Names and messages come from logs and files, so they are untrusted: each becomes one line of visible
characters, of a limited length.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

_LONGEST_FIELD = 300


@dataclass(frozen=True)
class Notice:
    """A row of the mart notices_due: one person is to be told of one incident.

    `escalation_level` is 0 for the first notice; `fallback_data_date` is the date of the data that
    readers go on to see, None where nothing fell back; `opened_at` is in UTC.
    """

    incident_id: str
    escalation_level: int
    recipient: str
    severity: str
    owner: str
    subject_kind: str
    subject: str
    expected: str
    observed: str
    next_action: str
    fallback_data_date: date | None
    opened_at: datetime
    affected_count: int


def notice_lines(notice: Notice) -> list[str]:
    """Return a notice as lines of text, without any markup."""
    level = notice.escalation_level
    told = f"{notice.recipient}, escalation {level}" if level else notice.recipient
    lines = [
        f"{notice.severity.upper()}: {notice.subject_kind} {notice.subject}",
        f"Expected: {notice.expected}",
        f"Observed: {notice.observed}",
        f"Owner: {notice.owner} (told: {told})",
        f"Next: {notice.next_action}",
    ]
    if notice.fallback_data_date is not None:
        lines.append(f"Fallback: readers see the data of {notice.fallback_data_date}")
    if notice.affected_count > 1:
        lines.append(f"Affected: {notice.affected_count} subjects, told by this one notice")
    opened = notice.opened_at.strftime("%Y-%m-%d %H:%M UTC")
    lines.append(f"Incident {notice.incident_id}, open since {opened}")
    return [one_line(line) for line in lines]


def notice_record(notice: Notice) -> dict[str, object]:
    """Return a notice as a JSON object, its moments and dates as ISO texts."""
    return {
        name: one_line(value) if isinstance(value, str) else _json_value(value)
        for name, value in asdict(notice).items()
    }


def one_line(text: str) -> str:
    """Return a text as one line: white space is one blank, what cannot be seen is left out.

    A terminal would obey a control character, and a line break would forge a line of the notice.
    """
    words = " ".join(text.split())
    visible = "".join(character for character in words if character.isprintable())
    is_long = len(visible) > _LONGEST_FIELD
    return f"{visible[: _LONGEST_FIELD - 1]}…" if is_long else visible


def _json_value(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
