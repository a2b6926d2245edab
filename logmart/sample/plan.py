"""The tracking plan of the sample; planted defects break it on purpose."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from logmart.plan.grammar import PlannedProperty


def _property(name: str, data_type: str = "varchar", **rules: Any) -> PlannedProperty:
    # The sample writes logs, which have no columns.
    return PlannedProperty("", name, data_type, **rules)


def _text(name: str, *allowed: str, pattern: str = "") -> PlannedProperty:
    return _property(name, allowed=allowed, pattern=pattern)


def _required(rule: PlannedProperty) -> PlannedProperty:
    return replace(rule, required=True)


def _whole(name: str, minimum: int, maximum: int | None = None) -> PlannedProperty:
    return _property(name, "bigint", minimum=minimum, maximum=maximum)


_MOST_WON = 10**15
_TRANSFER = (_required(_text("transferId")), _required(_whole("amount", 1, _MOST_WON)))
_BANK_CODE = _required(_text("bankCode", pattern="[0-9]{3}"))
_APPLICATION = _required(_text("applicationId"))
_PUSH = (_required(_text("messageId")), _required(_text("campaignId")))

EVENTS: Mapping[str, tuple[PlannedProperty, ...]] = MappingProxyType(
    {
        "app_opened": (
            _required(_text("launchSource", "icon", "push", "deeplink", "widget")),
            _text("campaignId"),
        ),
        "screen_viewed": (
            _required(_text("screenName")),
            _text("previousScreen"),
            _whole("durationMs", 0),
            _property("scrollDepth", "double", minimum=0, maximum=1),
        ),
        "logged_in": (_required(_text("method", "password", "pin", "biometric")),),
        "signup_started": (_text("referralCode", pattern="[A-Z0-9]{6}"),),
        "signup_identity_verified": (
            _required(_text("method", "phone", "bank_account", "id_card")),
            _whole("attempts", 1),
        ),
        "signup_completed": (_property("marketingConsent", "boolean", required=True),),
        "account_linked": (
            _BANK_CODE,
            _required(_text("accountType", "checking", "savings", "brokerage")),
            _property("isPrimary", "boolean"),
            _property("consentExpiresAt", "timestamp"),
        ),
        "transfer_started": (
            *_TRANSFER,
            _required(_text("channel", "contact", "account", "qr")),
        ),
        "transfer_confirmed": (*_TRANSFER, _required(_text("authMethod", "pin", "biometric"))),
        "transfer_completed": (*_TRANSFER, _BANK_CODE, _whole("fee", 0, _MOST_WON)),
        "transfer_failed": (*_TRANSFER, _required(_text("errorCode"))),
        "card_application_started": (
            _APPLICATION,
            _required(_text("cardProduct", "check", "credit", "prepaid")),
        ),
        "card_application_submitted": (
            _APPLICATION,
            _whole("annualIncome", 0),
            _text("employment", "employed", "self_employed", "student", "other"),
        ),
        "card_application_decided": (
            _APPLICATION,
            _property("isApproved", "boolean", required=True),
            _whole("creditLimit", 0),
            _property("decidedAt", "timestamp", required=True),
        ),
        "push_received": _PUSH,
        "push_opened": _PUSH,
    }
)
