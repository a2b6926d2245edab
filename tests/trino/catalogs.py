"""What the catalog sync would publish of a target folder, compared between engines."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mart_runs import PROJECT

SYNC = PROJECT / "ingestion"
_PYTHON = (str(SYNC / ".venv/bin/python"), "-m")
# What tells of one run, or holds the engine's own SQL, and digests of that.
OF_A_RUN_OR_ENGINE = frozenset({"run", "mark", "sql", "timestamp"})
# What the receive step gives Trino and DuckDB finds out as it reads: the name of a line's file and
# the line's number, which together name an event that has no id, are columns of a source's view...
RECEIVED_COLUMNS = frozenset({"landing_file", "line_number"})
OF_LINES = RECEIVED_COLUMNS | {"event_id"}
# ...and what a file is stands in landing.received.files, which is no relation of dbt.
OF_FILES = frozenset({"landing_file", "landed_date", "file_kind", "line_count", "size_bytes"})


def desired(target_path: Path) -> dict[str, Any]:
    """Return the state that `logmart-catalog plan --offline` saves."""
    saved = target_path / "state.json"
    sync("plan", target_path, "--offline", "--save", str(saved))
    state: dict[str, Any] = json.loads(saved.read_text(encoding="utf-8"))
    return state


def sync(command: str, target_path: Path, *options: str, address: str = "") -> str:
    """Run a command of the catalog sync, which must end well; return what it printed."""
    ran = subprocess.run(
        [*_PYTHON, "logmart_catalog", command, "--target-path", str(target_path), *options],
        env={**_environment(), "OPENMETADATA_HOST": address, "OPENMETADATA_JWT_TOKEN": "any"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@contextmanager
def catalog_server(folder: Path) -> Iterator[str]:
    """Start the stand-in of OpenMetadata's API on loopback; give its address."""
    ready = folder / "address"
    state = ["--state", str(folder / "state.sqlite"), "--ready-file", str(ready)]
    with subprocess.Popen(
        [*_PYTHON, "openmetadata_standin", *state], env=_environment(), stdout=subprocess.DEVNULL
    ) as process:
        try:
            while not ready.exists():
                assert process.poll() is None
                time.sleep(0.05)
            yield ready.read_text(encoding="utf-8").strip()
        finally:
            process.terminate()


def table_of(address: str, name: str) -> dict[str, Any]:
    """Return a table of the catalog by its full name."""
    with urllib.request.urlopen(f"{address}/v1/tables/name/{name}?fields=columns,tags") as answer:
        table: dict[str, Any] = json.load(answer)
    return table


def edit(address: str, table: dict[str, Any], *changes: dict[str, Any]) -> None:
    """Change a table of the catalog as a person does."""
    request = urllib.request.Request(
        f"{address}/v1/tables/{table['id']}",
        data=json.dumps(changes).encode(),
        headers={"Content-Type": "application/json-patch+json"},
        method="PATCH",
    )
    with urllib.request.urlopen(request):
        pass


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SYNC)}


def differences(here: dict[str, Any], there: dict[str, Any]) -> list[str]:
    """Return the facts that one state holds and the other does not: of DuckDB and of Trino.

    Compared are names, docs, owners, tags, types, keys, tests, and lineage by column, but for what
    is named above.
    """
    facts = [dict(_facts(state)) for state in (here, there)]
    return [
        f"{' '.join(map(str, fact))}: {facts[0].get(fact)!r} on DuckDB, {facts[1].get(fact)!r} on"
        " Trino"
        for fact in sorted(facts[0].keys() | facts[1].keys())
        if facts[0].get(fact) != facts[1].get(fact)
    ]


def _facts(state: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for kind in ("containers", "teams", "assets"):
        for item in state[kind]:
            name = item.get("fqn") or item.get("name") or ".".join(item["parts"])
            yield (kind, str(item.get("kind", "")), name), _alike(item)
    for table in state["tables"]:
        name = ".".join(table["parts"])
        is_source = (table.get("data_model") or {}).get("resource_type") is None
        for column in table.pop("columns"):
            if not (is_source and column["name"] in RECEIVED_COLUMNS):
                yield ("column", name, column["name"]), _alike(column)
        yield ("table", name), _alike(table)
    for edge in state["edges"]:
        ends = edge["upstream"], edge["downstream"]
        for pair in edge.pop("columns", ()):
            if not _is_of_receiving(edge["downstream"], pair["target"]):
                yield ("edge", *ends, pair["target"]), sorted(pair["sources"])
        yield ("edge", *ends), _alike(edge)


def _is_of_receiving(downstream: str, column: str) -> bool:
    _, schema, table = downstream.rsplit(".", 2)
    if not table.startswith("base_"):
        return False
    return column in (OF_FILES if schema == "staging" else OF_LINES)


def _alike(value: Any) -> Any:
    """Return a value without what is of a run or engine, and with types as DuckDB writes them."""
    if isinstance(value, dict):
        return {
            name: _type(item) if name == "display" else _alike(item)
            for name, item in value.items()
            if name not in OF_A_RUN_OR_ENGINE and not (name == "length" and "display" in value)
        } | ({"name": "STRING"} if value.get("name") == "VARCHAR" else {})
    return [_alike(item) for item in value] if isinstance(value, list) else value


def _type(display: str) -> str:
    """Return a type without a text's length, a time's precision and the engine's words for lists
    and structs, which are `array(...)` and `row(...)` on Trino.
    """
    plain = re.sub(r"\b(varchar|timestamp)\(\d+\)", r"\1", display).replace('"', "")
    before = ""
    while plain != before:
        before = plain
        plain = re.sub(r"\barray\(([^()]*)\)", r"\1[]", plain)
        plain = re.sub(r"\b(?:row|struct)\(([^()]*)\)", r"{\1}", plain)
    return plain
