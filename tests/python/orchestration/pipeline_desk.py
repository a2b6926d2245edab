"""A folder of a test's own, in which the pipeline runs: through Airflow, or nightly."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logmart.sample.wikipedia import LANDED_FILE, generated_log
from logmart.settings import PROJECT

DAY = "2015-09-12"
Record = Mapping[str, Any]
# What two runs of the same pipeline may differ in.
OF_THE_RUN = ("actionId", "actor", "runId", "orchestrator", "occurredAt", "checkedAt")
STAND_IN = [str(PROJECT / "ingestion/.venv/bin/python"), "-m", "openmetadata_standin"]


@dataclass(frozen=True)
class PipelineDesk:
    """A landing zone with 5,000 of Wikipedia's edits, and what is made of them.

    `is_quick`: the build leaves out dbt's tests, and what operations landed.
    """

    folder: Path
    is_quick: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a pipeline that reads and writes in this folder alone."""
        names = {
            "LOGMART_LANDING": "landing",
            "LOGMART_DATABASE": "build/logmart.duckdb",
            "LOGMART_PUBLISHED": "logmart.duckdb",
            "LOGMART_TARGET": "target",
            "LOGMART_PAGES": "pages",
        }
        places = {name: str(self.folder / path) for name, path in names.items()}
        settings = {
            "LOGMART_ID_KEY": "the key of the tests, long enough",
            "LOGMART_RETRY_SECONDS": "1",
            "LOGMART_BUILD_FLAGS": "--sources wikipedia",
        }
        if self.is_quick:
            settings["LOGMART_BUILD_FLAGS"] += " --vars '{operations_records: []}'"
            settings["DBT_EXCLUDE_RESOURCE_TYPES"] = "unit_test test"
        kept = {name: value for name, value in os.environ.items() if "OPENMETADATA" not in name}
        return kept | places | settings

    def land(self) -> None:
        """Land the edits."""
        path = self.folder / "landing" / LANDED_FILE
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.compress(generated_log(5_000)))

    def logmart(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "logmart", *words],
            cwd=PROJECT,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def records(self, entity: str) -> list[Record]:
        """Return the landed records of an entity, in the order of their times."""
        files = (self.folder / "landing").glob(f"operations/dt=*/{entity}-*.jsonl")
        records = [json.loads(line) for file in files for line in file.read_text().splitlines()]
        return sorted(records, key=lambda record: str(record.get("occurredAt")))

    def steps(self, orchestrator: str) -> list[tuple[str, int, str]]:
        """Return task, attempt and state of the records of task runs, in the order of landing."""
        return [
            (record["task"], record["attempt"], record["state"])
            for record in self.records("task_runs")
            if record["orchestrator"] == orchestrator
        ]

    def of_orchestrator(self, orchestrator: str) -> dict[str, list[dict[str, Any]]]:
        """Return all that an orchestrator landed, without what two runs may differ in.

        Raw files are left out: the second run finds no new one to check.
        """
        entities = ("task_runs", "check_results", "actions")
        landed = {entity: self.records(entity) for entity in entities}
        runs = {one["runId"] for one in landed["task_runs"] if one["orchestrator"] == orchestrator}
        return {
            entity: sorted(
                (
                    {key: value for key, value in record.items() if key not in OF_THE_RUN}
                    for record in records
                    if record["runId"] in runs and record.get("stage") != "raw"
                ),
                key=lambda record: json.dumps(record, sort_keys=True),
            )
            for entity, records in landed.items()
        }

    @contextmanager
    def held_database(self) -> Iterator[Callable[[], None]]:
        """Hold the build database in another process; give what releases it."""
        database = Path(self.environment["LOGMART_DATABASE"])
        database.parent.mkdir(parents=True, exist_ok=True)
        code = (
            f"import duckdb, sys; c = duckdb.connect({str(database)!r}); print('held');"
            " sys.stdin.read()"
        )
        with subprocess.Popen(
            [sys.executable, "-u", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdin is not None
            holder.stdout.readline()
            yield holder.stdin.close

    @contextmanager
    def catalog(self) -> Iterator[dict[str, str]]:
        """Start a stand-in of OpenMetadata's API; give the variables that name it."""
        ready = self.folder / "address"
        process = subprocess.Popen(
            [*STAND_IN, "--state", str(self.folder / "catalog"), "--ready-file", str(ready)],
            cwd=PROJECT / "ingestion",
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(ready.exists, process)
            address = ready.read_text(encoding="utf-8").strip()
            yield {"OPENMETADATA_HOST": address, "OPENMETADATA_JWT_TOKEN": "any"}
        finally:
            process.terminate()
            process.wait()


def wait_for(
    condition: Any, process: subprocess.Popen[Any] | None = None, seconds: float = 900
) -> None:
    """Wait until a condition holds; fail when it does not, or when a process ends before."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, "the process ended"
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.2)
