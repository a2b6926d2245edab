"""Lands changes of alarms' states as check results, so that the watch tells people of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from logmart.errors import CommandError
from logmart.messaging.store import MessageStore
from logmart.operations.landing import land_once


def land_alarms(landing: Path, store: MessageStore, at: datetime) -> int:
    """Land each change that has not landed as a file of its own; return how many.

    A change lands once: its file is named after it. Only one process at a time may do so. Raises
    CommandError; the next run goes on where this one stopped.
    """
    landed = []
    for alarm in store.alarms():
        record, name = alarm["record"], alarm["alarm_id"]
        day = str(record["checkedAt"])[:10]
        try:
            land_once(landing, f"operations/dt={day}/check_results-{name}.jsonl", [record])
        except OSError as error:
            raise CommandError(f"nothing landed in {landing}: {error.strerror}") from error
        landed.append(name)
    if landed:
        store.mark_alarms_landed(landed, at)
    return len(landed)
