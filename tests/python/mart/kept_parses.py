"""The project as dbt parsed it, kept from one run of the tests to the next.

To parse is most of a small build. What dbt parsed lies in target/test_parses, in a folder that is
named for what the files of the project hold: when one of them changes, everything is parsed anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
# What dbt reads of a project.
PARTS = (
    *("models", "macros", "seeds", "snapshots", "analyses", "dbt_project.yml"),
    *("tests/generic", "tests/singular"),
)
_FOLDER = PROJECT / "target/test_parses"


def kept_parse(name: str, project: Path = PROJECT) -> Path:
    """Return where the parse of a project is kept under a name, whether or not it is there.

    A copy of the project may begin with the parse of the project itself: dbt parses again what
    differs. What was parsed of a copy is kept by what its files hold, for as long as the copy is
    there: dbt reads seeds from where they were parsed.
    """
    key = hashlib.sha256(name.encode()).hexdigest()
    parsed = _folder() / key
    if parsed.exists() or project == PROJECT:
        return parsed
    parsed = _folder() / f"{key}-{_digest(project)}"
    copy = parsed.with_suffix(".copy")
    if parsed.exists() and not (copy.exists() and Path(copy.read_text("utf-8")).exists()):
        parsed.unlink(missing_ok=True)
    if not parsed.exists():
        copy.write_text(str(project), encoding="utf-8")
    return parsed


def keep_parse(own: Path, parsed: Path) -> None:
    """Keep what dbt parsed unless it is kept; runs of the tests beside this one may do the same."""
    if own.exists() and not parsed.exists():
        # Where the project changed in the meantime, another run has removed the folder.
        parsed.parent.mkdir(parents=True, exist_ok=True)
        whole = parsed.with_name(f"{parsed.name}.{os.getpid()}")
        shutil.copyfile(own, whole)
        whole.replace(parsed)


@cache
def _folder() -> Path:
    """Return the folder of the project as its files are now; remove those of other states."""
    folder = _FOLDER / _digest(PROJECT)
    folder.mkdir(parents=True, exist_ok=True)
    for other in _FOLDER.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return folder


def _digest(project: Path) -> str:
    digest = hashlib.sha256()
    # The locked version of dbt and the profiles are the project's, for its copies too.
    for root, parts in ((project, PARTS), (PROJECT, ("profiles", "requirements.lock"))):
        for path in _files(root, parts):
            digest.update(f"{path.relative_to(root)}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(root: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    for part in parts:
        path = root / part
        yield from (it for it in sorted(path.rglob("*")) if it.is_file())
        if path.is_file():
            yield path
