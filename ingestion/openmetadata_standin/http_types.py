"""The types of HTTP handling: request, call, answer, route and router."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from openmetadata_standin.errors import ApiError, BadRequestError, NotAuthorizedError
from openmetadata_standin.merging import Writer


@dataclass(frozen=True)
class Request:
    """An HTTP request: method, raw path without query, query, headers in lower case, body."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Call:
    """A request with its route: the decoded variable parts of the path, and the user."""

    request: Request
    parts: Mapping[str, str]
    writer: Writer

    def json(self) -> Any:
        """Return the parsed body. Raises BadRequestError when it is no JSON."""
        try:
            value = json.loads(self.request.body, parse_constant=_no_constant)
            json.dumps(value, ensure_ascii=False).encode()  # Refuses a lone surrogate.
        except (ValueError, RecursionError) as error:
            raise BadRequestError(f"Unable to process JSON: {error}") from error
        return value

    def text(self, name: str) -> str | None:
        """Return a query parameter."""
        return self.request.query.get(name)

    def flag(self, name: str) -> bool:
        """Return a query parameter as a boolean, False when it is absent."""
        return (self.text(name) or "false").lower() == "true"

    def number(self, name: str, default: int) -> int:
        """Return a query parameter as a whole number. Raises BadRequestError when it is none."""
        value = self.text(name)
        try:
            return default if value is None else int(value)
        except ValueError as error:
            raise BadRequestError(f"[query param {name} must be a number]") from error


def _no_constant(text: str) -> None:
    """Raise ValueError on NaN and the infinities, which only Python accepts in JSON."""
    raise ValueError(f"{text} is no JSON value")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, body and its type, further headers."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    """Return a JSON answer."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), headers=headers)


def error_answer(error: ApiError) -> Answer:
    """Return an error as the server sends it: a JSON object of `code` and `message`."""
    body = {"code": error.status, "message": error.message}
    if isinstance(error, NotAuthorizedError):
        return json_answer(body, error.status, **{"WWW-Authenticate": "om-auth"})
    return json_answer(body, error.status)


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """A method, a path template such as `/api/v1/tables/{id}`, and its handler.

    An `open` route needs no token.
    """

    method: str
    template: str
    handler: Handler
    open: bool = False

    def pattern(self) -> re.Pattern[str]:
        """Return a regex for raw paths; its groups are the template's variables, still encoded."""
        parts = re.split(r"\{(\w+)\}", self.template)
        for index in range(1, len(parts), 2):
            parts[index] = f"(?P<{parts[index]}>[^/]+)"
        parts[::2] = [re.escape(part) for part in parts[::2]]
        return re.compile("".join(parts))


class Router:
    """Finds the route of a request: the first whose method and template match."""

    def __init__(self, routes: list[Route]) -> None:
        """In: the routes; a literal path must come before a template that also matches it."""
        self._routes = [(route, route.pattern()) for route in routes]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route and the decoded parts of the path, or None."""
        for route, pattern in self._routes:
            if route.method == method and (match := pattern.fullmatch(path)):
                return route, {name: unquote(part) for name, part in match.groupdict().items()}
        return None

    def knows(self, path: str) -> bool:
        """Whether any method has a route with this path."""
        return any(pattern.fullmatch(path) for _, pattern in self._routes)
