"""Finds a JDK for a Trino server, and installs the server from Maven Central.

The server's version and checksum are fixed. It is unpacked once, below `.tools`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from logmart.errors import CommandError
from logmart.settings import PROJECT

VERSION = "476"
ARCHIVE = f"trino-server-{VERSION}.tar.gz"
ARCHIVE_SHA256 = "cfd5accde17e8ebd251eeeb78aed1f490e77bb3a164d95a0f454bf8a7c1cbd3f"
LEAST_JAVA = 24
JAVA_VARIABLE = "LOGMART_JAVA_HOME"
ARCHIVE_VARIABLE = "LOGMART_TRINO_ARCHIVE"
PLUGINS = ("iceberg", "hive")
# Python has this filter from 3.11.4 on. The archive is known by its hash.
_SAFELY: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def find_java() -> Path | None:
    """Return the newest `java` of this machine that can run the server; None if there is none.

    The search covers LOGMART_JAVA_HOME, JAVA_HOME, the PATH and the usual folders of JDKs.
    """
    versions = {java: _java_version(java) for java in _java_candidates()}
    fit = [java for java, version in versions.items() if version >= LEAST_JAVA]
    return max(fit, key=lambda java: versions[java], default=None)


def _java_candidates() -> Iterator[Path]:
    homes = [os.environ.get(JAVA_VARIABLE), os.environ.get("JAVA_HOME")]
    if homes[0]:
        yield Path(homes[0]) / "bin" / "java"
        return
    if homes[1]:
        yield Path(homes[1]) / "bin" / "java"
    # GitHub's runners name their JDKs by such variables.
    for name, home in os.environ.items():
        if re.fullmatch(r"JAVA_HOME_\d+_\w+", name):
            yield Path(home) / "bin" / "java"
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path)
    for folder in ("/usr/lib/jvm", "/usr/java", "/opt/java", "/Library/Java/JavaVirtualMachines"):
        yield from sorted(Path(folder).glob("*/bin/java"))
        yield from sorted(Path(folder).glob("*/Contents/Home/bin/java"))


def _java_version(java: Path) -> int:
    try:
        output = subprocess.run(
            [str(java), "-version"], capture_output=True, text=True, timeout=30, check=True
        ).stderr
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r'version "(\d+)', output)
    return int(found.group(1)) if found else 0


def require_java() -> Path:
    """Return a `java` that can run the server. Raises CommandError when there is none."""
    java = find_java()
    if java is None:
        raise CommandError(
            f"Trino {VERSION} needs a JDK {LEAST_JAVA} or newer and none was found: install one,"
            f" or name its folder with {JAVA_VARIABLE}=<folder>"
        )
    return java


def installed_server() -> Path:
    """Return the folder of the unpacked server; fetch and unpack it once. Raises CommandError."""
    tools = PROJECT / ".tools" / "trino"
    home = tools / f"trino-server-{VERSION}"
    if home.is_dir():
        return home
    archive = Path(os.environ.get(ARCHIVE_VARIABLE) or _fetched_archive(tools))
    _check_archive(archive)
    print(f"Unpacking {archive.name} into {tools}", flush=True)
    part = tools / f"part-{os.getpid()}"
    try:
        with tarfile.open(archive) as packed:
            packed.extractall(part, members=_needed_members(packed), **_SAFELY)
        os.replace(part / home.name, home)
    except (OSError, tarfile.TarError) as error:
        raise CommandError(f"{archive} could not be unpacked ({error}): is there room?") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    if ARCHIVE_VARIABLE not in os.environ:
        archive.unlink()
    return home


def _needed_members(packed: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in packed:
        parts = Path(member.name).parts
        if len(parts) < 3 or parts[1] != "plugin" or parts[2] in PLUGINS:  # noqa: PLR2004
            yield member


def _fetched_archive(tools: Path) -> Path:
    """Fetch the server by Maven, which uses the user's configured mirrors. Raises CommandError."""
    maven = shutil.which("mvn")
    if maven is None:
        raise CommandError(
            "Maven is not on the PATH: install it (Debian: maven), or give the file"
            f" io.trino:trino-server:{VERSION}:tar.gz with {ARCHIVE_VARIABLE}=<path>"
        )
    tools.mkdir(parents=True, exist_ok=True)
    print(f"Fetching io.trino:trino-server:{VERSION}:tar.gz (784 MB) by Maven", flush=True)
    # A temporary Maven repository, so that the archive does not stay in the user's.
    repository = tools / "maven"
    result = subprocess.run(
        [
            *(maven, "--batch-mode", "--quiet", f"-Dmaven.repo.local={repository}"),
            "dependency:copy",
            f"-Dartifact=io.trino:trino-server:{VERSION}:tar.gz",
            f"-DoutputDirectory={tools}",
        ],
        check=False,
    )
    shutil.rmtree(repository, ignore_errors=True)
    archive = tools / ARCHIVE
    if result.returncode or not archive.exists():
        raise CommandError(
            "the server could not be fetched: see the lines above; is Maven Central reachable, and"
            " are 2 GB free on the disk?"
        )
    return archive


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _check_archive(archive: Path) -> None:
    try:
        digest = sha256_of(archive)
    except OSError as error:
        raise CommandError(f"{archive} cannot be read ({error})") from error
    if digest != ARCHIVE_SHA256:
        raise CommandError(
            f"{archive} is not trino-server {VERSION}: its SHA-256 is {digest}, not"
            f" {ARCHIVE_SHA256}. Remove it and fetch it again"
        )
