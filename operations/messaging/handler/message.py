"""A message of the queue: what it says, and when it may be sent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

CHANNELS = frozenset({"push", "message"})
# A name becomes part of a path and of a line of the log.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_HASH = re.compile(r"[0-9a-f]{32}")


class MessageError(Exception):
    """A message that cannot be read. The text is one line without any value of the message."""


@dataclass(frozen=True)
class Window:
    """The local times between which a message may be sent: from `start`, before `end`."""

    start: time
    end: time
    time_zone: str

    def wait(self, now: datetime, time_zone: str | None) -> timedelta:
        """Return how long it is until the window is open; zero while it is.

        In: `time_zone`, the user's, where it is known; else the campaign's is used. A window may
        pass midnight.
        """
        local = now.astimezone(ZoneInfo(time_zone or self.time_zone))
        at = local.time()
        passes_midnight = self.start >= self.end
        if passes_midnight and (at >= self.start or at < self.end):
            return timedelta()
        if not passes_midnight and self.start <= at < self.end:
            return timedelta()
        day = local.date() + timedelta(days=int(at >= self.start))
        return datetime.combine(day, self.start, local.tzinfo).astimezone(UTC) - now


@dataclass(frozen=True)
class Message:
    """A message. `user_hash` is the mart's user_id; `not_after` is in UTC."""

    message_id: str
    campaign_id: str
    user_hash: str
    channel: str
    template: str
    window: Window
    not_after: datetime


def read_message(body: str) -> Message:
    """Return the message that a body holds. Raises MessageError."""
    try:
        given: dict[str, Any] = json.loads(body)
        window = given["window"]
        message = Message(
            message_id=_fit(_NAME, given, "message_id"),
            campaign_id=_fit(_NAME, given, "campaign_id"),
            user_hash=_fit(_HASH, given, "user_hash"),
            channel=given["channel"],
            template=_fit(_NAME, given, "template"),
            window=Window(
                time.fromisoformat(window["start"]),
                time.fromisoformat(window["end"]),
                ZoneInfo(window["time_zone"]).key,
            ),
            not_after=datetime.fromisoformat(given["not_after"]),
        )
    except json.JSONDecodeError:
        raise MessageError("the body is no JSON") from None
    except KeyError as error:
        # An unknown time zone is a KeyError too.
        raise MessageError(f"it has no valid {_key_name(error)}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise MessageError(f"a value has the wrong form ({type(error).__name__})") from None
    if message.channel not in CHANNELS or message.not_after.tzinfo is None:
        raise MessageError("its channel is unknown, or not_after has no time zone")
    if message.window.start == message.window.end:
        raise MessageError("its window is empty")
    return message


def _fit(pattern: re.Pattern[str], given: dict[str, Any], key: str) -> str:
    value: str = given[key]
    if not pattern.fullmatch(value):
        raise KeyError(key)
    return value


def _key_name(error: KeyError) -> str:
    key = str(error.args[0])
    known = ("message_id", "campaign_id", "user_hash", "channel", "template", "window", "not_after")
    return key if key in (*known, "start", "end", "time_zone") else "time_zone"
