"""A small dbt project with a source, groups and tests, whose artifacts the tests read.

`waiting` fails with the message of a locked file until a file opens the gate. `counted` has a test
that fails, and one that warns.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from dbt_common.events.functions import reset_metadata_vars

from logmart.dbt.run import run_dbt
from logmart.environment import changed_environment
from logmart.errors import CommandError
from logmart.settings import PROJECT

FILES = {
    "dbt_project.yml": """
name: logmart
version: "0.1.0"
config-version: 2
profile: logmart
models: {logmart: {staging: {+materialized: view}, marts: {+materialized: table}}}
""",
    "models/groups.yml": """
groups:
  - {name: growth, owner: {name: Growth}}
  - {name: payments, owner: {name: Payments}}
""",
    "models/staging/_app.yml": """
sources:
  - name: app
    schema: raw
    tables: [{name: events}]
models:
  - {name: events, config: {group: growth}}
""",
    "models/staging/events.sql": "select * from {{ source('app', 'events') }}",
    "models/marts/_marts.yml": """
models:
  - {name: waiting, config: {group: growth}}
  - name: counted
    config: {group: payments}
    columns:
      - name: amount
        data_tests:
          - not_null
          - accepted_values:
              arguments: {values: [1], quote: false}
              config: {severity: warn}
unit_tests:
  - name: amounts_are_kept
    model: counted
    given: [{input: ref('waiting'), rows: [{amount: 1}]}]
    expect: {rows: [{amount: 1}]}
""",
    "models/marts/waiting.sql": """
select case when (select count(*) from glob('{{ env_var("GATE") }}')) = 0
    then error('IO Error: Could not set lock on file') else amount end as amount
from {{ ref('events') }}
""",
    "models/marts/counted.sql": "select amount from {{ ref('waiting') }}",
}


class SmallProject:
    """The project in a folder of its own, with its database and its artifacts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.target = folder / "target"
        self.database = folder / "logmart.duckdb"
        for name, text in FILES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.hold_amounts("(1), (2)")

    def hold_amounts(self, values: str) -> None:
        """Replace the rows of the source."""
        with duckdb.connect(str(self.database)) as connection:
            connection.execute("create schema if not exists raw")
            connection.execute(
                f"create or replace table raw.events as from (values {values}) as t (amount)"
            )

    def open_gate(self) -> None:
        """Let `waiting` succeed."""
        (self.folder / "gate").touch()

    @contextlib.contextmanager
    def inside(self) -> Any:
        """Work in the project's folder, as a run of the pipeline."""
        environment = {
            "LOGMART_DATABASE": str(self.database),
            "LOGMART_PROJECT": str(PROJECT),
            "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
            "DBT_ENV_CUSTOM_ENV_LOGMART_RUN_ID": "r1",
            "GATE": str(self.folder / "gate"),
        }
        with changed_environment(environment), contextlib.chdir(self.folder):
            # dbt reads these variables once a process, and another test may have run it before.
            reset_metadata_vars()
            yield
        reset_metadata_vars()

    def build(self, *arguments: str) -> CommandError | None:
        """Build as the run `r1`; return the error that it ends with."""
        with self.inside():
            try:
                run_dbt("built", ["build", "--target-path", str(self.target), *arguments])
            except CommandError as error:
                return error
        return None

    def artifact(self, name: str) -> Mapping[str, Any]:
        """Return manifest or run_results."""
        document: Mapping[str, Any] = json.loads((self.target / f"{name}.json").read_bytes())
        return document
