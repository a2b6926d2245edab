"""MySQL's and MariaDB's words for the canonical texts of `operations.migration.canonical`.

They hold in a session with the SQL mode of `SQL_MODE`, in UTC, and with texts in utf8mb4.
"""

from __future__ import annotations

from operations.migration.canonical import Kind
from operations.migration.chunks import TablePlan
from operations.migration.dialect import Dialect
from operations.migration.mapping import Column

SQL_MODE = "ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES"
# Longer than any number or moment: where the server keeps a text for a moment, it cuts it to the
# width that it has computed, which is too small for `-0.1` of a decimal without other digits.
_WIDE = "char(100)"
# The parts of a number of IEEE 754: bits of its fraction, its exponent's bias, its hexadecimal
# digits.
_DOUBLE, _SINGLE = (52, 1023, 16), (23, 127, 8)


class MySQLDialect(Dialect):
    """The words of a session."""

    # Without a limit the server merges the query of the hashes into that of the sums, and computes
    # each hash once for each half.
    fence = " limit 18446744073709551615"

    def relation(self, plan: TablePlan) -> str:
        """Return the name of the table, quoted."""
        return quoted(plan.table.source)

    def value(self, column: Column) -> str:
        """Return the expression of a column's value."""
        return f"({column.transform})" if column.transform else quoted(column.source)

    def text(self, plan: TablePlan, column: Column) -> str:
        """Return the canonical text of a column; null of a null."""
        return _text(plan.kind(column), self.value(column))

    def byte_count(self, text: str) -> str:
        """Return the number of bytes of a text in UTF-8."""
        return f"length({text})"

    def md5(self, text: str) -> str:
        """Return the MD5 of a text in UTF-8, as 32 lower-case hexadecimal digits."""
        return f"md5({text})"

    def half(self, digits: str) -> str:
        """Return 16 hexadecimal digits as an unsigned number of 64 bits."""
        return f"cast(conv({digits}, 16, 10) as unsigned)"

    def bucket(self, digits: str, modulus: int) -> str:
        """Return 8 hexadecimal digits as an unsigned number, modulo `modulus`."""
        return f"(cast(conv({digits}, 16, 10) as unsigned) % {modulus})"

    def literal(self, plan: TablePlan, column: Column, text: str) -> str:
        """Return the value of a canonical text, to be compared with the column."""
        kind = plan.kind(column)
        if kind.name in ("integer", "decimal"):
            return text
        literal = "'" + text.removesuffix("+00").replace("'", "''") + "'"
        if kind.name == "date":
            return f"cast({literal} as date)"
        if kind.name in ("timestamp", "timestamptz"):
            return f"cast({literal} as datetime(6))"
        return literal

    def total(self, half: str) -> str:
        """Return the exact sum of a 64-bit number over all rows."""
        return f"sum({half})"

    def as_text(self, number: str) -> str:
        """Return a number as its text."""
        return f"cast({number} as char)"


def quoted(name: str) -> str:
    """Return a name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def _text(kind: Kind, value: str) -> str:
    # `+ 0` makes a number of a bit and of a year.
    number = f"cast({value} + 0 as {_WIDE})"
    moment = f"date_format({value}, '%Y-%m-%d %H:%i:%s.%f')"
    texts = {
        "integer": number,
        "decimal": f"cast({value} as {_WIDE})",
        # A number that is neither is no boolean: the sums then differ, which names the column.
        "boolean": f"case {value} + 0 when 0 then 'false' when 1 then 'true' else {number} end",
        "blob": f"lower(hex({value}))",
        "uuid": f"lower(cast({value} as char))",
        "time": _without_zeros(f"time_format({value}, '%H:%i:%s.%f')"),
        "timestamp": _without_zeros(moment),
        "timestamptz": f"{_without_zeros(moment)} || '+00'",
        "double": _bits(value, *_DOUBLE),
        "real": _bits(value, *_SINGLE),
    }
    text = texts.get(kind.name, value)
    # Texts of two collations cannot be concatenated.
    return f"(convert({text} using utf8mb4) collate utf8mb4_bin)"


def _without_zeros(text: str) -> str:
    """Return the text of a moment without the zeros that end its fraction, and without an empty
    one.
    """
    return f"trim(trailing '.' from trim(trailing '0' from {text}))"


def _bits(value: str, fraction_bits: int, bias: int, digits: int) -> str:
    """Return the bits of a number of IEEE 754 as hexadecimal digits.

    The server has no function for them. Dividing by a power of two is exact, so the fraction is;
    the exponent that log2() gives may be one off near a power of two.
    """
    # A single is computed with as the double of the same value.
    number = f"({value} + 0e0)"
    size = f"abs({number})"
    # The logarithm of the largest number is rounded to that of a power that no double holds.
    guess = f"least(floor(log2({size})), {bias})"
    exponent = f"({guess} - ({size} < pow(2, {guess})) + ({size} / 2 >= pow(2, {guess})))"
    least = 1 - bias
    normal = (
        f"((cast({exponent} + {bias} as unsigned) << {fraction_bits})"
        f" | cast(({size} / pow(2, {exponent}) - 1) * pow(2, {fraction_bits}) as unsigned))"
    )
    # Numbers below the least exponent have no leading one. Two steps, because the power of two is
    # too large for a double.
    shift = fraction_bits - least
    small = f"cast({size} * pow(2, {shift // 2}) * pow(2, {shift - shift // 2}) as unsigned)"
    magnitude = (
        f"case when {number} = 0 then 0 when {size} < pow(2, {least}) then {small}"
        f" else {normal} end"
    )
    # Minus zero is equal to zero, and is told from it by its text only.
    sign = f"(cast({number} as char) like '-%')"
    bits = f"(({sign} << {4 * digits - 1}) | {magnitude})"
    return f"case when {value} is not null then lower(lpad(hex({bits}), {digits}, '0')) end"
