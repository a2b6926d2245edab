"""The tracking plan that the sample keeps to: what the planted defects break on purpose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType


class PropertyType(StrEnum):
    """The types of the tracking plan."""

    VARCHAR = "varchar"
    BIGINT = "bigint"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True)
class Property:
    """One property of an event and the rules its values keep."""

    name: str
    type: PropertyType = PropertyType.VARCHAR
    required: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None


def _text(name: str, *allowed: str, pattern: str | None = None) -> Property:
    return Property(name, allowed=allowed, pattern=pattern)


def _required(rule: Property) -> Property:
    return replace(rule, required=True)


def _whole(name: str, minimum: int, maximum: int | None = None) -> Property:
    return Property(name, PropertyType.BIGINT, minimum=minimum, maximum=maximum)


_MOST_WON = 10**15
_TRANSFER = (_required(_text("transferId")), _required(_whole("amount", 1, _MOST_WON)))
_BANK_CODE = _required(_text("bankCode", pattern="[0-9]{3}"))
_APPLICATION = _required(_text("applicationId"))
_PUSH = (_required(_text("messageId")), _required(_text("campaignId")))

EVENTS: Mapping[str, tuple[Property, ...]] = MappingProxyType(
    {
        "app_opened": (
            _required(_text("launchSource", "icon", "push", "deeplink", "widget")),
            _text("campaignId"),
        ),
        "screen_viewed": (
            _required(_text("screenName")),
            _text("previousScreen"),
            _whole("durationMs", 0),
            Property("scrollDepth", PropertyType.DOUBLE, minimum=0, maximum=1),
        ),
        "logged_in": (_required(_text("method", "password", "pin", "biometric")),),
        "signup_started": (_text("referralCode", pattern="[A-Z0-9]{6}"),),
        "signup_identity_verified": (
            _required(_text("method", "phone", "bank_account", "id_card")),
            _whole("attempts", 1),
        ),
        "signup_completed": (Property("marketingConsent", PropertyType.BOOLEAN, required=True),),
        "account_linked": (
            _BANK_CODE,
            _required(_text("accountType", "checking", "savings", "brokerage")),
            Property("isPrimary", PropertyType.BOOLEAN),
            Property("consentExpiresAt", PropertyType.TIMESTAMP),
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
            Property("isApproved", PropertyType.BOOLEAN, required=True),
            _whole("creditLimit", 0),
            Property("decidedAt", PropertyType.TIMESTAMP, required=True),
        ),
        "push_received": _PUSH,
        "push_opened": _PUSH,
    }
)
