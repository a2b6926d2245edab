"""Lists every kind of finding with its severity in gate.yml: `python -m gate.kinds`."""

from __future__ import annotations

from pathlib import Path

from gate.config import FILE, read_config
from gate.findings import KINDS
from scripts.errors import run_command


def main() -> int:
    """Print the kinds."""
    config = read_config(Path(FILE))
    for kind, (default, meaning) in KINDS.items():
        severity = config.severities.get(kind, default)
        print(f"{severity.word:<8} {kind:<25} {meaning}")
    return 0


if __name__ == "__main__":
    run_command(main)
