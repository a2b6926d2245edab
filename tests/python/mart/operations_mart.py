"""The models of operations on a landing zone made for a test, as a watch builds them."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from kept_parses import keep_parse, kept_parse
from logmart.environment import changed_environment
from logmart.operations.landing import ENTITIES, utc_text
from logmart.operations.notice_text import Notice
from logmart.operations.notify import SendError
from logmart.operations.watch import watch
from logmart.operations.watch_database import WatchDatabase, watch_database
from mart_runs import KEY, PROJECT

Record = dict[str, Any]
Row = tuple[Any, ...]


@dataclass(frozen=True)
class OperationsMart:
    """A landing zone of operations and the watch's database that is built on it."""

    folder: Path

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def watch_database(self) -> WatchDatabase:
        return watch_database(self.folder / "build/logmart.duckdb")

    def land(self, entity: str, records: Sequence[Mapping[str, Any]], name: str = "test") -> None:
        """Write a landed file; its date does not matter."""
        path = self.landing / f"operations/dt=2026-02-01/{entity}-{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Make it the landing zone and the folder of this process, as `logmart` finds them.

        All paths are named from within the folder, so that dbt need not parse again for another.
        """
        environment = {
            "DBT_PROJECT_DIR": str(PROJECT),
            "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
            "LOGMART_ID_KEY": KEY,
            "LOGMART_LANDING": "landing",
            "LOGMART_DATABASE": "build/logmart.duckdb",
            "LOGMART_PUBLISHED": "logmart.duckdb",
            "LOGMART_PROJECT": str(PROJECT),
        }
        kept = kept_parse("watch")
        own = self.watch_database.folder / "target/partial_parse.msgpack"
        if kept.exists() and not own.exists():
            own.parent.mkdir(parents=True)
            shutil.copyfile(kept, own)
        with changed_environment(environment), contextlib.chdir(self.folder):
            yield
        keep_parse(own, kept)

    def build(self, until: datetime, seeds: Mapping[str, Sequence[Record]], *models: str) -> None:
        """Build models as of a moment, with other rows in some seeds; a missing value is null."""
        selection = [argument for model in models for argument in ("--select", f"+{model}")]
        with self.entered():
            database = watch_database(Path("build/logmart.duckdb"))
            with database.locked():
                manifest = database._parse()
                variables = {"ledger_until": until.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")}
                common = [*selection, "--vars", json.dumps(variables)]
                for verb in ("seed", "run"):
                    result = database._dbt("built", [verb, *common], manifest)
                    assert result.success, result.exception
                    if verb == "seed":
                        for seed, rows in seeds.items():
                            _replace_rows(database.database, seed, rows)

    def watch(self, at: datetime, *, is_reachable: bool = True) -> list[Notice]:
        """Watch as of a moment, with the project's seeds; return what was to be sent."""
        channel = KeptNotices(is_reachable)
        with self.entered():
            database = watch_database(Path("build/logmart.duckdb"))
            unsent = watch(Path("landing"), database, channel, at)
        assert unsent == (0 if is_reachable else len(channel.notices))
        return channel.notices

    def query(self, sql: str) -> list[Row]:
        """Return the rows of a query on the watch's database."""
        with duckdb.connect(str(self.watch_database.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def violations(self) -> list[Row]:
        """Return entity and violations of the landed records that the plan rejects."""
        return [
            (entity, violations)
            for entity in ENTITIES
            for (violations,) in self.query(
                f"select violations from staging.stg_operations__{entity} where not is_valid"
            )
        ]


@dataclass(frozen=True)
class KeptNotices:
    """A channel that keeps what it was to send, and can be out of reach."""

    is_reachable: bool
    notices: list[Notice] = field(default_factory=list)
    name: str = "file"

    def send(self, notice: Notice) -> None:
        self.notices.append(notice)
        if not self.is_reachable:
            raise SendError("it is out of reach")


def task_record(  # noqa: PLR0913 - a record has these properties
    run_id: str, run_date: str, task: str, state: str, at: datetime, **fields: Any
) -> Record:
    """Return a record of task_runs, of the first attempt unless told otherwise."""
    return {
        "runId": run_id,
        "runDate": run_date,
        "task": task,
        "attempt": 1,
        "orchestrator": "nightly",
        "state": state,
        **fields,
        "occurredAt": utc_text(at),
    }


def check_record(  # noqa: PLR0913 - a record has these properties
    run_id: str, run_date: str, subject: str, status: str, at: datetime, **fields: Any
) -> Record:
    """Return a record of check_results: a model that dbt built, unless told otherwise."""
    return {
        "runId": run_id,
        "runDate": run_date,
        "task": "build",
        "stage": "mart",
        "platform": "dbt",
        "check": subject,
        "checkKind": "model",
        "subjectKind": "model",
        "subject": subject,
        "status": status,
        "severity": "critical",
        "owner": "data_platform",
        **fields,
        "checkedAt": utc_text(at),
    }


def _replace_rows(database: Path, seed: str, rows: Sequence[Record]) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"delete from reference.{seed}")
        for row in rows:
            names = ", ".join(row)
            marks = ", ".join("?" for _ in row)
            connection.execute(
                f"insert into reference.{seed} ({names}) values ({marks})", list(row.values())
            )
