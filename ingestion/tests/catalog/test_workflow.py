"""The engine inside the official workflow."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from metadata.cmd import metadata
from metadata.config.common import WorkflowExecutionError
from metadata.ingestion.api.step import WorkflowFatalError

from logmart_catalog.errors import ConfigError
from logmart_catalog.workflow import LogmartSource

from .support import ARTIFACTS, CONFIG, INGESTION, TOKEN, Command, StandIn, copied, editing

LIBRARY = ARTIFACTS / "library"


@dataclass(frozen=True)
class Ingestion:
    """How `metadata ingest` ended, and all that it printed and logged."""

    failed: bool
    said: str


def configured(scratch: Path, service: str, **options: str) -> Path:
    """Write the configuration of a workflow, with some options of its own."""
    config = scratch / "workflow.yaml"
    text = CONFIG.read_text(encoding="utf-8")
    for name, value in {"acceptLeftOut": "false", **options}.items():
        text, found = re.subn(rf"(?m)^( +{name}: ).*$", rf'\g<1>"{value}"', text)
        assert found == 1, name
    config.write_text(text.replace("serviceName: logmart", f"serviceName: {service}"), "utf-8")
    return config


@pytest.fixture
def ingest(
    standin: StandIn,
    service: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Callable[..., Ingestion]:
    """Runs `metadata ingest` in this process on a folder of artifacts."""

    def run(folder: Path, **options: str) -> Ingestion:
        config = configured(tmp_path, service, **options)
        failed, error = False, ""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENMETADATA_HOST", standin.host)
            patch.setenv("LOGMART_TARGET_PATH", str(folder))
            patch.chdir(tmp_path)
            try:
                metadata(["ingest", "-c", str(config)])
            except (SystemExit, WorkflowExecutionError, WorkflowFatalError) as ended:
                failed, error = bool(getattr(ended, "code", True)), str(ended)
        printed = capsys.readouterr()
        said = printed.out + printed.err + caplog.text + error
        assert TOKEN not in said
        return Ingestion(failed, said)

    return run


def test_the_workflow_does_and_counts_what_the_command_does(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    planned = command.summary("plan", LIBRARY)
    done = subprocess.run(
        [str(Path(sys.executable).with_name("metadata")), "ingest", "-c"]
        + [str(configured(tmp_path, service))],
        env={
            **os.environ,
            "PYTHONPATH": str(INGESTION),
            "LOGMART_TARGET_PATH": str(LIBRARY),
            "OPENMETADATA_HOST": standin.host,
            "OPENMETADATA_JWT_TOKEN": TOKEN,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert TOKEN not in said
    assert done.returncode == 0, said
    actions = planned["added"] + planned["changed"] + planned["removed"]
    assert f"Processed records: {planned['tables']}" in said
    assert f"Updated records: {actions}" in said
    assert f"Applied: {planned['added']} added, 0 changed, 0 removed" in said
    assert command("verify", LIBRARY).code == 0


@pytest.mark.parametrize(("accept", "succeeds"), [("false", False), ("true", True)])
def test_what_the_server_has_no_word_for_fails_the_workflow_unless_it_is_accepted(
    accept: str, succeeds: bool, ingest: Callable[..., Ingestion]
) -> None:
    done = ingest(ARTIFACTS / "orchard", acceptLeftOut=accept)
    assert done.failed != succeeds, done.said
    assert "not in OpenMetadata 1.12.6 (2): metric type SIMPLE, published as OTHER" in done.said
    assert "Applied: " in done.said


@pytest.mark.parametrize(("accept", "succeeds"), [("false", False), ("true", True)])
def test_what_the_artifacts_do_not_tell_fails_the_workflow_unless_it_is_accepted(
    accept: str, succeeds: bool, ingest: Callable[..., Ingestion], tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "catalog.json") as catalog:
        del catalog["nodes"]["model.library.shelf_shapes"]
    done = ingest(folder, acceptLeftOut=accept)
    assert done.failed != succeeds, done.said
    assert "(1): model.library.shelf_shapes: no relation in catalog.json: not built" in done.said
    assert "Applied: " in done.said


def test_the_workflow_publishes_what_its_configuration_chooses(
    ingest: Callable[..., Ingestion],
) -> None:
    done = ingest(LIBRARY, select="stg_loans")
    assert not done.failed, done.said
    assert "Processed records: 1" in done.said


def test_the_workflow_fails_when_the_engine_does(
    ingest: Callable[..., Ingestion], standin: StandIn, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    (folder / "catalog.json").unlink()
    before = standin.writes()
    done = ingest(folder)
    assert done.failed
    assert "catalog.json: the file is missing" in done.said
    assert standin.writes() == before


@pytest.mark.parametrize("option", ["${NOWHERE}", ""])
def test_a_workflow_without_a_target_path_is_refused(option: str) -> None:
    options = {"databaseName": "mart", "targetPath": option}
    source = {
        "serviceName": "x",
        "serviceConnection": {"config": {"connectionOptions": options}},
    }
    with pytest.raises(ConfigError, match="targetPath must name dbt's target folder"):
        LogmartSource.create(source, object())  # type: ignore[arg-type]
