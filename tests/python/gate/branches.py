"""Branches of a little project: the state of its main, and a copy of it for each change.

`shop/` has what the gate looks at, in small: an incremental model that reads a landing zone, events
whose SQL comes from their YAML, personal data, marts with contracts, keys and exposures.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from logmart.gate.branch import Places
from logmart.gate.config import read_config
from logmart.gate.pull_request import make_report
from logmart.gate.report import Report, ordered
from logmart.gate.state import make_state
from tools_of_the_shop import findings_of_tools

PROJECT = Path(__file__).resolve().parents[3]
SHOP = Path(__file__).parent / "shop"
Change = Callable[[Path], None]
CONFIG = read_config(PROJECT / "gate.yml")


@dataclass(frozen=True)
class Main:
    """A folder with the state of main, and the reports on branches."""

    folder: Path

    @property
    def landing(self) -> str:
        return str(SHOP / "landing_zone")

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def report(
        self, change: Change, name: str, *, tools: bool = False, state: Path | None = None
    ) -> Report:
        """Report on a branch that makes a change, to the folder <name>-report.

        In: `tools`, whether with the findings of the linter and the rules.
        """
        branch = copy_shop(self.folder / name)
        change(branch)
        out = self.folder / f"{name}-report"
        places = Places(branch, self.landing, state or self.state, out)
        made = make_report(places, CONFIG, tools=[])
        if not tools:
            return made
        found = findings_of_tools(branch, self.folder / "main", out / "target")
        judged = [CONFIG.judged(one) for one in found]
        return replace(made, findings=ordered([*made.findings, *judged]))


def make_main(folder: Path) -> Main:
    """Return the state of main in a folder, made where it is not there."""
    main = Main(folder)
    if not main.state.exists():
        make_state(copy_shop(folder / "main"), main.landing, main.state, CONFIG)
    return main


def copy_shop(folder: Path) -> Path:
    shutil.copytree(SHOP, folder)
    shutil.copytree(PROJECT / "profiles", folder / "profiles")
    shutil.copytree(PROJECT / "tests/generic", folder / "tests/generic")
    shutil.copyfile(PROJECT / ".sqlfluff", folder / ".sqlfluff")
    return folder


def edit(path: Path, old: str, new: str, *, after: str = "") -> None:
    """Replace the first occurrence of a text that must be there, after another."""
    text = path.read_text(encoding="utf-8")
    place = text.index(old, text.index(after))
    path.write_text(text[:place] + new + text[place + len(old) :], encoding="utf-8")


def said(report: Report) -> set[tuple[str, str, str]]:
    """Return severity, kind and place of each finding that counts."""
    return {(one.severity.word, one.kind, one.place) for one in report.counted}
