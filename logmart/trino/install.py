"""Installs a Trino server from Maven Central, and finds a JDK for it.

The server's version and checksum are fixed. It is unpacked once, below `.tools`.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from logmart import java_tools
from logmart.errors import CommandError
from logmart.java_tools import run_maven, sha256_of
from logmart.settings import PROJECT

VERSION = "476"
ARCHIVE = f"trino-server-{VERSION}.tar.gz"
ARCHIVE_SHA256 = "cfd5accde17e8ebd251eeeb78aed1f490e77bb3a164d95a0f454bf8a7c1cbd3f"
LEAST_JAVA = 24
ARCHIVE_VARIABLE = "LOGMART_TRINO_ARCHIVE"
PLUGINS = ("iceberg", "hive")
# Python has this filter from 3.11.4 on. The archive is known by its hash.
_SAFELY: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def require_java() -> Path:
    """Return a `java` that can run the server. Raises CommandError when there is none."""
    return java_tools.require_java(LEAST_JAVA, f"Trino {VERSION}")


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
    print(f"Fetching io.trino:trino-server:{VERSION}:tar.gz (784 MB) by Maven", flush=True)
    arguments = [
        "dependency:copy",
        f"-Dartifact=io.trino:trino-server:{VERSION}:tar.gz",
        f"-DoutputDirectory={tools}",
    ]
    is_fetched = run_maven(
        tools,
        arguments,
        f"give the file io.trino:trino-server:{VERSION}:tar.gz with {ARCHIVE_VARIABLE}=<path>",
    )
    archive = tools / ARCHIVE
    if not is_fetched or not archive.exists():
        raise CommandError(
            "the server could not be fetched: see the lines above; is Maven Central reachable, and"
            " are 2 GB free on the disk?"
        )
    return archive


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
