"""Trino meets what is stated of each macro that has a form of its own for it."""

from __future__ import annotations

from pathlib import Path

from logmart.trino.build import build
from logmart.trino.server import Server


def test_trino_meets_every_statement(server: Server, landing: Path) -> None:
    (landing / "app").mkdir()
    build(
        server,
        landing,
        target_path=landing.parent / "target_trino",
        variables={"record_sources": {}},
        arguments=["--select", "engine_macros_give_what_they_state"],
    )
