"""Packages the functions that send and that record alarms: `logmart messages package`.

The archive holds the handler, the texts, the campaigns' files, the frequency caps, and what the
handler requires, with fixed versions and hashes. The same content gives the same file. The template
takes it from a bucket (CodeBucket, CodeKey).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click

from logmart.errors import CommandError
from logmart.java_tools import sha256_of
from logmart.settings import PROJECT

REQUIREMENTS = PROJECT / "operations/messaging/handler/requirements.txt"
DEFAULT_ARCHIVE = "target/messages/handler.zip"
# AWS's limit of a function's unpacked code.
MOST_BYTES = 250 * 1024 * 1024
_OWN_FILES = (
    "operations/messaging/handler/*.py",
    "operations/messaging/templates/*.txt",
    "operations/messaging/campaigns/*.yml",
    "seeds/frequency_caps.csv",
)
_RUNTIME = ("--python-version", "3.13", "--python-platform", "aarch64-unknown-linux-gnu")
# What pip writes beside a package, which differs from one machine to the next.
_NOT_PACKAGED = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", ".lock"})
_OLDEST = (1980, 1, 1, 0, 0, 0)


@click.command(help=__doc__)
@click.option("--out", default=DEFAULT_ARCHIVE, show_default=True, help="The archive to write.")
def main(out: str) -> int:
    """Write the archive. Raises CommandError."""
    path = Path(out)
    package(path)
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    print(
        f"{path}: {path.stat().st_size / 1e6:.1f} MB, {unpacked / 1e6:.1f} MB unpacked,"
        f" sha256 {sha256_of(path)}"
    )
    return 0


def package(path: Path) -> None:
    """Write the archive; it replaces an older one when it is whole. Raises CommandError."""
    with tempfile.TemporaryDirectory() as folder:
        installed = Path(folder) / "installed"
        _install(installed)
        files = dict(_files(installed)) | dict(_own_files())
        if sum(file.stat().st_size for file in files.values()) > MOST_BYTES:
            raise CommandError("the functions are larger than AWS takes: require less")
        part = path.with_name(f"{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(part, files)
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise CommandError(f"{path} cannot be written: {error.strerror}") from error


def _install(target: Path) -> None:
    """Install what the handler requires, for AWS's runtime. Raises CommandError."""
    local = PROJECT / ".tools/uv/bin/uv"
    uv = shutil.which("uv") or (str(local) if local.exists() else None)
    if uv is None:
        raise CommandError("there is no uv: install it with `make setup`")
    command = [
        *(uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--target", str(target), *_RUNTIME),
        *("--requirement", str(REQUIREMENTS)),
    ]
    # Like scripts/setup.sh, trust the system's certificates.
    environment = {"UV_SYSTEM_CERTS": "true", **os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    if subprocess.run(command, env=environment, check=False).returncode:
        raise CommandError(
            f"what {REQUIREMENTS.name} of the handler lists could not be installed: see the lines"
            " above; is a Python package index in reach?"
        )


def _files(installed: Path) -> Iterator[tuple[str, Path]]:
    for file in installed.rglob("*"):
        name = file.relative_to(installed)
        is_left_out = file.name in _NOT_PACKAGED or {"__pycache__", "bin"} & set(name.parts)
        if file.is_file() and not is_left_out:
            yield name.as_posix(), file


def _own_files() -> Iterator[tuple[str, Path]]:
    for pattern in _OWN_FILES:
        found = sorted(PROJECT.glob(pattern))
        if not found:
            raise CommandError(f"there is no {pattern}: nothing is packaged without it")
        for file in found:
            yield file.relative_to(PROJECT).as_posix(), file


def _write(path: Path, files: dict[str, Path]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _OLDEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name].read_bytes())
