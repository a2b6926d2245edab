"""The SQL that sums and selects the rows of a chunk, the same but for an engine's own words.

A dialect gives the texts of values, and functions over texts. What is built of them here is the
same on both sides, so both compare the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from operations.migration.canonical import NULL
from operations.migration.chunks import Chunk, Range, TablePlan
from operations.migration.mapping import Column


class Dialect(ABC):
    """One engine's words."""

    # Keeps an engine from computing a hash once for each half.
    fence = ""

    @abstractmethod
    def relation(self, plan: TablePlan) -> str:
        """Return the name of the table, quoted."""

    @abstractmethod
    def value(self, column: Column) -> str:
        """Return the expression of a column's value."""

    @abstractmethod
    def text(self, plan: TablePlan, column: Column) -> str:
        """Return the canonical text of a column; null of a null."""

    @abstractmethod
    def byte_count(self, text: str) -> str:
        """Return the number of bytes of a text in UTF-8."""

    @abstractmethod
    def md5(self, text: str) -> str:
        """Return the MD5 of a text in UTF-8, as 32 lower-case hexadecimal digits."""

    @abstractmethod
    def half(self, digits: str) -> str:
        """Return 16 hexadecimal digits as a number of 64 bits, signed or not."""

    @abstractmethod
    def bucket(self, digits: str, modulus: int) -> str:
        """Return 8 hexadecimal digits as an unsigned number, modulo `modulus`."""

    @abstractmethod
    def literal(self, plan: TablePlan, column: Column, text: str) -> str:
        """Return the value of a canonical text, to be compared with the column."""

    @abstractmethod
    def total(self, half: str) -> str:
        """Return the exact sum of a 64-bit number over all rows."""

    def concatenated(self, texts: Sequence[str]) -> str:
        """Return texts that are never null, with commas between them."""
        return f"concat_ws(',', {', '.join(texts)})"

    def as_text(self, number: str) -> str:
        """Return a number as its text."""
        return f"{number}::text"

    def encoded(self, plan: TablePlan, column: Column) -> str:
        """Return the text of a column as it stands in a row; never null."""
        text = self.text(plan, column)
        if plan.kind(column).is_counted:
            count = self.as_text(self.byte_count(text))
            return f"coalesce({count} || ':' || {text}, '{NULL}')"
        return f"coalesce({text}, '{NULL}')"

    def row_text(self, plan: TablePlan, columns: Sequence[Column]) -> str:
        """Return the text of some columns of a row."""
        return self.concatenated([self.encoded(plan, column) for column in columns])

    def where(self, plan: TablePlan, chunk: Chunk) -> str:
        """Return the condition of a chunk's rows."""
        if isinstance(chunk, Range):
            return self._range(plan, chunk)
        numbers = ", ".join(map(str, chunk.numbers))
        return f"{self.bucket_of(plan, chunk.modulus)} in ({numbers})"

    def _range(self, plan: TablePlan, chunk: Range) -> str:
        bounds = []
        for sign, texts in ((">", chunk.low), ("<=", chunk.high)):
            if texts is None:
                continue
            values = [
                self.literal(plan, column, text)
                for column, text in zip(plan.range_columns, texts, strict=True)
            ]
            if len(values) > 1:
                # An engine may use the order of the first column alone.
                first = self.value(plan.range_columns[0])
                bounds.append(f"{first} {sign.rstrip('=')}= {values[0]}")
                names = ", ".join(self.value(column) for column in plan.range_columns)
                bounds.append(f"({names}) {sign} ({', '.join(values)})")
            else:
                bounds.append(f"{self.value(plan.range_columns[0])} {sign} {values[0]}")
        return " and ".join(bounds) or "true"

    def bucket_of(self, plan: TablePlan, modulus: int) -> str:
        """Return the number of the bucket of a row."""
        digest = self.md5(self.row_text(plan, plan.hashed_columns))
        return self.bucket(f"substr({digest}, 1, 8)", modulus)

    def sums(self, plan: TablePlan, condition: str, *, by_column: bool) -> str:
        """Return the query of the sums of rows.

        It gives the number of rows, and both halves' sums: of the rows, and `by_column` then of
        each column. A column is hashed with the key, so that values that rows exchanged differ.
        """
        columns = plan.table.columns
        keys = [columns.index(column) for column in plan.table.key_columns]
        summed = [list(range(len(columns)))]
        if by_column:
            summed += [[*keys, number] for number in range(len(columns))]
        encoded = ", ".join(
            f"{self.encoded(plan, column)} as e{number}" for number, column in enumerate(columns)
        )
        hashes = ", ".join(
            f"{self.md5(self.concatenated([f'e{each}' for each in numbers]))} as h{place}"
            for place, numbers in enumerate(summed)
        )
        halves = ", ".join(self._halves(f"h{place}") for place in range(len(summed)))
        return (
            f"select count(*) as row_count, {halves} from (select {hashes} from (select {encoded}"
            f" from {self.relation(plan)} where {condition}{self.fence}) as encoded{self.fence})"
            " as hashed"
        )

    def _halves(self, digest: str) -> str:
        high = self.total(self.half(f"substr({digest}, 1, 16)"))
        low = self.total(self.half(f"substr({digest}, 17, 16)"))
        return f"{high} as {digest}_high, {low} as {digest}_low"

    def bucket_sums(self, plan: TablePlan, modulus: int, condition: str) -> str:
        """Return the query of the number of each bucket, its rows, and both halves' sums."""
        digest = self.md5(self.row_text(plan, plan.table.columns))
        return (
            f"select bucket, count(*) as row_count, {self._halves('h')}"
            f" from (select {digest} as h, {self.bucket_of(plan, modulus)} as bucket"
            f" from {self.relation(plan)} where {condition}{self.fence}) as hashed group by bucket"
        )
