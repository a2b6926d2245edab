"""Runs dbt in this process and shows its progress."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt.graph.selector import NodeSelector
from dbt_common.events.base_types import EventMsg

from logmart.dbt.repeated_work import repeated_work_saved
from logmart.errors import CommandError
from logmart.failure_kinds import error_of
from logmart.replaced_attributes import replaced_attributes

SECONDS_BETWEEN_LINES = 5.0
# dbt's events for the error that stopped it, and its traceback. They are not printed, because the
# command ends with one line on that error.
_ERRORS_OF_THE_COMMAND = frozenset({"MainEncounteredError", "MainStackTrace"})

# The status of a node that failed; `skipped` is below one.
_FAILED = frozenset({"error", "fail", "runtime error", "partial success"})


@dataclass
class Progress:
    """Counts finished nodes. On a terminal it rewrites one line; elsewhere it prints a line every
    few seconds.
    """

    verb: str
    total: int = 0
    done: int = 0
    last_line_at: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, event: EventMsg) -> None:
        """Handle an event of dbt, from any of its threads."""
        with self.lock:
            if event.info.name == "ConcurrencyLine":
                self.total = event.data.node_count
            elif event.info.name == "NodeFinished":
                self._finish(event.data.node_info)
            elif event.info.level == "error" and event.info.name not in _ERRORS_OF_THE_COMMAND:
                self.close()
                print(event.info.msg, flush=True)  # type: ignore[attr-defined]

    def close(self) -> None:
        """Clear the progress line on a terminal."""
        if sys.stdout.isatty() and self.done:
            print("\r\033[K", end="", flush=True)

    def _finish(self, node: Any) -> None:
        # dbt runs unit tests with their model, and does not count them in its total.
        if node.resource_type != "unit_test":
            self.done += 1
            self._show(node.node_name)

    def _show(self, node_name: str) -> None:
        line = f"  {self.verb} {self.done}/{self.total}  {node_name}"
        if sys.stdout.isatty():
            print(f"\r\033[K{line[:100]}", end="", flush=True)
        elif time.monotonic() - self.last_line_at > SECONDS_BETWEEN_LINES:
            self.last_line_at = time.monotonic()
            print(line, flush=True)


@contextmanager
def garbage_collection_off() -> Iterator[None]:
    """Switch Python's search for garbage off: it goes over every object that dbt keeps of the
    project, again and again, which takes a fifth of a small build's processor time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def nodes_left_out(unique_ids: Set[str]) -> Iterator[None]:
    """Leave nodes out of what dbt selects. `--exclude` would compare each name with each node."""
    filter_selection: Any = NodeSelector.filter_selection

    def filter_rest(selector: Any, selected: Set[str]) -> Set[str]:
        rest: Set[str] = filter_selection(selector, selected) - unique_ids
        return rest

    with replaced_attributes([(NodeSelector, "filter_selection", filter_rest)]):
        yield


def invoke_dbt(
    verb: str,
    arguments: Sequence[str],
    manifest: Manifest | None = None,
    left_out: Set[str] = frozenset(),
) -> dbtRunnerResult:
    """Run a dbt command and return dbt's result. Progress lines begin with `verb`.

    In: `manifest`, the project as an earlier command parsed it; None: dbt parses the project;
    `left_out`, unique ids of nodes that dbt does not run.
    Errors are printed. Raises KeyboardInterrupt when a person stopped the command.
    """
    progress = Progress(verb)
    try:
        with garbage_collection_off(), repeated_work_saved(), nodes_left_out(left_out):
            result = dbtRunner(manifest, [progress]).invoke(["--log-level", "none", *arguments])
    finally:
        progress.close()
        # Otherwise dbt holds the database file until this process ends.
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if isinstance(result.exception, KeyboardInterrupt):
        raise KeyboardInterrupt
    return result


def run_dbt(verb: str, arguments: Sequence[str], left_out: Set[str] = frozenset()) -> Any:
    """Run a dbt command as invoke_dbt() does; return what it results in.

    Errors are printed. Raises CommandError when anything failed or a person stopped the command,
    TransientError when every failure may go away by itself.
    """
    try:
        result = invoke_dbt(verb, arguments, left_out=left_out)
    except KeyboardInterrupt as error:
        raise CommandError("interrupted; nothing is published") from error
    if result.success:
        return result.result
    if result.exception is not None:
        message = f"dbt {arguments[0]} stopped: {result.exception}"
        raise error_of(message, [str(result.exception)])
    failed = [one for one in getattr(result.result, "results", []) if one.status in _FAILED]
    raise error_of(
        f"dbt {arguments[0]} failed: the lines above name what did, and logs/dbt.log has the rest;"
        " nothing is published",
        [one.message or "" for one in failed],
    )
