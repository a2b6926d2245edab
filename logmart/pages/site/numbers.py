"""How the pages write numbers: by unit, with a rounding that is the same in every cell."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

MISSING = "–"
# Below this number of observations, a share is marked as a small sample.
SMALL_SAMPLE = 30
_MINUTE = 60
_COMPACT = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"))


def value_text(value: float | None, unit: str) -> str:
    """Return a value as text: shares as per cent with one decimal, ratios with two, whole numbers
    without decimals, other numbers with one; thousands are separated.
    """
    if value is None:
        return MISSING
    exact = Decimal(repr(value))
    if unit == "share":
        return f"{_rounded(exact * 100, 1):,}%"
    digits = 2 if unit == "ratio" else 0 if exact == exact.to_integral_value() else 1
    text = f"{_rounded(exact, digits):,}"
    return f"₩{text}" if unit == "KRW" else f"{text} s" if unit == "seconds" else text


def arrived_text(share: float) -> str:
    """Return a share of arrived events as per cent, rounded down: only all of them are 100 %."""
    tenths = (Decimal(repr(share)) * 100).quantize(Decimal("0.1"), rounding=ROUND_DOWN)
    return f"{tenths}%"


def headline_text(value: float | None, unit: str) -> str:
    """Return a value as value_text does; millions and more in short, and seconds in minutes."""
    if value is None:
        return MISSING
    exact = Decimal(repr(value))
    if unit == "seconds" and abs(exact) >= _MINUTE:
        minutes, seconds = divmod(int(_rounded(exact, 0)), _MINUTE)
        return f"{minutes:,} min {seconds:02d} s"
    for size, letter in _COMPACT if unit != "share" else ():
        if abs(exact) >= size:
            return f"{'₩' if unit == 'KRW' else ''}{_rounded(exact / size, 2):,}{letter}"
    return value_text(value, unit)


def change_text(value: float | None, before: float | None, unit: str) -> str:
    """Return the change since an earlier value: of a share in percentage points, of anything else
    in per cent. MISSING without an earlier value, or where it is zero and nothing can be divided.
    """
    if value is None or before is None:
        return MISSING
    now, then = Decimal(repr(value)), Decimal(repr(before))
    if unit == "share":
        return f"{_signed(_rounded((now - then) * 100, 1))} pp"
    if then == 0:
        return "±0.0%" if now == 0 else MISSING
    return f"{_signed(_rounded((now - then) / abs(then) * 100, 1))}%"


def _rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)


def _signed(value: Decimal) -> str:
    return f"±{abs(value):,}" if value == 0 else f"{value:+,}".replace("-", "−")
