"""The engine inside the official workflow."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from logmart_catalog.errors import ConfigError
from logmart_catalog.workflow import LogmartSource

from .support import ARTIFACTS, CONFIG, INGESTION, TOKEN, Command, StandIn, copied, editing

LIBRARY = ARTIFACTS / "library"


def ingest(
    folder: Path, service: str, scratch: Path, host: str, **options: str
) -> subprocess.CompletedProcess[str]:
    """Run `metadata ingest` on a folder of artifacts, with some options of the configuration."""
    config = scratch / "workflow.yaml"
    text = CONFIG.read_text(encoding="utf-8")
    for name, value in {"acceptLeftOut": "false", **options}.items():
        text, found = re.subn(rf"(?m)^( +{name}: ).*$", rf'\g<1>"{value}"', text)
        assert found == 1, name
    config.write_text(text.replace("serviceName: logmart", f"serviceName: {service}"), "utf-8")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("metadata")), "ingest", "-c", str(config)],
        env={
            **os.environ,
            "PYTHONPATH": str(INGESTION),
            "LOGMART_TARGET_PATH": str(folder),
            "OPENMETADATA_HOST": host,
            "OPENMETADATA_JWT_TOKEN": TOKEN,
        },
        cwd=scratch,
        capture_output=True,
        text=True,
        check=False,
    )
    assert TOKEN not in done.stdout + done.stderr
    return done


def test_the_workflow_does_and_counts_what_the_command_does(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    planned = command.summary("plan", LIBRARY)
    done = ingest(LIBRARY, service, tmp_path, standin.host)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    actions = planned["added"] + planned["changed"] + planned["removed"]
    assert f"Processed records: {planned['tables']}" in said
    assert f"Updated records: {actions}" in said
    assert f"Applied: {planned['added']} added, 0 changed, 0 removed" in said
    assert command("verify", LIBRARY).code == 0


@pytest.mark.parametrize(("accept", "succeeds"), [("false", False), ("true", True)])
def test_what_the_server_has_no_word_for_fails_the_workflow_unless_it_is_accepted(
    accept: str, succeeds: bool, standin: StandIn, service: str, tmp_path: Path
) -> None:
    done = ingest(ARTIFACTS / "orchard", service, tmp_path, standin.host, acceptLeftOut=accept)
    said = done.stdout + done.stderr
    assert (done.returncode == 0) == succeeds, said
    assert "not in OpenMetadata 1.12.6 (2): metric type SIMPLE, published as OTHER" in said
    assert "Applied: " in said


@pytest.mark.parametrize(("accept", "succeeds"), [("false", False), ("true", True)])
def test_what_the_artifacts_do_not_tell_fails_the_workflow_unless_it_is_accepted(
    accept: str, succeeds: bool, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    with editing(folder, "catalog.json") as catalog:
        del catalog["nodes"]["model.library.shelf_shapes"]
    done = ingest(folder, service, tmp_path, standin.host, acceptLeftOut=accept)
    said = done.stdout + done.stderr
    assert (done.returncode == 0) == succeeds, said
    assert "(1): model.library.shelf_shapes: no relation in catalog.json: not built" in said
    assert "Applied: " in said


def test_the_workflow_publishes_what_its_configuration_chooses(
    standin: StandIn, service: str, tmp_path: Path
) -> None:
    done = ingest(LIBRARY, service, tmp_path, standin.host, select="stg_loans")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Processed records: 1" in said


def test_the_workflow_fails_when_the_engine_does(
    standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("library", tmp_path)
    (folder / "catalog.json").unlink()
    before = standin.writes()
    done = ingest(folder, service, tmp_path, standin.host)
    assert done.returncode != 0
    assert "catalog.json: the file is missing" in done.stdout + done.stderr
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
