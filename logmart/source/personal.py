"""Proposes classes of personal data, by a property's name and by its values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

DIRECT, PERSONAL, SPECIAL = "DirectIdentifier", "Personal", "SpecialCategory"
_ENOUGH = 0.8


def _is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    if not re.fullmatch(r"\d{13,19}", digits) or not re.fullmatch(r"[\d -]+", text):
        return False
    if digits[0] not in "3456" or len(set(digits)) == 1:
        return False
    doubled = [int(d) * 2 if n % 2 else int(d) for n, d in enumerate(reversed(digits))]
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text.strip()) is not None


_PHONE = r"\+\d{1,3}[ -]?\d[\d -]{6,12}\d|01[016789]-?\d{3,4}-?\d{4}"
_IPV6 = r"(?=.*:)[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){3,7}"
_OCTET = r"(25[0-5]|2[0-4]\d|1?\d?\d)"
# What the values look like, and their class.
CONTENTS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("e-mail addresses", DIRECT, _matches(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")),
    ("resident numbers", DIRECT, _matches(r"\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])-?[1-8]\d{6}")),
    ("phone numbers", DIRECT, _matches(_PHONE)),
    ("card numbers", DIRECT, _is_card),
    ("account numbers", DIRECT, _matches(r"\d{3,6}-\d{2,6}-\d{4,8}(-\d{1,3})?")),
    ("IP addresses", PERSONAL, _matches(rf"{_OCTET}(\.{_OCTET}){{3}}|{_IPV6}")),
)
# What the name says, by words of it, and the class.
NAMES: tuple[tuple[str, str, str], ...] = (
    ("e-mail addresses", DIRECT, r"e_?mail(_address)?"),
    ("resident numbers", DIRECT, r"(rrn|ssn|jumin|resident_(no|number)|national_id)"),
    ("phone numbers", DIRECT, r"(phone|mobile|cell|tel|telephone)(_?(no|num|number))?"),
    ("card numbers", DIRECT, r"(card|pan)_?(no|num|number)"),
    ("account numbers", DIRECT, r"(account|acct|iban|bank_account)_?(no|num|number)|iban"),
    ("IP addresses", PERSONAL, r"(ip|ip_?addr(ess)?|client_ip|remote_addr|context_ip)"),
    ("names of people", PERSONAL, r"(full|first|last|real|user|customer|sur|family|given)_?name"),
    ("addresses", PERSONAL, r"(street|address|address_line.*|postal_?code|zip_?code)"),
    ("dates of birth", PERSONAL, r"(birth_?(day|date)?|date_of_birth|dob)"),
    ("places", PERSONAL, r"(lat|latitude|lng|lon|longitude|location_lat|location_lng|geo_?point)"),
    ("ids of advertising", PERSONAL, r"(idfa|idfv|ad_?id|advertising_id|gaid|ios_ifa)"),
    ("health", SPECIAL, r"(diagnosis|disease|religion|ethnicity|blood_type)"),
)  # fmt: skip


def personal_class(column: str, values: Iterable[str]) -> tuple[str, str]:
    """Return the class of a property and what it was seen by; ("", "") for none.

    In: the name in snake_case; distinct values as text.
    """
    texts = [text for text in values if text]
    for what, kind, is_one in CONTENTS:
        found = sum(1 for text in texts if is_one(text))
        if texts and found >= _ENOUGH * len(texts):
            return kind, f"{found:,} of {len(texts):,} distinct values are {what}"
    for what, kind, pattern in NAMES:
        if re.search(rf"(^|_){pattern}$", column):
            return kind, f"its name says {what}"
    return "", ""
