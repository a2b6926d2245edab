"""The command `conformance` compares a server with the stand-in, in text and in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from logmart_catalog.command.cli import main
from openmetadata_standin.conformance.probes import PROBES
from openmetadata_standin.process import Process

from .standin_calls import Api


@pytest.fixture
def few_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three probes, of which one differs between 1.2 and the other versions."""
    names = {"version_is_open", "self_edge", "quote_in_name"}
    few = tuple(probe for probe in PROBES if probe.behaviour.name in names)
    monkeypatch.setattr("openmetadata_standin.conformance.compare.PROBES", few)


def run(process: Process, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    monkeypatch.setenv("OPENMETADATA_HOST", process.address)
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", "any")
    return main(["conformance", *options])


@pytest.mark.usefixtures("few_probes")
def test_a_server_of_the_same_manners_is_the_same_and_left_clean(
    process: Process, api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(process, monkeypatch) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == f"{process.address} is OpenMetadata 1.12.6; the stand-in is 1.12.6"
    assert "  same     quote_in_name: 500" in lines
    assert lines[-1] == "3 behaviours: 3 same, 0 differ."
    assert "could not be removed" not in out
    query = {"limit": "1000", "include": "all"}
    services = api.ok("GET", "services/databaseServices", params=query)["data"]
    assert not [one["name"] for one in services if one["name"].startswith("logmart_conformance_")]


@pytest.mark.usefixtures("few_probes")
@pytest.mark.parametrize("version", ["1.2"])
def test_what_differs_is_shown_beside_each_other(
    process: Process, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "openmetadata_standin.conformance.compare.release_of", lambda server: "1.11"
    )
    monkeypatch.setattr(
        "openmetadata_standin.conformance.command.release_of", lambda server: "1.11"
    )
    assert run(process, monkeypatch) == 2
    out = capsys.readouterr().out
    assert "  1.11 was never tried: 1.12.6 is the nearest version known\n" in out
    assert re.search(r"  differs  quote_in_name: .*\n +server:   400\n +stand-in: 500\n", out), out
    assert out.endswith("3 behaviours: 2 same, 1 differ.\n")
    assert run(process, monkeypatch, "--format", "json") == 2
    report = json.loads(capsys.readouterr().out)
    assert (report["same"], report["differ"], report["tried"]) == (2, 1, False)
    different = [one for one in report["manners"] if not one["same"]]
    assert [(one["server"], one["standin"]) for one in different] == [("400", "500")]


@pytest.mark.usefixtures("few_probes")
def test_reading_alone_is_said(
    shared_standin: Callable[..., Process],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(shared_standin("2.0"), monkeypatch) == 0
    assert "the behaviours of 2.0 are known from reading alone" in capsys.readouterr().out


def test_without_a_server_it_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPENMETADATA_HOST", raising=False)
    assert main(["conformance"]) == 1
    assert "conformance needs a server: set OPENMETADATA_HOST" in capsys.readouterr().err
    monkeypatch.setenv("OPENMETADATA_HOST", "http://127.0.0.1:1/api")
    assert main(["conformance"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "no answer (ConnectionError); is the server running?" in err


def test_a_wrong_token_is_one_line(
    guarded: Process, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(guarded, monkeypatch) == 1
    _, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert "401" in err
