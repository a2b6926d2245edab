"""Sums of row hashes: equal for equal rows in any order, whatever the chunk."""

from __future__ import annotations

from dataclasses import dataclass

_HALF = 2**64


@dataclass(frozen=True)
class Sums:
    """The number of rows, and the sums of both 64-bit halves of their MD5, modulo 2^64.

    Hashes are added and not xored, so that two equal rows do not cancel out.
    """

    rows: int = 0
    high: int = 0
    low: int = 0

    @staticmethod
    def of(rows: int, high: int | str | None, low: int | str | None) -> Sums:
        """Return the sums of halves as an engine gives them: signed or not, null of no row."""
        return Sums(rows, int(high or 0) % _HALF, int(low or 0) % _HALF)

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.rows + other.rows,
            (self.high + other.high) % _HALF,
            (self.low + other.low) % _HALF,
        )

    @property
    def text(self) -> str:
        """The 128 bits as 32 hexadecimal digits."""
        return f"{self.high:016x}{self.low:016x}"
