"""Lists every kind of finding with its severity in gate.yml: `logmart gate kinds`."""

from __future__ import annotations

from pathlib import Path

import click

from logmart.gate.config import FILE, read_config
from logmart.gate.finding_kinds import KINDS


@click.command(help=__doc__)
def main() -> int:
    """Print the kinds."""
    config = read_config(Path(FILE))
    for name, kind in KINDS.items():
        severity = config.severity.get(name, kind.severity)
        print(f"{severity.word:<8} {name:<25} {kind.meaning}")
    return 0
