"""Finds a JDK for a server, and fetches what the server needs by Maven.

Maven uses the mirrors that the user has configured.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from logmart.errors import CommandError

JAVA_VARIABLE = "LOGMART_JAVA_HOME"


def find_java(least: int) -> Path | None:
    """Return the newest `java` of this machine, of a version at least; None if there is none.

    The search covers LOGMART_JAVA_HOME, JAVA_HOME, the PATH and the usual folders of JDKs.
    """
    versions = {java: _java_version(java) for java in _java_candidates()}
    fit = [java for java, version in versions.items() if version >= least]
    return max(fit, key=lambda java: versions[java], default=None)


def require_java(least: int, server: str) -> Path:
    """Return a `java` that can run a server. Raises CommandError when there is none."""
    java = find_java(least)
    if java is None:
        raise CommandError(
            f"{server} needs a JDK {least} or newer and none was found: install one, or name its"
            f" folder with {JAVA_VARIABLE}=<folder>"
        )
    return java


def run_maven(tools: Path, arguments: Sequence[str], otherwise: str) -> bool:
    """Run Maven without leaving anything in the user's repository; return whether it succeeded.

    In: `otherwise`, the remedy where there is no Maven. Raises CommandError in that case.
    """
    maven = shutil.which("mvn")
    if maven is None:
        raise CommandError(f"Maven is not on the PATH: install it (Debian: maven), or {otherwise}")
    tools.mkdir(parents=True, exist_ok=True)
    repository = tools / f"maven-{os.getpid()}"
    command = [maven, "--batch-mode", "--quiet", f"-Dmaven.repo.local={repository}", *arguments]
    try:
        # Maven writes to standard output, where a script's answers go.
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            print(done.stdout, file=sys.stderr)
        return done.returncode == 0
    finally:
        shutil.rmtree(repository, ignore_errors=True)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


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
