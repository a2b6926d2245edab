"""Makes the three reports that docs/pull-requests.md prints, on the shop of these tests.

`python tests/python/gate/documented_reports.py` rewrites the page.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(PROJECT), str(Path(__file__).parent)]

from branches import Change, Main, make_main  # noqa: E402
from changes import reformat  # noqa: E402
from logmart.gate.report_text import terminal  # noqa: E402
from review_changes import fan_out_a_join, shorten_a_window  # noqa: E402

PAGE = PROJECT / "docs/pull-requests.md"
REPORTS: dict[str, Change] = {
    "best": reformat,
    "typical": shorten_a_window,
    "worst": fan_out_a_join,
}


def printed(main: Main, name: str) -> str:
    """Return the text of a report, without paths and times of this machine."""
    text = terminal(main.report(REPORTS[name], f"documented-{name}"))
    text = re.sub(r"compared with \S+;", "compared with target/state;", text)
    return re.sub(r"\d+ s\.", "5 s.", text)


def documented(page: str, name: str) -> str:
    """Return the text of a report in the page."""
    return page.partition(_opening(name))[2].partition("\n```\n")[0]


def rewritten(page: str, report: Callable[[str], str]) -> str:
    """Return the page with all reports made anew."""
    for name in REPORTS:
        before, opening, rest = page.partition(_opening(name))
        _, closing, after = rest.partition("\n```\n")
        page = f"{before}{opening}{report(name)}{closing}{after}"
    return page


def _opening(name: str) -> str:
    return f"<!-- report: {name} -->\n```text\n"


def main() -> None:
    """Rewrite the page."""
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        shop = make_main(Path(folder))
        text = rewritten(PAGE.read_text(encoding="utf-8"), lambda name: printed(shop, name))
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
