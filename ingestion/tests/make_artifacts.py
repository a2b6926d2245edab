"""Makes the committed dbt artifacts again: runs each small project for real and keeps what dbt
wrote.

    python tests/make_artifacts.py --dbt PATH_TO_DBT library hostile orchard
    python tests/make_artifacts.py --dbt PATH_TO_DBT clinic

`library`, `hostile` and `orchard` need dbt-duckdb, `clinic` dbt-postgres and a PostgreSQL server
named by FIXTURE_POSTGRES_HOST, _PORT, _USER, _PASSWORD and _DATABASE (see projects/profiles.yml).
What is changed afterwards: the manifest's macros and disabled nodes are left out (they are dbt's
own, and most of the file), and what names a machine or a person is emptied.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ARTIFACTS = (
    "manifest.json",
    "catalog.json",
    "run_results.json",
    "sources.json",
    "full_refresh/manifest.json",
)
TARGETS = {"library": "duckdb", "hostile": "duckdb", "orchard": "duckdb", "clinic": "postgres"}
STEPS = (["seed"], ["build"], ["docs", "generate", "--no-compile"])
# One project is built twice, so that an incremental model's SQL reads itself, and has it all.
TWICE = (
    ["build"],
    ["source", "freshness"],
    *STEPS[1:],
    ["compile", "--full-refresh"],
)
# Keys whose values name a machine or a person.
PERSONAL = frozenset({"root_path", "project_root", "user_id", "owner", "env", "invocation_command"})


def make(name: str, dbt: Path) -> None:
    """Run one project in a scratch folder and write its artifacts, scrubbed."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = {
            **os.environ,
            "FIXTURE_TARGET": TARGETS[name],
            "FIXTURE_DATABASE": str(Path(scratch, f"{name}.duckdb")),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "0",
        }
        for step in TWICE if name == "orchard" else STEPS:
            target = str(Path(scratch, "full_refresh")) if "compile" in step else scratch
            paths = ["--profiles-dir", "..", "--target-path", target, "--log-path", scratch]
            _run(dbt, name, step, paths, environment)
        folder = HERE / "artifacts" / name
        folder.mkdir(parents=True, exist_ok=True)
        for artifact in filter(lambda one: Path(scratch, one).exists(), ARTIFACTS):
            document = json.loads(Path(scratch, artifact).read_text(encoding="utf-8"))
            document.pop("args", None)
            for key in ("macros", "disabled"):
                if key in document:
                    document[key] = {}
            text = json.dumps(scrubbed(document, ()), ensure_ascii=False, indent=1)
            text = re.sub(rf"(?:(?:\.\./)*\.\.)?{re.escape(scratch)}", "target", text)
            if str(HERE.parent) in text:
                raise SystemExit(f"{name}/{artifact} names a path of this machine")
            (folder / artifact).parent.mkdir(exist_ok=True)
            (folder / artifact).write_text(f"{text}\n", encoding="utf-8")


def _run(
    dbt: Path, name: str, step: list[str], paths: list[str], environment: dict[str, str]
) -> None:
    subprocess.run(
        [str(dbt), "-q", *step, *paths],
        cwd=HERE / "projects" / name,
        env=environment,
        check=True,
    )


def scrubbed(value: object, path: tuple[str, ...]) -> object:
    """Return a JSON value with its personal parts emptied; invented owners of groups are kept."""
    if isinstance(value, list):
        return [scrubbed(one, path) for one in value]
    if not isinstance(value, dict):
        return value
    catalog_metadata = path[:1] in (("nodes",), ("sources",)) and path[-1:] == ("metadata",)
    kept = {}
    for key, inner in value.items():
        personal = key in PERSONAL and (key != "owner" or catalog_metadata)
        emptied: object = {} if isinstance(inner, dict) else None
        kept[key] = emptied if personal else scrubbed(inner, (*path, key))
    return kept


def main() -> None:
    """Make the artifacts of the projects named."""
    parser = argparse.ArgumentParser(description="Makes the committed dbt artifacts again.")
    parser.add_argument("projects", nargs="+", choices=sorted(TARGETS))
    parser.add_argument("--dbt", type=Path, required=True, help="the dbt to run")
    options = parser.parse_args()
    for name in options.projects:
        make(name, options.dbt)


if __name__ == "__main__":
    main()
