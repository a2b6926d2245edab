"""Builds of the dbt project on landing zones made for a test."""

from __future__ import annotations

import contextlib
import gzip
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
from dbt.artifacts.schemas.run import RunResult
from dbt_common.tests import enable_test_caching

from kept_parses import PARTS, keep_parse, kept_parse
from logmart.dbt.run import invoke_dbt
from logmart.environment import changed_environment
from logmart.landed.identifiers import IdKey

PROJECT = Path(__file__).resolve().parents[3]
RECORD_SOURCES = {"bank": ("users", "transfers"), "crm": ("campaigns", "sends")}
OPERATIONS = ("task_runs", "check_results", "actions", "notices", "migrated_chunks")
Row = tuple[Any, ...]
# With other variables dbt parses every file again. It then keeps the syntax trees of all files.
enable_test_caching()
KEY = "the key of the tests, long enough"
# A build without dbt's unit tests, which read no landed row. One build runs them in every run of
# the tests, that of the sample with records (test_business_marts); the deep tests run them without
# records (test_sample_build) and with a source beside the project's own (test_bring_your_own_logs).
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
# A build whose manifest.json no test reads: dbt writes a whole one twice.
NO_ARTIFACTS = "--no-write-json"
# The variables that single tests change, all together: dbt parses the project once for all of them.
CHANGED_VARIABLES: tuple[tuple[str, Any], ...] = (
    ("bot_user_agent_pattern", "bot([^a-z]|$)|^probe-"),
    ("load_at_most_mib", 0.06),
    ("placeholder_ids", ["guest"]),
)
# A build of what becomes of events, with its data tests, where the other marts do not matter.
EVENTS = (
    *("--select", "+fct_events", "+fct_landed_files", "+int_rejected_events"),
    *("--indirect-selection", "cautious", *NO_UNIT_TESTS),
)


@dataclass(frozen=True)
class Mart:
    """A landing zone and the database that is built on it, both below one folder.

    The marts on the records of bank and CRM are left out unless `record_sources` names them, and
    those on operations unless `has_operations`.
    """

    folder: Path
    sources: tuple[str, ...] = ("app",)
    record_sources: tuple[str, ...] = ()
    has_operations: bool = False
    variables: tuple[tuple[str, Any], ...] = ()
    project: Path = PROJECT

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def database(self) -> Path:
        return self.folder / "build" / "logmart.duckdb"

    @property
    def target_path(self) -> Path:
        return self.folder / "target"

    def land(self, file: str, lines: list[str | bytes | dict[str, Any]]) -> None:
        """Write a landed file, gzip where its name says so; a dict becomes a JSON line."""
        path = self.landing / file
        path.parent.mkdir(parents=True, exist_ok=True)
        content = b"".join(_bytes(line) + b"\n" for line in lines)
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)

    def dbt(self, *arguments: str) -> list[RunResult]:
        """Run dbt on it; return the results, failed ones too. Raises what stopped dbt itself."""
        common = ["--project-dir", str(self.project), "--profiles-dir", str(PROJECT / "profiles")]
        common += ["--target-path", str(self.target_path), "--log-path", str(self.folder / "logs")]
        # dbt's log takes a tenth of a build's time, and a test prints what failed.
        common += ["--log-level-file", "none"]
        variables = {
            "sources": self.sources,
            "record_sources": {name: RECORD_SOURCES[name] for name in self.record_sources},
            **({} if self.has_operations else {"operations_records": []}),
            "loader_date": "2099-01-01",
            **dict(self.variables),
        }
        common += ["--vars", json.dumps(variables)]
        # dbt starts over when the profile does, and parses every file again that reads a variable
        # of the environment which changed: the database and the landing zone are named from within
        # the folder of a mart.
        parsed = kept_parse(common[-1], self.project)
        own = self.target_path / "partial_parse.msgpack"
        # What lies in the target folder may have been parsed with other variables.
        if parsed.exists() and (self.project == PROJECT or not own.exists()):
            common += ["--partial-parse-file-path", str(parsed)]
        environment = {
            "LOGMART_ID_KEY": KEY,
            "LOGMART_LANDING": str(self.landing.relative_to(self.folder)),
            "LOGMART_DATABASE": str(self.database.relative_to(self.folder)),
            "LOGMART_PROJECT": str(PROJECT),
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        with changed_environment(environment), contextlib.chdir(self.folder):
            result = invoke_dbt("built", [*arguments, *common])
        keep_parse(own, parsed)
        if result.exception is not None:
            raise result.exception
        return list(getattr(result.result, "results", []))

    def build(self, *arguments: str) -> None:
        """Build and test everything; fail the test with what failed."""
        failed = [
            f"{result.node.name}: {result.message}"
            for result in self.dbt("build", *arguments)
            if result.status not in ("success", "pass", "no-op")
        ]
        assert not failed, "\n".join(failed)

    def failures(self, *arguments: str) -> str:
        """Run dbt and return the messages of what failed, one after another."""
        results = self.dbt(*arguments)
        return "\n".join(str(result.message) for result in results if result.status == "error")

    def query(self, sql: str) -> list[Row]:
        """Return the rows of a query on the built database."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def tables(self) -> dict[str, list[Row]]:
        """Return every table's rows, sorted, without the columns that count loads and runs."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            names = connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables() order by all"
            ).fetchall()
            return {
                name: connection.execute(
                    "select columns(lambda c: c not in ('load_number', 'restatement_number'))"
                    f" from {name} order by all"
                ).fetchall()
                for (name,) in names
            }


def copied(mart: Mart, folder: Path) -> Mart:
    """Copy a built mart into a new folder, for a test that goes on from there."""
    shutil.copytree(mart.folder, folder)
    return replace(mart, folder=folder)


def hashed(identifier: str) -> str:
    """Return what stands for an identifier in the marts of a test."""
    return IdKey(KEY.encode()).hash(identifier)


def copy_project(folder: Path) -> Path:
    """Copy the dbt project into a new folder, for a test that changes it."""
    for part in PARTS:
        source, copied = PROJECT / part, folder / part
        copied.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copied)
        else:
            shutil.copyfile(source, copied)
    return folder


def app_event(event_name: str | None, properties: Any, **fields: Any) -> dict[str, Any]:
    """Return a sound line of the app's log, with fields replaced."""
    return {
        "eventId": "e1",
        "eventName": event_name,
        "userId": "u1",
        "deviceId": "d1",
        "occurredAt": "2026-03-31T20:59:00.000+09:00",
        "receivedAt": "2026-03-31T12:00:00.000Z",
        "platform": "ios",
        "appVersion": "5.2.0",
        "userAgent": "Finapp/5.2.0 (iOS 19.1)",
        "properties": properties,
        **fields,
    }


def _bytes(line: str | bytes | dict[str, Any]) -> bytes:
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)).encode()
