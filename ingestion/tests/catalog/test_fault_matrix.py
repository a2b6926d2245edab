"""Faults with which other syncs succeed and publish nothing: here an error, nothing written, and
convergence once the cause is gone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .support import ARTIFACTS, TOKEN, Command, Proxy, StandIn, copied, editing, failing

LIBRARY = ARTIFACTS / "library"
LOANS = "model.library.stg_loans"
BROKEN = '{"code": 500, "message": "boom"}'


def no_nodes(folder: Path) -> None:
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"] = {}


def truncated_run_results(folder: Path) -> None:
    path = folder / "run_results.json"
    path.write_bytes(path.read_bytes()[:200])


def missing_catalog(folder: Path) -> None:
    (folder / "catalog.json").unlink()


def run_results_of_docs_generate(folder: Path) -> None:
    with editing(folder, "run_results.json") as results:
        results["args"] = {"which": "generate"}


def manifest_nearly_emptied(folder: Path) -> None:
    """A manifest and catalog that hold one model, as after a run that selected only it."""
    for artifact in ("manifest.json", "catalog.json"):
        with editing(folder, artifact) as document:
            document["nodes"] = {LOANS: document["nodes"][LOANS]}
            document["sources"] = {}


ARTIFACT_FAULTS = [
    no_nodes,
    truncated_run_results,
    missing_catalog,
    manifest_nearly_emptied,
]


def test_results_that_docs_generate_wrote_over_the_builds_are_left_out_and_named(
    command: Command, standin: StandIn, tmp_path: Path
) -> None:
    command("apply", LIBRARY)
    folder = copied("library", tmp_path)
    run_results_of_docs_generate(folder)
    before = standin.writes()
    outcome = command("apply", folder)
    assert outcome.lines[-1] == "Applied: nothing to do, nothing written."
    assert any("run_results.json: its results: " in one for one in outcome.lines)
    assert standin.writes() == before


@pytest.mark.parametrize("spoil", ARTIFACT_FAULTS, ids=lambda one: one.__name__)
def test_artifacts_that_would_empty_the_catalog_change_nothing(
    spoil: Callable[[Path], None], command: Command, standin: StandIn, tmp_path: Path
) -> None:
    command("apply", LIBRARY)
    folder = copied("library", tmp_path)
    spoil(folder)
    before = standin.writes()
    command("apply", folder, "--format", "json").error_line()
    assert standin.writes() == before
    assert command("verify", LIBRARY).code == 0


@pytest.fixture
def search_lost(standin: StandIn) -> Iterator[StandIn]:
    """A server whose search index answers 500 or nothing."""
    yield standin
    standin.faults({})


@pytest.mark.parametrize(
    ("search", "told"),
    [
        ("empty", "  Not in the search index (6): tables and other ends of edges; pages lack them"),
        ("error", "  Not checked: whether pages show the edges; the search index does not answer"),
    ],
)
def test_without_a_search_index_everything_arrives_and_it_is_told(
    search: str, told: str, command: Command, search_lost: StandIn
) -> None:
    search_lost.faults({"search": search})
    assert command("apply", LIBRARY).code == 0
    verified = command("verify", LIBRARY)
    assert verified.code == 0
    assert told in verified.out
    assert command("apply", LIBRARY).lines[-1] == "Applied: nothing to do, nothing written."


@pytest.mark.parametrize("pages", [0, 1000])
def test_tests_that_the_index_lacks_are_read_in_pages_or_by_name(
    pages: int, command: Command, search_lost: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name where that takes fewer calls than the pages of all tests of the server."""
    monkeypatch.setattr("logmart_catalog.server.read_tests._pages", lambda api: pages)
    search_lost.faults({"search": "empty"})
    assert command("apply", LIBRARY).code == 0
    assert command("verify", LIBRARY).code == 0
    assert command("apply", LIBRARY).lines[-1] == "Applied: nothing to do, nothing written."


def test_a_patch_that_fails_is_an_error_and_is_made_up_for(
    command: Command, standin: StandIn, tmp_path: Path
) -> None:
    command("apply", LIBRARY)
    folder = copied("library", tmp_path)
    with editing(folder, "manifest.json") as manifest:
        manifest["nodes"][LOANS]["description"] = "Changed."
    with Proxy(standin.host, failing("PATCH", "/tables/", 500, BROKEN)).named():
        outcome = command("apply", folder)
    assert outcome.code == 1
    assert re.search("PATCH /tables/[^:]*: answered 500: boom", outcome.err)
    assert "Applied" not in outcome.out
    assert command("verify", folder).code == 2
    assert command("apply", folder).code == 0
    assert command("verify", folder).code == 0


def test_tables_that_are_gone_are_drift_and_come_back(
    command: Command, standin: StandIn, service: str
) -> None:
    command("apply", LIBRARY)
    for name in ("staging.stg_loans", "lending.book_loans"):
        table = standin.table(f"{service}.mart.{name}")
        standin.call("DELETE", f"tables/{table['id']}?hardDelete=true&recursive=true")
    verified = command("verify", LIBRARY)
    assert verified.code == 2
    assert f"+ table {service}.mart.staging.stg_loans" in verified.out
    assert command("apply", LIBRARY).code == 0
    assert command("verify", LIBRARY).code == 0


# A refused token and an error of the server; the other statuses take the ways of these two.
@pytest.mark.parametrize(
    "status",
    [401, 500, *(pytest.param(it, marks=pytest.mark.deep) for it in (400, 403, 404, 409, 503))],
)
def test_no_output_shows_the_token(
    status: int, command: Command, standin: StandIn, tmp_path: Path
) -> None:
    """The test command looks for the token in all printed text; this also looks in files."""
    files = [tmp_path / name for name in ("summary.json", "state.json", "plan.json")]
    summary, state, plan = map(str, files)
    command("plan", LIBRARY, "--summary-file", summary, "--save", state, "--out", plan)
    # A server that repeats what it was sent.
    text = json.dumps({"message": f"refused: Bearer {TOKEN}"})
    for method, path in (("GET", "/tables[?]"), ("PUT", "/tables/bulk")):
        with Proxy(standin.host, failing(method, path, status, text)).named():
            command("apply", LIBRARY, "--summary-file", summary)
    assert all(TOKEN not in file.read_text("utf-8") for file in files)
