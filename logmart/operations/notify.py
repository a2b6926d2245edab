"""Sends notices: to Slack by an incoming webhook, to a file, or to standard output.

The environment decides. LOGMART_SLACK_WEBHOOK: Slack. Else LOGMART_NOTICES_FILE: that file, a JSON
line a notice. Else: standard output. The address of the webhook is a secret: no message shows it.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from logmart.errors import CommandError
from logmart.operations.notice_text import Notice, notice_lines, notice_record

WEBHOOK_VARIABLE = "LOGMART_SLACK_WEBHOOK"
FILE_VARIABLE = "LOGMART_NOTICES_FILE"

_SECONDS_A_REQUEST = 10.0
_ATTEMPTS = 3
_SECONDS_BETWEEN_ATTEMPTS = 1.0
# A longer wait is left to the next watch, which sends the notice again.
_LONGEST_WAIT_SECONDS = 30.0
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# Slack answers with such a word, for example `channel_is_archived`. Other text is not repeated.
_SLACK_REASON = re.compile(r"[a-z_]{1,60}")
_SLACK_MEMBER = re.compile(r"[UW][A-Z0-9]{7,20}")
_SLACK_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class SendError(Exception):
    """A notice could not be sent. The message is one line, without any address or secret."""


class Channel(Protocol):
    """A way to tell somebody."""

    @property
    def name(self) -> str:
        """Return the channel's name in the records: slack, file or stdout."""

    def send(self, notice: Notice) -> None:
        """Send a notice. Raises SendError."""


def channel_of(environment: Mapping[str, str]) -> Channel:
    """Return the channel that the environment names. Raises CommandError for a wrong webhook."""
    webhook = environment.get(WEBHOOK_VARIABLE, "")
    file = environment.get(FILE_VARIABLE, "")
    if webhook:
        return Slack(_checked(webhook))
    return NoticesFile(Path(file)) if file else StandardOutput()


@dataclass(frozen=True)
class Slack:
    """A channel of Slack, by its incoming webhook.

    A request that was limited (429), that met an error of the server, or that got no answer is
    tried again, at most three times in all. So a notice can arrive twice, but is never lost.
    """

    webhook: str = field(repr=False)
    sleep: Callable[[float], None] = time.sleep
    name: str = "slack"

    def send(self, notice: Notice) -> None:
        """Send a notice. Raises SendError."""
        body = json.dumps(slack_message(notice)).encode()
        for attempt in range(1, _ATTEMPTS + 1):
            failure = _post(self.webhook, body)
            if failure is None:
                return
            is_last = attempt == _ATTEMPTS
            if is_last or failure.wait is None or failure.wait > _LONGEST_WAIT_SECONDS:
                raise SendError(f"Slack did not take the notice: {failure.why}")
            self.sleep(max(failure.wait, _SECONDS_BETWEEN_ATTEMPTS * attempt))


@dataclass(frozen=True)
class NoticesFile:
    """A file to which each notice adds a JSON line; only its owner can read a new one."""

    path: Path
    name: str = "file"

    def send(self, notice: Notice) -> None:
        """Append a notice. Raises SendError."""
        line = json.dumps(notice_record(notice), ensure_ascii=False) + "\n"
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            with os.fdopen(os.open(self.path, flags, 0o600), "wb") as file:
                file.write(line.encode("utf-8", "replace"))
        except OSError as error:
            raise SendError(f"{self.path} cannot be written: {error.strerror}") from error


@dataclass(frozen=True)
class StandardOutput:
    """The output of this command; cron mails it."""

    name: str = "stdout"

    def send(self, notice: Notice) -> None:
        """Print a notice. Raises SendError."""
        try:
            print("\n  ".join(notice_lines(notice)), flush=True)
        except (OSError, UnicodeError) as error:
            raise SendError(f"standard output cannot be written ({type(error).__name__})") from None


def slack_message(notice: Notice) -> dict[str, object]:
    """Return the body of a request to an incoming webhook: plain text without links or mentions.

    Only the recipient is mentioned, where the seed on_call gives the id of a member of Slack.
    """
    text = "\n".join(notice_lines(notice)).translate(_SLACK_ESCAPES)
    if _SLACK_MEMBER.fullmatch(notice.recipient):
        text = f"<@{notice.recipient}>\n{text}"
    return {"text": text, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


@dataclass(frozen=True)
class _Failure:
    """Why a request failed, and after how many seconds another may succeed; None: none can."""

    why: str
    wait: float | None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: another host must not see the notice, nor the address it came by."""

    def redirect_request(self, *_: object) -> None:
        """Return no further request, so that the answer counts as an error."""


def _post(webhook: str, body: bytes) -> _Failure | None:
    """Send one request; return None when Slack took it."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    request = urllib.request.Request(webhook, body, headers)
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=_SECONDS_A_REQUEST):
            return None
    except urllib.error.HTTPError as error:
        with error:
            return _refused(error)
    # The text of these errors may hold the address.
    except TimeoutError:
        return _Failure("it did not answer in time", 0)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        kind = type(reason if isinstance(reason, Exception) else error).__name__
        return _Failure(f"it cannot be reached ({kind})", 0)


def _refused(error: urllib.error.HTTPError) -> _Failure:
    said = error.read(100).decode("ascii", "replace").strip()
    reason = f" ({said})" if _SLACK_REASON.fullmatch(said) else ""
    may_succeed = error.code == _TOO_MANY_REQUESTS or error.code >= _SERVER_ERROR
    after = error.headers.get("Retry-After", "")
    wait = float(after) if after.isascii() and after.isdigit() else 0.0
    return _Failure(f"it answered {error.code}{reason}", wait if may_succeed else None)


def _checked(webhook: str) -> str:
    """Return the address of a webhook, or raise CommandError without showing it."""
    try:
        parts = urlsplit(webhook)
        host = parts.hostname or ""
        is_right = host != "" and webhook.isascii() and webhook.isprintable() and " " not in webhook
        is_private = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
        parts.port  # noqa: B018 - a port that is no number raises
    except ValueError:
        is_right, is_private = False, False
    if not (is_right and is_private):
        raise CommandError(
            f"{WEBHOOK_VARIABLE} is no https address of a webhook: copy it from Slack again"
        )
    return webhook


def say_unsent(notice: Notice, error: SendError) -> None:
    """Tell on standard error that a notice was not sent, and that it will be tried again."""
    print(
        f"logmart: incident {notice.incident_id} was told to nobody: {error};"
        " the next watch tries again",
        file=sys.stderr,
    )
