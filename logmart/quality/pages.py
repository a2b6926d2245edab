"""Writes the results of a run as a page that people open: counts and places, no value of a row.

Great Expectations' own Data Docs are not used: each of their pages loads scripts and pictures from
eight hosts, one of which is sent the id of the data context.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from logmart.policies.decisions import Decision
from logmart.policies.results import CheckResult, Run
from logmart.quality.raw_checks import Checked

_FOLDER = Path(__file__).parent / "templates"
_ORDER = ("error", "failed", "warned", "passed")


def write_pages(
    folder: Path,
    run: Run,
    checked: Mapping[str, Checked],
    results: Sequence[CheckResult],
    decisions: Sequence[Decision],
) -> Path:
    """Write the page of a run, and the list of all runs' pages; return the run's page.

    Raises OSError.
    """
    actions = {each.key: each for each in decisions}
    sources = [
        _source(name, each, [one for one in results if one.source == name], actions)
        for name, each in checked.items()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{run.run_id}.html"
    _write(page, title=f"Checks of {run.run_id}", run=run, sources=sources)
    others = [path for path in folder.glob("*.html") if path.name != "index.html"]
    newest = sorted(others, key=lambda path: (path.stat().st_mtime, path.name), reverse=True)
    _write(folder / "index.html", title="Checks of files", runs=[path.name for path in newest])
    return page


def _source(
    name: str,
    checked: Checked,
    results: Sequence[CheckResult],
    actions: Mapping[tuple[str, str, str], Decision],
) -> dict[str, Any]:
    ordered = sorted(results, key=lambda each: (_ORDER.index(each.status), each.key))
    files = [each for each in ordered if each.subject_kind == "file"]
    return {
        "name": name,
        "expectation_count": checked.expectation_count,
        "file_count": len({each.subject for each in files}),
        "files": [
            {"result": each, "action": _action(actions.get(each.key))}
            for each in files
            if each.status != "passed"
        ],
        "models": [
            {
                "result": each,
                "rules": checked.rules.get(each.check_name, []),
                "places": checked.places.get(each.check_name, []),
            }
            for each in ordered
            if each.subject_kind != "file"
        ],
    }


def _action(decision: Decision | None) -> str:
    if decision is None or decision.action == "none":
        return ""
    return f"{decision.action} ({decision.policy_id})"


def _write(path: Path, **values: Any) -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined
    )
    part = path.with_name(f".{path.name}.part")
    text = environment.get_template("run.html.j2").render(**values)
    part.write_text(text + "\n", encoding="utf-8", newline="\n")
    os.replace(part, path)
