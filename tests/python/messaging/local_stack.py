"""A stack of messages for tests, on loopback: ElasticMQ for the queues, moto for the rest."""

from __future__ import annotations

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

    def refuse(self, status: int, *references: str, is_always: bool = False) -> None:
        job = {"do": "refuse", "status": status, "references": references, "is_always": is_always}
        self.script.ask(job)

    def drain(self, folder: Path, seconds: float = 300) -> dict[str, Any]:
        """Let workers handle the queue; return the provider's `log`, and how many are `left`."""
        return self.script.ask({"do": "drain", "folder": str(folder), "seconds": seconds})

    def empty(self) -> None:
        self.script.ask({"do": "empty"})

    def queue(self, queue: str, *bodies: str) -> None:
        self.script.ask({"do": "queue", "queue": queue, "bodies": bodies})


@contextmanager
def running_stack(folder: Path) -> Iterator[LocalStack]:
    """Start all servers that messages need, and deploy the template on them."""
    environment = {"PYTHONPATH": str(PROJECT)}
    with operations_script(PYTHON, _SCRIPT, "starts the stack of a test", environment) as script:
        answer = script.ask({"do": "start", "folder": str(folder)})
        yield LocalStack(script, answer["environment"])
