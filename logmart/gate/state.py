"""Makes the state of the main branch that pull requests are compared with: `logmart gate state`.

Builds the mart from the landing zone, from nothing, and writes into one folder what a comparison
needs: dbt's artifacts, the SQL of a full refresh, the database, the state of the catalog and the
column lineage. The old folder is replaced when the new one is complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import yaml

from logmart.dbt.full_refresh import FULL_REFRESH
from logmart.dbt.manifest import Catalog, Manifest, read_catalog, read_json, read_manifest
from logmart.errors import CommandError
from logmart.gate import catalog_sync
from logmart.gate.build import build, compile_all, gather
from logmart.gate.config import FILE, Config, read_config
from logmart.gate.impact import Lineage, read_lineage
from logmart.gate.selection import Side
from logmart.gate.workplace import FAILED, NodeResult, Workplace
from logmart.landed.identifiers import KEY_VARIABLE
from logmart.sample.command import main as write_sample
from logmart.sample.removal import RECORD
from logmart.sample.write import SOURCES
from logmart.tool_run import ToolError

FORMAT = 2
ABOUT = "state.json"
DATABASE = "logmart.duckdb"
CATALOG_STATE = "catalog-state.json"
CATALOG_NOTES = "catalog-notes.json"
LINEAGE = "lineage.json"
DEFAULT = Path("target/state")
_KEPT = ("manifest.json", "run_results.json", "catalog.json", "semantic_manifest.json")


@dataclass(frozen=True)
class StateInputs:
    """The inputs of a state.

    They are versions, the path of the landing zone, the project's variables, digests of the landing
    zone (`landed`) and of each file that a build depends on, the commit ("" outside of git) and the
    text of gate.yml (`thresholds`).
    """

    format: int
    versions: Mapping[str, str]
    landing: str
    landed: str
    variables: Mapping[str, Any]
    stands_on: Mapping[str, str]
    commit: str
    thresholds: str


@dataclass(frozen=True)
class State:
    """A state that pull requests are compared with: the content of its folder, except the database.

    `catalog_state` and `catalog_notes` are JSON that the catalog sync wrote for main.
    """

    folder: Path
    inputs: StateInputs
    manifest: Manifest
    catalog: Catalog
    lineage: Lineage
    catalog_state: Any
    catalog_notes: Any

    @property
    def side(self) -> Side:
        """Return the state as one side of a comparison."""
        return Side(self.manifest, self.inputs.landing, self.inputs.variables)

    @property
    def database(self) -> Path:
        """Return the state's database file."""
        return self.folder / DATABASE


class UnusableStateError(Exception):
    """A state cannot be compared with; the message says why.

    A state is damaged when it cannot be read; a missing one, or one of other versions, is not.
    """

    def __init__(self, message: str, *, is_damaged: bool = False) -> None:
        super().__init__(message)
        self.is_damaged = is_damaged


@click.command(help=__doc__)
@click.option("--out", type=click.Path(path_type=Path), default=DEFAULT, help="Folder to write.")
def main(out: Path) -> int:
    """Make the state. Raises CommandError when the build does not pass."""
    project = Path()
    landing = landing_zone(project)
    make_state(project, landing, out, read_config(project / FILE))
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"State written to {out}, {size / 1e6:,.0f} MB", flush=True)
    return 0


def landing_zone(project: Path) -> str:
    """Return the path of the landing zone. Write a sample when it is missing and none is named.

    Raises CommandError when the zone that LOGMART_LANDING names is missing, and when the zone holds
    more than a sample and no key is given for its identifiers.
    """
    landing = os.environ.get("LOGMART_LANDING", "data/landing")
    if not (project / landing).is_dir():
        if "LOGMART_LANDING" in os.environ:
            raise CommandError(
                f"LOGMART_LANDING names {landing}, which is not there: land logs, or leave the"
                " variable out for the sample"
            )
        if write_sample(["--out", str(project / "data")]) != 0:
            raise CommandError("the sample cannot be written: see above")
    if not (os.environ.get(KEY_VARIABLE) or _is_sample(project / landing)):
        raise CommandError(
            f"{landing} holds more than a sample: give the key that its identifiers are hashed with"
            f" in {KEY_VARIABLE}, for main and for branches the same"
        )
    return landing


def _is_sample(landing: Path) -> bool:
    folders = {path.name for path in landing.iterdir() if path.is_dir()}
    return (landing.parent / RECORD).exists() and folders <= set(SOURCES)


def make_state(project: Path, landing: str, out: Path, config: Config) -> None:
    """Build the mart of a project from its landing zone and write its state to a folder.

    Raises CommandError when the build does not pass; the folder is then unchanged.
    """
    making = out.with_name(f"{out.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    workplace = Workplace(project, landing, making / DATABASE, making / "target")
    workplace.target.mkdir(parents=True)
    inputs = current_inputs(project, landing, config)
    check_passed(build(workplace, []))
    # A model whose SQL depends on the rows of a seed is compiled as on a branch, which starts from
    # the built database.
    compiled = replace(workplace, target=making / "compiled")
    compiled.target.mkdir()
    compile_all(compiled)
    shutil.move(compiled.target / FULL_REFRESH, workplace.target / FULL_REFRESH)
    shutil.rmtree(compiled.target)
    described = making / "described"
    gather(workplace.target, described)
    try:
        plan = catalog_sync.catalog_plan(described, save=making / CATALOG_STATE)
        lineage = catalog_sync.lineage(described)
    except ToolError as error:
        raise CommandError(f"the catalog sync cannot read the build: {error}") from error
    (making / CATALOG_NOTES).write_text(json.dumps(plan["notes"]), encoding="utf-8")
    (making / LINEAGE).write_text(lineage, encoding="utf-8")
    for name in _KEPT:
        if (workplace.target / name).exists():
            shutil.move(workplace.target / name, making / name)
    shutil.move(workplace.target / FULL_REFRESH, making / FULL_REFRESH)
    shutil.rmtree(workplace.target)
    shutil.rmtree(described)
    (making / ABOUT).write_text(json.dumps(asdict(inputs), indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    making.rename(out)


def check_passed(results: list[NodeResult]) -> None:
    """Raise CommandError when a node failed."""
    failed = [result for result in results if result.status in FAILED]
    if failed:
        raise CommandError(
            f"the build did not pass ({failed[0].name}: {failed[0].message}): no state is written"
        )


def current_inputs(project: Path, landing: str, config: Config) -> StateInputs:
    """Return the inputs of a state of this project as it is now."""
    settings = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    files = [path for pattern in config.stands_on for path in sorted(project.glob(pattern))]
    return StateInputs(
        FORMAT,
        {name: version(name) for name in ("dbt-core", "dbt-duckdb", "duckdb")},
        landing,
        _digest_of_folder(project / landing),
        # Through JSON, to equal the variables that are read from a state.
        json.loads(json.dumps(settings.get("vars") or {}, default=str)),
        {
            str(path.relative_to(project)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        },
        _commit(project),
        (project / FILE).read_text(encoding="utf-8") if (project / FILE).is_file() else "",
    )


def _commit(project: Path) -> str:
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def read_state(folder: Path) -> State:
    """Read a state. Raises UnusableStateError, saying why it cannot be compared with."""
    if not folder.is_dir():
        raise UnusableStateError(f"{folder} is not there")
    try:
        inputs = StateInputs(**read_json(folder / ABOUT))
        if inputs.format != FORMAT:
            raise UnusableStateError(f"{folder} is of another format ({inputs.format})")
        _check_versions(folder, inputs)
        manifest = read_manifest(folder / FULL_REFRESH / "manifest.json")
        catalog = read_catalog(folder / "catalog.json")
        lineage = read_lineage((folder / LINEAGE).read_text(encoding="utf-8"))
        catalog_state = read_json(folder / CATALOG_STATE)
        catalog_notes = read_json(folder / CATALOG_NOTES)
        # Read the parts that later steps need, so that a damaged manifest is detected here.
        _ = manifest.built, manifest.tests, manifest.owners
    except (CommandError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnusableStateError(f"{folder} is damaged: {error}", is_damaged=True) from error
    if not (folder / DATABASE).is_file():
        raise UnusableStateError(f"{folder} lacks {DATABASE}", is_damaged=True)
    return State(folder, inputs, manifest, catalog, lineage, catalog_state, catalog_notes)


def _check_versions(folder: Path, inputs: StateInputs) -> None:
    for name, was in inputs.versions.items():
        if version(name) != was:
            raise UnusableStateError(
                f"{folder} was made with {name} {was}, this is {version(name)}"
            )


def _digest_of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
