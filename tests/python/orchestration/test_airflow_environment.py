from __future__ import annotations

import socket
from pathlib import Path

import pytest

from logmart.errors import CommandError
from logmart.orchestration import airflow_environment as environments
from logmart.orchestration.airflow_environment import airflow_environment, prepare
from logmart.orchestration.airflow_up import free_port
from logmart.settings import PROJECT


def test_airflow_stays_on_loopback_and_below_its_folder(tmp_path: Path) -> None:
    given = airflow_environment(tmp_path, 8080)
    ours = {name: value for name, value in given.items() if name.startswith("AIRFLOW__")}
    assert {value.split("/")[2] for value in ours.values() if "http" in value} == {"127.0.0.1:8080"}
    assert ours["AIRFLOW__API__HOST"] == "127.0.0.1"
    written = [value for name, value in ours.items() if "CONN" in name or "FILE" in name]
    assert all(str(tmp_path) in value for value in written)
    assert ours["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert ours["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert given["PYTHONPATH"] == str(PROJECT)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port} of loopback is taken"):
            free_port(port)
    assert free_port(0) != port


def test_an_airflow_that_is_not_installed_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "AIRFLOW", tmp_path / "airflow")
    with pytest.raises(CommandError, match="make operations/orchestration/.venv/.locked"):
        prepare(tmp_path, {})
