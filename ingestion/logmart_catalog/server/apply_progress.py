"""The progress of an apply: the server, the ids known so far, and the refused changes.

Refused changes are collected and reported at the end, so that one bad entity does not stop the
rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

import requests

from logmart_catalog.errors import IncompleteError, RefusedError
from logmart_catalog.server.asset_kinds import Ids
from logmart_catalog.server.client import Api
from logmart_catalog.state.capabilities import Capabilities

_Item = TypeVar("_Item")
_SHOWN = 5
# After more changes than this with a server error (5xx), the server is considered broken.
_MAX_FAILURES = 3


@dataclass
class ApplyProgress:
    """The progress of an apply. Safe to use from several threads.

    `refused` holds the error of each refused change, by the entity's name.
    """

    api: Api
    ids: Ids
    capabilities: Capabilities
    refused: dict[str, RefusedError] = field(default_factory=dict)
    _failures: int = 0
    _lock: Lock = field(default_factory=Lock)

    def each(
        self, work: Callable[[_Item], None], items: Iterable[_Item], name: Callable[[_Item], str]
    ) -> None:
        """Do some work on every item, a few at a time, and collect refusals by `name`.

        Raises ServerError when the server cannot be reached, does not accept the token, or fails
        repeatedly, since then nothing else would succeed.
        """
        self.each_in_order(work, ([item] for item in items), name)

    def each_in_order(
        self,
        work: Callable[[_Item], None],
        groups: Iterable[list[_Item]],
        name: Callable[[_Item], str],
    ) -> None:
        """Do the same as `each`, but the items of a group one after the other."""

        def attempt(group: list[_Item]) -> None:
            for item in group:
                try:
                    work(item)
                except RefusedError as refused:
                    self._keep(name(item), refused)

        self.api.each(attempt, groups)

    def forget(self, name: str) -> None:
        """Forget that an entity was refused, before it is written again."""
        with self._lock:
            if refused := self.refused.pop(name, None):
                self._failures -= refused.is_failure

    def check(self, changes: int) -> None:
        """Raise IncompleteError when a change was refused. In: the number of all changes."""
        if not self.refused:
            return
        shown = [f"{name}: {reason}" for name, reason in list(self.refused.items())[:_SHOWN]]
        more = len(self.refused) - len(shown)
        raise IncompleteError(
            f"{len(self.refused)} of {changes} changes were not made, the rest was;"
            f" mend these and run `apply` again: {'; '.join(shown)}"
            f"{f'; and {more} more' if more else ''}"
        )

    def _keep(self, name: str, refused: RefusedError) -> None:
        with self._lock:
            self._failures += refused.is_failure
            hopeless = self._failures > _MAX_FAILURES
            self.refused.setdefault(name, refused)
        if hopeless or refused.status == requests.codes.unauthorized:
            raise refused
