"""Selecting nodes in dbt's syntax; all others stay in the catalog as they are."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.compilation import Linker
from dbt.contracts.graph.manifest import Manifest
from dbt.flags import set_from_args
from dbt.graph.cli import parse_difference
from dbt.graph.graph import Graph
from dbt.graph.selector import NodeSelector

from logmart_catalog.artifacts.read import read_artifacts
from logmart_catalog.artifacts.selection import chosen_nodes
from logmart_catalog.command.cli import main
from logmart_catalog.config import Choice
from logmart_catalog.errors import SelectionError

from .support import ARTIFACTS, CONFIG, INGESTION, Command, StandIn, copied, editing, remove_node

LIBRARY, ORCHARD = ARTIFACTS / "library", ARTIFACTS / "orchard"
PUBLISHED = ("model", "seed", "snapshot", "source", "exposure", "metric")
Selector = Callable[[Choice], set[str]]


@pytest.fixture(scope="module")
def dbt_itself() -> Callable[[str], Selector]:
    """The unique ids that dbt's own selector selects in a committed project, of published kinds."""

    def on(project: str) -> Selector:
        set_from_args(Namespace(INDIRECT_SELECTION="eager", WARN_ERROR=False), None)
        document = json.loads((ARTIFACTS / project / "manifest.json").read_text("utf-8"))
        manifest = Manifest.from_writable_manifest(WritableManifest.from_dict(document))
        linker = Linker()
        linker.link_graph(manifest)
        selector = NodeSelector(Graph(linker.graph), manifest)

        def select(choice: Choice) -> set[str]:
            spec = parse_difference(list(choice.select) or None, list(choice.exclude))
            return {one for one in selector.get_selected(spec) if one.split(".")[0] in PUBLISHED}

        return select

    return on


SELECTIONS = {
    "library": [
        "stg_loans",
        "book_loans",
        "book_loans.v1",
        "book_loans_v1",
        "library",
        "library.stg_loans",
        "*_loans",
        "book*",
        "stg_loans+",
        "+book_loans",
        "1+book_loans",
        "stg_loans+1",
        "1+shelf_shapes",
        "@stg_loans",
        "@shelf_shapes",
        "+exposure:reading_room_board",
        "exposure:*",
        "source:desk",
        "source:desk.raw_loans+",
        "source:library.desk.gate_counts",
        "package:library",
        "package:this",
        "resource_type:seed",
        "resource_type:snapshot books",
        "group:lending_desk",
        "config.materialized:table",
        "config.materialized:table,+reading_room_board",
        "stg_loans+,config.materialized:ephemeral+",
        "path:models",
        "path:models/stg_loans.sql",
        "path:seeds/*.csv",
        "models/stg_loans.sql",
        "stg_loans.sql",
        "file:stg_loans",
    ],
    "orchard": [
        "tag:daily",
        "tag:weights*",
        "tag:daily+",
        "metric:kilograms_picked",
        "+metric:kilograms_per_picker",
        "+kilograms_per_picker",
        "source:scales+",
        "harvest_days+",
        "2+harvest_days,resource_type:model",
        "group:harvest,config.materialized:table",
    ],
}


@pytest.mark.parametrize("project", SELECTIONS)
def test_what_is_chosen_is_what_dbt_itself_selects(
    project: str,
    dbt_itself: Callable[[str], Selector],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(INGESTION / "tests" / "projects" / project)
    artifacts = read_artifacts(ARTIFACTS / project)
    selected = dbt_itself(project)
    for text in SELECTIONS[project]:
        for choice in (Choice((text,)), Choice((), (text,)), Choice(("+*",), (text,))):
            expected = selected(choice)
            if expected:
                assert set(chosen_nodes(artifacts, choice) or ()) == expected, choice


REFUSED = {
    "state:modified+": "the method 'state' needs more than the artifacts",
    "result:error": "the method 'result' needs more than the artifacts",
    "source_status:fresher+": "the method 'source_status' needs more than the artifacts",
    "selector:nightly": "the method 'selector' needs more than the artifacts",
    "test_type:unit": "the method 'test_type' needs more than the artifacts",
    "resource_type:test": "resources of type 'test' are not published on their own",
    "stg_laons": "it matches nothing in the dbt project",
    "stg_loans,tag:none": "it matches nothing in the dbt project",
    "config:table": "name the setting",
    "source:a.b.c.d": "give source, source.table or package.source.table",
    "@+stg_loans": "give either @ or +",
    "+": "it names no node",
    "": "it names no node",
}


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.parametrize("name", ["plan", "apply", "verify"])
def test_what_cannot_be_chosen_ends_in_one_line_before_anything_is_written(
    name: str, text: str, command: Command, standin: StandIn
) -> None:
    before = standin.writes()
    line = command(name, LIBRARY, "--select", "stg_loans", text).error_line()
    assert line.startswith(f"logmart-catalog {name}: select {text!r}: {REFUSED[text]}")
    assert standin.writes() == before


def test_nothing_that_is_left_is_refused() -> None:
    artifacts = read_artifacts(LIBRARY)
    with pytest.raises(SelectionError, match="nothing that was selected is left"):
        chosen_nodes(artifacts, Choice(("stg_loans",), ("package:library",)))


def test_an_empty_text_alone_selects_nothing_and_is_named() -> None:
    with pytest.raises(SelectionError, match="select '': it names no node"):
        chosen_nodes(read_artifacts(LIBRARY), Choice(("",)))


def test_only_what_is_chosen_is_published(command: Command, standin: StandIn, service: str) -> None:
    outcome = command("apply", ORCHARD, "--select", "+harvest_days", "metric:kilograms_picked")
    assert (outcome.code, outcome.err) == (0, "")
    added = [one.removeprefix("  + ") for one in outcome.lines if one.startswith("  + ")]
    kinds = {one.replace(f"{service}.mart.main.", "").split(" (")[0] for one in added}
    assert kinds >= {
        "table baskets",
        "table stg_baskets",
        "table harvest_days",
        "metric kilograms_picked",
        "edge harvest_days -> kilograms_picked",
        "edge stg_baskets -> harvest_days",
        "test harvest_days.baskets_of_a_day_are_added_up",
    }
    assert {one for one in kinds if one.startswith(("table", "dashboard", "metric", "team"))} <= {
        "table baskets",
        "table stg_baskets",
        "table harvest_days",
        "metric kilograms_picked",
        "team Harvest Team",
    }
    assert "  Not chosen, left as it is (12)" in outcome.lines
    verified = command("verify", ORCHARD, "--select", "+harvest_days", "metric:kilograms_picked")
    assert verified.lines[-1].startswith("Verified, no drift: 3 tables")


def test_what_is_chosen_is_published_as_it_is_with_all_the_rest(
    command: Command, standin: StandIn
) -> None:
    command("apply", ORCHARD)
    for text in ("picker_contacts", "tag:daily", "dim_pickers+1", "resource_type:exposure"):
        assert "No changes" in command("plan", ORCHARD, "--select", text).out, text
        assert "No changes" in command("plan", ORCHARD, "--exclude", text).out, text


def test_what_is_not_chosen_is_neither_changed_nor_removed(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    remove_node(folder, "model.library.shelf_shapes")
    with editing(folder, "manifest.json") as manifest:
        for name in ("stg_loans", "book_loans.v1"):
            manifest["nodes"][f"model.library.{name}"]["description"] = "Another text."
        del manifest["exposures"]["exposure.library.reading_room_board"]
    changes = [
        one
        for one in command("plan", folder, "--select", "stg_loans", "--strict").lines
        if one.startswith(("  +", "  ~", "  -", "  >"))
    ]
    assert changes == [f"  ~ table {service}.mart.staging.stg_loans"]
    assert command("verify", folder, "--select", "stg_loans").code == 2
    assert command("apply", folder, "--select", "stg_loans").code == 0
    assert command("verify", folder, "--select", "stg_loans").code == 0
    assert command.summary("plan", folder)["removed"] > 0


def test_a_chosen_model_that_was_renamed_is_moved(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    command("apply", folder)
    with editing(folder, "manifest.json") as manifest:
        node = manifest["nodes"]["model.library.stg_loans"]
        node["alias"] = "loans"
        node["config"]["meta"] = node["meta"] = {"previous_name": "stg_loans"}
    with editing(folder, "catalog.json") as catalog:
        catalog["nodes"]["model.library.stg_loans"]["metadata"]["name"] = "loans"
    names = [f"{service}.mart.staging.{one}" for one in ("stg_loans", "loans")]
    moved = f"  > table {names[0]} -> {names[1]}"
    assert moved in command("plan", folder).lines
    assert moved in command("plan", folder, "--select", "stg_loans").lines
    assert command("apply", folder, "--select", "stg_loans").code == 0
    assert command("verify", folder, "--select", "stg_loans").code == 0


def test_a_node_that_is_left_out_and_not_chosen_is_no_fault_of_the_artifacts(
    command: Command, standin: StandIn, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "catalog.json") as catalog:
        del catalog["nodes"]["model.library.shelf_shapes"]
    config = ("--config", str(CONFIG))
    assert command("apply", folder, *config).code == 3
    assert command("apply", folder, *config, "--exclude", "shelf_shapes", "--strict").code == 0
    line = command("apply", folder, "--select", "shelf_shapes").error_line()
    assert "none of 1 nodes can be published, the first: model.library.shelf_shapes" in line


def test_the_configuration_chooses_where_the_command_does_not(
    command: Command, tmp_path: Path
) -> None:
    config = tmp_path / "chosen.yaml"
    text = CONFIG.read_text("utf-8")
    assert 'select: ""' in text
    config.write_text(text.replace('select: ""', 'select: "stg_loans source:desk"'), "utf-8")
    plan = command.summary("plan", LIBRARY, "--offline", "--config", str(config))
    assert plan["tables"] == 2
    assert command.summary("plan", LIBRARY, "--offline", "--config", str(config), "--select",
                           "stg_loans")["tables"] == 1  # fmt: skip


@pytest.mark.parametrize("option", [["--select", "a"], ["--exclude", "a"], ["--strict"]])
def test_a_saved_plan_takes_no_choice(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["apply", "plan.json", *option])
    assert ended.value.code == 1
    assert "give --select, --exclude, --strict to `plan`" in capsys.readouterr().err
