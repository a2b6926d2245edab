"""Decides what becomes of one message, and sends it once.

A message is claimed in the table `sends` before the request, and settled after the answer. A worker
that is killed in between leaves a claim behind. When no worker can own it any more, the outcome is
one that nobody knows. A provider that recognises the idempotency key settles it: the message is
sent again under the same key. Without one, or later than the provider keeps keys, the message
becomes a dead letter for a person, and is never sent a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from operations.messaging.handler import outcomes as status
from operations.messaging.handler import send_records as state
from operations.messaging.handler.message import Message
from operations.messaging.handler.outcomes import Outcomes
from operations.messaging.handler.pacing import Pacer
from operations.messaging.handler.provider import Accepted, Answer, Refused, Unknown
from operations.messaging.handler.send_records import ClaimLostError, SendRecord, SendRecords
from operations.messaging.handler.settings import (
    SenderSettings,
    frequency_caps,
    is_campaign,
    template_text,
)
from operations.messaging.handler.user_tables import (
    AddressBook,
    CapContentionError,
    CapTable,
    Recipient,
)

OUTCOME_UNKNOWN = "outcome_unknown"
# The outcome by the state of a message that is decided.
_STATUSES = {
    state.ACCEPTED: status.SENT,
    state.SUPPRESSED: status.SUPPRESSED,
    state.FAILED: status.FAILED,
}
# What a worker needs for the tables, before and after a request.
_MARGIN_SECONDS = 1.0


@dataclass(frozen=True)
class Done:
    """The message is decided: `sent`, `suppressed`, `failed`, or a `duplicate` of a decided one."""

    result: str
    reason: str = ""


@dataclass(frozen=True)
class Later:
    """The message stays in the queue, `wait` seconds at least.

    `is_patient`: it waits for its window, so it is no failure. `attempt` is the attempt at the
    provider that failed, 0 where there was none; None while another worker decides. `is_refused`:
    the provider did not take that attempt, for sure.
    """

    reason: str
    wait: float = 0.0
    is_patient: bool = False
    is_refused: bool = False
    attempt: int | None = 0


@dataclass(frozen=True)
class Dead:
    """Trying again is of no use: somebody has to mend something, or to decide."""

    reason: str
    attempt: int = 0


Decision = Done | Later | Dead
Send = Callable[[dict[str, str], str], Answer]


@dataclass(frozen=True)
class Sender:
    """A worker's means: its settings, the tables, the provider, and the pace it keeps."""

    settings: SenderSettings
    records: SendRecords
    addresses: AddressBook
    caps: CapTable
    outcomes: Outcomes
    request: Send
    pacer: Pacer
    count: Callable[[str], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def decide(
        self, message: Message, enqueued_at: datetime, remaining: Callable[[], float]
    ) -> Decision:
        """Return what becomes of a message, and do it.

        In: `enqueued_at`, when this copy of it came into the queue; `remaining`, the seconds that
        this worker has left. Raises ClientError when AWS refuses a request; the message then stays
        in the queue.
        """
        if undefined := _undefined(message):
            return Dead(undefined)
        before = self.records.read(message.message_id)
        decision = self._decided(message, before, enqueued_at) if before else None
        if decision is not None:
            return decision
        wait = self.pacer.wait_seconds()
        if remaining() < wait + self.settings.provider.timeout + _MARGIN_SECONDS:
            return Later("no_time_left", wait=wait)
        self.pacer.wait()
        try:
            return self._sent(message, before)
        except ClaimLostError:
            return Later("claimed_elsewhere", attempt=None)
        except CapContentionError:
            return Later("busy_caps", attempt=None)

    def _decided(
        self, message: Message, before: SendRecord, enqueued_at: datetime
    ) -> Decision | None:
        """Return the decision that a record holds; None when the message may be claimed."""
        decided_at = before.settled_at or self.now()
        if before.state in _STATUSES:
            # The worker may have been killed before it wrote the outcome.
            self.outcomes.put(
                message, before.attempt, _STATUSES[before.state], decided_at, before.reason
            )
            return Done("duplicate")
        if before.state == state.CLAIMED:
            return self._claimed(message, before)
        # What has to be mended is tried again when the message was put into the queue again.
        is_not_mended = before.is_permanent and decided_at >= enqueued_at
        if before.state == state.UNKNOWN or is_not_mended:
            return Dead(before.reason, before.attempt)
        return None

    def _claimed(self, message: Message, before: SendRecord) -> Decision | None:
        """Return the decision on a message that a worker has claimed; None when it may be sent
        again, under the same key.
        """
        now = self.now()
        claimed_at = before.claimed_at or now
        left = claimed_at + self.settings.claim_time - now
        if left > timedelta():
            return Later("claimed_elsewhere", wait=left.total_seconds(), attempt=None)
        if now - (before.unsettled_since or claimed_at) < self.settings.provider.key_time:
            return None
        return self._give_up(message, before)

    def _sent(self, message: Message, before: SendRecord | None) -> Decision:
        now = self.now()
        recipient = self.addresses.find(message.user_hash, message.channel)
        reason = "too_late" if now > message.not_after else _refusal(recipient)
        if reason or recipient is None:
            return self._suppress(message, before, reason)
        wait = message.window.wait(now, recipient.time_zone)
        if now + wait > message.not_after:
            return self._suppress(message, before, "outside_window")
        if wait:
            return Later("outside_window", wait=wait.total_seconds(), is_patient=True)
        claim = self.records.claim(message.message_id, before, now)
        if not self._has_slot(message, claim):
            if claim.unsettled_since:
                return self._give_up(message, claim)
            self._settle(message, claim, state.SUPPRESSED, reason="capped")
            self.outcomes.put(message, claim.attempt, status.SUPPRESSED, now, "capped")
            return Done("suppressed", "capped")
        return self._judged(message, claim, self._answer(message, claim, recipient))

    def _has_slot(self, message: Message, claim: SendRecord) -> bool:
        """Return whether the user's cap allows the message, and count it there."""
        cap = frequency_caps()[message.channel]
        try:
            return self.caps.take(
                message.user_hash, message.channel, message.message_id, cap, self.now()
            )
        except CapContentionError:
            if not claim.unsettled_since:
                self._settle(message, claim, state.RELEASED)
            raise

    def _answer(self, message: Message, claim: SendRecord, recipient: Recipient) -> Answer:
        title, body = template_text(message.template) or ("", "")
        request = {
            "to": recipient.address,
            "channel": message.channel,
            "title": title,
            "body": body,
            "reference": message.message_id,
        }
        self.count("Attempts")
        self.pacer.count()
        return self.request(request, claim.key)

    def _judged(self, message: Message, claim: SendRecord, answer: Answer) -> Decision:
        if isinstance(answer, Accepted):
            now = self.now()
            self._settle(message, claim, state.ACCEPTED, provider_id=answer.provider_id)
            self.outcomes.put(message, claim.attempt, status.SENT, now)
            return Done("sent")
        if isinstance(answer, Unknown):
            self.count("FailedAttempts")
            if not self.settings.provider.key_time:
                return self._give_up(message, claim)
            return self._keep_claim(claim, answer.reason)
        return self._refused(message, claim, answer)

    def _refused(self, message: Message, claim: SendRecord, answer: Refused) -> Decision:
        if not answer.is_final:
            self.count("FailedAttempts")
        if answer.reason == "throttled":
            self.count("ProviderThrottles")
        if answer.wait:
            self.pacer.pause(answer.wait)
        if claim.unsettled_since:
            # This says nothing about the attempt before, whose outcome nobody knows: a provider may
            # refuse a key because it knows it, for example of a request to an older address.
            if answer.is_transient:
                return self._keep_claim(claim, answer.reason)
            return self._give_up(message, claim)
        self.caps.give_back(message.user_hash, message.channel, message.message_id)
        if answer.is_final:
            self._settle(message, claim, state.FAILED, reason=answer.reason)
            self.outcomes.put(message, claim.attempt, status.FAILED, self.now(), answer.reason)
            return Done("failed", answer.reason)
        is_permanent = not answer.is_transient
        self._settle(
            message, claim, state.RELEASED, reason=answer.reason, is_permanent=is_permanent
        )
        if is_permanent:
            return Dead(answer.reason, claim.attempt)
        return Later(answer.reason, wait=answer.wait, is_refused=True, attempt=claim.attempt)

    def _keep_claim(self, claim: SendRecord, reason: str) -> Later:
        """Return the decision to send under the same key again, once the claim is over."""
        wait = self.settings.claim_time.total_seconds()
        return Later(reason, wait=wait, attempt=claim.attempt)

    def _give_up(self, message: Message, claim: SendRecord) -> Decision:
        """Leave a message whose outcome nobody knows to a person."""
        self.count("UnknownOutcomes")
        self._settle(message, claim, state.UNKNOWN, reason=OUTCOME_UNKNOWN)
        self.outcomes.put(message, claim.attempt, status.DEAD_LETTER, self.now(), OUTCOME_UNKNOWN)
        return Dead(OUTCOME_UNKNOWN, claim.attempt)

    def _suppress(self, message: Message, before: SendRecord | None, reason: str) -> Decision:
        if before is not None and before.state == state.CLAIMED:
            return self._give_up(message, before)
        now = self.now()
        self.records.suppress(message.message_id, before, reason, now)
        attempt = before.attempt if before else 0
        self.outcomes.put(message, attempt, status.SUPPRESSED, now, reason)
        return Done("suppressed", reason)

    def _settle(
        self, message: Message, claim: SendRecord, new_state: str, **facts: str | bool
    ) -> None:
        self.records.settle(message.message_id, claim, new_state, self.now(), facts)


def _undefined(message: Message) -> str:
    """Return what of a message is not defined, "" when all is."""
    if not is_campaign(message.campaign_id):
        return "unknown_campaign"
    return "" if template_text(message.template) else "unknown_template"


def _refusal(recipient: Recipient | None) -> str:
    """Return why nothing may be sent to a recipient, "" when it may."""
    if recipient is None or not recipient.address:
        return "no_address"
    if not recipient.has_consent:
        return "no_consent"
    return "unsubscribed" if recipient.is_unsubscribed else ""
