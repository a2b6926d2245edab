"""The JDK and the archive of a Trino server are searched for, and their versions are checked."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from logmart.errors import CommandError
from logmart.java_tools import find_java, sha256_of
from logmart.trino import install as trino_install
from logmart.trino.install import LEAST_JAVA, installed_server, require_java
from logmart.trino.server import configured_server


def jdk(folder: Path, version: str) -> Path:
    """Write a folder that is named as a JDK's and tells this version; return its `java`."""
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-09-16' >&2\n")
    java.chmod(0o755)
    return java


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment that names no JDK, no archive and no Maven."""
    for name in ("LOGMART_JAVA_HOME", "JAVA_HOME", "LOGMART_TRINO_ARCHIVE", "LOGMART_TRINO_HEAP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(trino_install, "PROJECT", tmp_path / "project")
    return monkeypatch


def test_the_named_jdk_alone_is_looked_at(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    new, old = jdk(tmp_path / "new", "25"), jdk(tmp_path / "old", "17.0.1")
    bare.setenv("JAVA_HOME", str(new.parents[1]))
    assert find_java(LEAST_JAVA) is not None
    bare.setenv("LOGMART_JAVA_HOME", str(old.parents[1]))
    assert find_java(LEAST_JAVA) is None
    with pytest.raises(CommandError, match="JDK 24 or newer.*LOGMART_JAVA_HOME"):
        require_java()
    bare.setenv("LOGMART_JAVA_HOME", str(new.parents[1]))
    assert find_java(LEAST_JAVA) == new


def test_an_archive_with_another_checksum_is_refused(
    bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    archive = tmp_path / trino_install.ARCHIVE
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(Path(__file__), f"trino-server-{trino_install.VERSION}/lib/a.jar")
    bare.setenv("LOGMART_TRINO_ARCHIVE", str(archive))
    with pytest.raises(CommandError, match="is not trino-server .*SHA-256"):
        installed_server()
    assert not (tmp_path / "project").exists()


def test_the_archive_is_unpacked_with_the_plugins_that_are_needed(
    bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    archive = tmp_path / trino_install.ARCHIVE
    home = f"trino-server-{trino_install.VERSION}"
    with tarfile.open(archive, "w:gz") as packed:
        for name in ("lib/a.jar", "plugin/iceberg/b.jar", "plugin/mongodb/c.jar"):
            packed.add(Path(__file__), f"{home}/{name}")
    bare.setenv("LOGMART_TRINO_ARCHIVE", str(archive))
    bare.setattr(trino_install, "ARCHIVE_SHA256", sha256_of(archive))
    unpacked = installed_server()
    assert sorted(str(path.relative_to(unpacked)) for path in unpacked.rglob("*.jar")) == [
        "lib/a.jar",
        "plugin/iceberg/b.jar",
    ]
    archive.unlink()
    assert installed_server() == unpacked


def test_without_maven_the_remedy_is_named(bare: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="Maven is not on the PATH.*LOGMART_TRINO_ARCHIVE"):
        installed_server()


@pytest.mark.parametrize("heap", ["1G", "2", "2g", "0G", "-4G", "1.5G", ""])
def test_a_heap_that_is_none_is_refused(bare: pytest.MonkeyPatch, heap: str) -> None:
    bare.setenv("LOGMART_TRINO_HEAP", heap)
    with pytest.raises(CommandError, match="whole number of GiB"):
        configured_server()


def test_the_heap_is_that_of_the_environment(bare: pytest.MonkeyPatch) -> None:
    assert configured_server().heap_gib == 2
    bare.setenv("LOGMART_TRINO_HEAP", "12G")
    assert configured_server().heap_gib == 12
