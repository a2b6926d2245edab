"""Takes the actions on files, and lands each as a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from logmart.landed.file_names import landed_date, landed_files
from logmart.landed.quarantine import (
    QuarantinedFile,
    discard,
    move_to_quarantine,
    quarantined_files,
)
from logmart.operations.landed_records import EXPIRED, REPLACED, FileAction, last_actions
from logmart.operations.landing import land
from logmart.policies.decisions import Decision
from logmart.policies.results import Run


@dataclass(frozen=True)
class Actions:
    """Takes actions on the files of a landing zone, in a run, by an actor."""

    landing: Path
    run: Run
    actor: str

    def quarantine(self, decisions: Mapping[str, Decision]) -> None:
        """Move files into quarantine, each as a decision says. Raises OSError."""
        for landing_file, decision in decisions.items():
            move_to_quarantine(self.landing, landing_file)
            share = f", {decision.failed_share:.0%} of it" if decision.failed_share else ""
            self.record("quarantine", landing_file, f"{decision.check_name}{share}", decision)

    def finish_killed(self, actions: Mapping[str, FileAction]) -> list[str]:
        """Land the record of each file that a killed run moved into quarantine; return the files.

        In: the last action on each file.
        """
        moved = {file.landing_file for file in quarantined_files(self.landing)}
        unrecorded = sorted(
            name for name in moved if name not in actions or actions[name].action != "quarantine"
        )
        for name in unrecorded:
            self.record("quarantine", name, "moved by a run that was killed")
        return unrecorded

    def drop_replaced(self) -> list[str]:
        """Remove the quarantined files whose place another file has taken; return the files."""
        return self._drop(
            [
                file
                for file in quarantined_files(self.landing)
                if (self.landing / file.landing_file).exists()
            ],
            REPLACED,
        )

    def drop_expired(self, retention_days: int | None) -> list[str]:
        """Remove the quarantined files that landed longer ago than text is kept; return the files.

        As for loaded text, the time is measured from what the file's own source landed last.
        """
        if retention_days is None:
            return []
        kept = timedelta(days=retention_days)
        found = list(quarantined_files(self.landing))
        last = {source: self._last_landed(source) for source in {file.source for file in found}}
        return self._drop(
            [
                file
                for file in found
                if file.landed_on and (newest := last[file.source])
                if file.landed_on < newest - kept
            ],
            EXPIRED,
        )

    def record(
        self, action: str, landing_file: str, reason: str, decision: Decision | None = None
    ) -> None:
        """Land the record of an action that was taken on a file."""
        now = datetime.now(UTC)
        values: dict[str, Any] = {
            "actionId": f"{action}:{landing_file}:{self.run.run_id}",
            "action": action,
            "runId": self.run.run_id,
            "runDate": self.run.run_date,
            "task": f"land_check/{landing_file.partition('/')[0]}",
            "policyId": decision.policy_id if decision else None,
            "subjectKind": "file",
            "subject": landing_file,
            "outcome": "succeeded",
            "actor": self.actor,
            "reason": reason,
            "occurredAt": now,
        }
        name = f"{self.run.run_id}-{action}-{landing_file.replace('/', '-')}"
        land(self.landing, "actions", [values], writer="quality", name=name, at=now)

    def _drop(self, files: list[QuarantinedFile], reason: str) -> list[str]:
        # The record comes first: a file that is still there is dropped by the next run.
        for file in files:
            self.record("release", file.landing_file, reason)
            discard(file)
        return [file.landing_file for file in files]

    def _last_landed(self, source: str) -> date | None:
        folder = self.landing / source
        dates = [landed_date(path, folder) for path in landed_files(folder)]
        return max((each for each in dates if each), default=None)


def open_files(landing: Path) -> list[tuple[QuarantinedFile, FileAction | None]]:
    """Return the files in quarantine, each with its last action."""
    actions = last_actions(landing)
    return [(file, actions.get(file.landing_file)) for file in quarantined_files(landing)]
