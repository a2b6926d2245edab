"""A stack of messages for tests: DynamoDB, SQS and CloudFormation of moto, on loopback."""

from __future__ import annotations

import socket
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logmart.operations_script import PYTHON, OperationsScript, operations_script
from logmart.settings import PROJECT

_SCRIPT = Path(__file__).with_name("stack_script.py")


@dataclass(frozen=True)
class LocalStack:
    """A deployed stack, and the variables by which commands find it."""

    script: OperationsScript
    environment: Mapping[str, str]

    def items(self, table: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.script.ask({"do": "items", "table": table})["items"]
        return items

    def put(self, table: str, *rows: dict[str, Any]) -> None:
        self.script.ask({"do": "put", "table": table, "rows": rows})

    def delete(self, table: str, **key: object) -> None:
        self.script.ask({"do": "delete", "table": table, "key": key})

    def receive(self, queue: str = "queue") -> list[str]:
        bodies: list[str] = self.script.ask({"do": "receive", "queue": queue})["bodies"]
        return bodies

    def empty(self) -> None:
        self.script.ask({"do": "empty"})

    def queue(self, queue: str, *bodies: str) -> None:
        self.script.ask({"do": "queue", "queue": queue, "bodies": bodies})


@contextmanager
def moto_server() -> Iterator[str]:
    """Start a moto server on a free port of loopback, yield its address, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [PYTHON, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def deployed_stack(address: str) -> Iterator[LocalStack]:
    """Deploy a stack of its own on a server."""
    environment = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "ap-northeast-2",
        "LOGMART_MESSAGES_STACK": f"messages-{uuid.uuid4().hex[:8]}",
    }
    process = {**environment, "PYTHONPATH": str(PROJECT)}
    with operations_script(PYTHON, _SCRIPT, "makes the stack of a test", process) as script:
        script.ask({"do": "deploy"})
        yield LocalStack(script, environment)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, "the server ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server did not start")
