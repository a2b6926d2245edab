"""The parts of dbt's artifacts that the commands of `logmart mart` read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logmart.dbt.manifest import quoted, read_json
from logmart.errors import CommandError


@dataclass(frozen=True)
class Mart:
    """A table of models/marts/: its schema and name, and its descriptions from YAML."""

    schema: str
    name: str
    description: str
    column_descriptions: tuple[tuple[str, str], ...]

    def relation(self, database: str) -> str:
        """Return the mart's quoted name in a database."""
        return f"{database}.{quoted(self.schema)}.{quoted(self.name)}"

    def comments(self) -> dict[str, str]:
        """Return the mart's description under '' and its columns' descriptions by name; empty
        descriptions are left out.
        """
        comments = {"": self.description, **dict(self.column_descriptions)}
        return {column: text for column, text in comments.items() if text}


@dataclass(frozen=True)
class ModelTable:
    """The table of an incremental model. `remembers_runs`: its rows are a log of the runs."""

    name: str
    schema: str
    alias: str
    remembers_runs: bool

    @property
    def relation(self) -> str:
        """Return the table's quoted name."""
        return f"{quoted(self.schema)}.{quoted(self.alias)}"


@dataclass(frozen=True)
class Result:
    """The result of one node of a run; the kind is the first part of dbt's unique id."""

    name: str
    kind: str
    status: str


@dataclass(frozen=True)
class Artifacts:
    """The manifest and run results of a folder, from one invocation. `variables` are those that
    were given on the command line.
    """

    folder: Path
    command: str
    variables: dict[str, Any]
    marts: list[Mart]
    results: list[Result]


def read_artifacts(folder: Path) -> Artifacts:
    """Read manifest.json and run_results.json.

    Raises CommandError when a file is missing or unreadable, or when the two are from different
    dbt commands.
    """
    manifest = read_json(folder / "manifest.json")
    run_results = read_json(folder / "run_results.json")
    if manifest["metadata"]["invocation_id"] != run_results["metadata"]["invocation_id"]:
        raise CommandError(
            f"manifest.json and run_results.json in {folder} are from different dbt commands:"
            " build again with `make build`"
        )
    return Artifacts(
        folder=folder,
        command=run_results["args"]["which"],
        variables=run_results["args"].get("vars", {}),
        marts=[_mart(node) for node in manifest["nodes"].values() if _is_mart(node)],
        results=[_result(result) for result in run_results["results"]],
    )


def read_model_tables(folder: Path) -> list[ModelTable]:
    """Return the incremental models of manifest.json, sorted by name.

    Raises CommandError when the file is missing or cannot be read.
    """
    nodes = read_json(folder / "manifest.json")["nodes"].values()
    return sorted(
        (
            ModelTable(
                name=node["name"],
                schema=node["schema"],
                alias=node["alias"],
                remembers_runs=bool(node["config"]["meta"].get("remembers_runs")),
            )
            for node in nodes
            if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental"
        ),
        key=lambda model: model.name,
    )


def _is_mart(node: dict[str, Any]) -> bool:
    return bool(node["resource_type"] == "model" and node["fqn"][1] == "marts")


def _mart(node: dict[str, Any]) -> Mart:
    return Mart(
        schema=node["schema"],
        name=node["alias"],
        description=node["description"],
        column_descriptions=tuple(
            (column["name"], column["description"]) for column in node["columns"].values()
        ),
    )


def _result(result: dict[str, Any]) -> Result:
    kind, _, name = result["unique_id"].split(".", 2)
    return Result(name=name, kind=kind, status=result["status"])
