"""The progress bar of a pass: rows, rows a second, and the chunks that remain."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from operations.migration.chunks import TablePlan


class Progress:
    """The bar of one table. It is quiet where errors do not go to a terminal."""

    def __init__(self, bar: tqdm[object], plan: TablePlan, chunk_rows: int) -> None:
        self._bar = bar
        self._expected = max(1, math.ceil(plan.estimated_rows / chunk_rows))
        self._done = 0

    def rows(self, count: int) -> None:
        """Count rows that were compared."""
        self._bar.update(count)

    def chunk(self, rows: int) -> None:
        """Count a chunk and its rows."""
        self._done += 1
        self._bar.set_postfix_str(f"{max(0, self._expected - self._done)} chunks left")
        self._bar.update(rows)


@contextmanager
def progress(plan: TablePlan, chunk_rows: int) -> Iterator[Progress]:
    """Show the bar of a table."""
    with tqdm(
        desc=plan.table.source,
        total=plan.estimated_rows or None,
        unit=" rows",
        unit_scale=True,
        disable=not sys.stderr.isatty(),
        file=sys.stderr,
    ) as bar:
        yield Progress(bar, plan, chunk_rows)
