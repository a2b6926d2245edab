"""Runs dbt in this process and shows how far it is."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg

from scripts.errors import CommandError

SECONDS_BETWEEN_LINES = 5.0


@dataclass
class Progress:
    """Counts finished nodes: one line rewritten on a terminal, a line now and then elsewhere."""

    verb: str
    total: int = 0
    done: int = 0
    last_line_at: float = field(default_factory=time.monotonic)

    def __call__(self, event: EventMsg) -> None:
        """Take one of dbt's events."""
        if event.info.name == "ConcurrencyLine":
            self.total = event.data.node_count
        elif event.info.name == "NodeFinished":
            self.done += 1
            self._show(event.data.node_info.node_name)

    def close(self) -> None:
        """Leave the terminal's line."""
        if sys.stdout.isatty() and self.done:
            print("\r\033[K", end="", flush=True)

    def _show(self, node_name: str) -> None:
        line = f"  {self.verb} {self.done}/{self.total}  {node_name}"
        if sys.stdout.isatty():
            print(f"\r\033[K{line[:100]}", end="", flush=True)
        elif time.monotonic() - self.last_line_at > SECONDS_BETWEEN_LINES:
            self.last_line_at = time.monotonic()
            print(line, flush=True)


def run_dbt(verb: str, arguments: list[str]) -> None:
    """Run a dbt command, its progress lines beginning with `verb`.

    dbt prints what fails; raises CommandError when something did.
    """
    progress = Progress(verb)
    result = dbtRunner(callbacks=[progress]).invoke(["--quiet", *arguments])
    progress.close()
    # dbt would hold the database file until this process ends.
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if result.success:
        return
    if result.exception is not None:
        raise CommandError(f"dbt {arguments[0]} stopped: {result.exception}")
    raise CommandError(
        f"dbt {arguments[0]} failed: the lines above name what did, and logs/dbt.log has the rest;"
        " nothing is published"
    )
