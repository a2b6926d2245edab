"""Starts ElasticMQ, a server with the API of SQS, on loopback.

Its version is fixed by `elasticmq/pom.xml`, the checksum of each file by `elasticmq/sha256.txt`.
Maven fetches the files once, into `.tools/elasticmq`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from logmart.errors import CommandError
from logmart.java_tools import require_java, run_maven, sha256_of
from logmart.settings import PROJECT

NAME = "ElasticMQ 1.6.14"
LEAST_JAVA = 17
_DESCRIBED = Path(__file__).resolve().parent.parent / "elasticmq"
_SECONDS_TO_START = 60
_CONFIGURATION = """
include classpath("application.conf")
node-address {{ protocol = http, host = "127.0.0.1", port = {port}, context-path = "" }}
rest-sqs {{ enabled = true, bind-port = {port}, bind-hostname = "127.0.0.1", sqs-limits = strict }}
rest-stats {{ enabled = false }}
"""


def installed_jars() -> Path:
    """Return the folder of the server's files; fetch them once. Raises CommandError."""
    tools = PROJECT / ".tools" / "elasticmq"
    home = tools / "jars"
    if home.is_dir():
        return home
    print(f"Fetching {NAME} (37 MB) by Maven", flush=True)
    part = tools / f"part-{os.getpid()}"
    arguments = [
        *("-f", str(_DESCRIBED / "pom.xml"), "dependency:copy-dependencies"),
        *("-DincludeScope=runtime", f"-DoutputDirectory={part}"),
    ]
    try:
        if not run_maven(tools, arguments, "run without ElasticMQ"):
            raise CommandError(
                f"{NAME} could not be fetched: see the lines above; is Maven Central reachable?"
            )
        _check(part)
        with contextlib.suppress(OSError):  # Another process was faster.
            os.replace(part, home)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return home


def _check(folder: Path) -> None:
    """Raise CommandError unless a folder holds exactly the files of the list."""
    lines = (_DESCRIBED / "sha256.txt").read_text(encoding="utf-8").splitlines()
    expected = {name: digest for digest, name in (line.split() for line in lines)}
    found = {path.name: sha256_of(path) for path in folder.iterdir()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise CommandError(
                f"{name} of {NAME} is not the file that {_DESCRIBED / 'sha256.txt'} lists: fetch it"
                " again, or correct the list"
            )


@contextlib.contextmanager
def elasticmq(folder: Path) -> Iterator[str]:
    """Start a server, yield its address, and end it.

    In: `folder`, for its configuration and its log. Raises CommandError when it cannot start.
    """
    java = require_java(LEAST_JAVA, NAME)
    jars = installed_jars()
    port = free_port()
    configuration, log = folder / "elasticmq.conf", folder / "elasticmq.log"
    configuration.write_text(_CONFIGURATION.format(port=port), encoding="utf-8")
    command = [
        *(str(java), "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        # Its classes are loaded faster from the second start on; a JDK before 19 ignores this.
        *("-XX:+IgnoreUnrecognizedVMOptions", "-XX:+AutoCreateSharedArchive"),
        f"-XX:SharedArchiveFile={jars.parent / 'classes.jsa'}",
        *(f"-Dconfig.file={configuration}", "-cp", f"{jars}/*", "org.elasticmq.server.Main"),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_answers(process, address + "/?Action=ListQueues", NAME, log)
        yield address
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_answers(
    process: subprocess.Popen[bytes], address: str, name: str, log: Path
) -> None:
    """Wait until our server answers. Raises CommandError when its process ends, or it is late."""
    started = time.monotonic()
    while time.monotonic() - started < _SECONDS_TO_START:
        if process.poll() is not None:
            last = (log.read_text(encoding="utf-8", errors="replace").splitlines() or [""])[-1]
            raise CommandError(f"{name} ended while it started ({last}): see {log}")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise CommandError(f"{name} did not answer within {_SECONDS_TO_START} s: see {log}")
