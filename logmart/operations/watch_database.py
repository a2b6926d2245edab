"""The watch's own database: the models below notices_due, built from the landed operations files.

It lies in the folder `watch` beside the build's database, which is never opened: a watch runs while
a build does. It can be removed at any time; the next watch makes it anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from logmart.dbt.run import invoke_dbt
from logmart.environment import changed_environment
from logmart.errors import CommandError
from logmart.landed.file_lock import held
from logmart.landed.private_files import make_private, make_private_folder
from logmart.operations.notice_text import Notice

_DECISION = "notices_due"
_LOCK_FILE = "lock"
# Everything that the decision needs, without tests: the build of the mart runs them.
_SELECTION = (
    *("--select", f"+{_DECISION}"),
    *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
)


@dataclass(frozen=True)
class WatchDatabase:
    """The folder of a watch: its database, dbt's artifacts, its lock and its last incidents."""

    folder: Path

    @property
    def database(self) -> Path:
        """Return the database; its stem is the database's name in every model."""
        return self.folder / "logmart.duckdb"

    @property
    def incidents(self) -> Path:
        """Return the file of the incidents as the last watch saw them; readers need no lock."""
        return self.folder / "incidents.parquet"

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Yield whether this process alone holds the folder; a killed process holds nothing."""
        make_private_folder(self.folder.parent)
        with held(self.folder / _LOCK_FILE) as is_ours:
            yield is_ours

    def build(self, at: datetime) -> None:
        """Build the models as of a moment. Raises CommandError when dbt fails."""
        manifest = self._parse()
        had_database = self.database.exists()
        result = self._run_models(manifest, at)
        if had_database and not result.success:
            # An upgrade or another key can make the old file useless. People must still be told.
            print(f"{self.database} is made anew, because the watch could not use it", flush=True)
            self.database.unlink()
            result = self._run_models(manifest, at)
        if not result.success:
            raise CommandError(f"the watch cannot judge: {_cause(result)}")
        self._keep_incidents()

    def notices_due(self) -> list[Notice]:
        """Return what is to be told, as the last build decided, the oldest incident first."""
        columns = ", ".join(column.name for column in fields(Notice))
        order = "opened_at, incident_id, escalation_level, recipient"
        with duckdb.connect(str(self.database), read_only=True) as connection:
            rows = connection.execute(
                f"select {columns} from marts.{_DECISION} order by {order}"
            ).fetchall()
        return [Notice(*row) for row in rows]

    def _parse(self) -> Manifest:
        """Return the project as dbt parsed it.

        dbt parses with no variable: another variable would make it parse every file again.
        """
        result = self._dbt("parsed", ["parse"])
        if not isinstance(result.result, Manifest):
            raise CommandError(f"the watch cannot judge: {_cause(result)}")
        if not any(node.name == _DECISION for node in result.result.nodes.values()):
            raise CommandError(
                "the watch cannot judge: operations_records of dbt_project.yml is empty"
            )
        return result.result

    def _run_models(self, manifest: Manifest, at: datetime) -> dbtRunnerResult:
        until = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        variables = json.dumps({"ledger_until": until})
        return self._dbt("watched", ["build", *_SELECTION, "--vars", variables], manifest)

    def _dbt(
        self, verb: str, arguments: list[str], manifest: Manifest | None = None
    ) -> dbtRunnerResult:
        # dbt's log and manifest would take a fifth of the time; its errors are printed.
        places = ["--target-path", str(self.folder / "target")]
        places += ["--no-write-json", "--log-level-file", "none"]
        with changed_environment({"LOGMART_DATABASE": str(self.database)}):
            return invoke_dbt(verb, [*arguments, *places], manifest)

    def _keep_incidents(self) -> None:
        part = self.incidents.with_name(f"{self.incidents.name}.part")
        with duckdb.connect(str(self.database), read_only=True) as connection:
            connection.table("marts.incidents").write_parquet(str(part))
        make_private(part)
        part.replace(self.incidents)


def watch_database(build_database: Path) -> WatchDatabase:
    """Return the watch's database of a build's database."""
    return WatchDatabase(build_database.parent / "watch")


def _cause(result: dbtRunnerResult) -> str:
    if result.exception is not None:
        return " ".join(str(result.exception).split())
    return "the lines above name what failed"
