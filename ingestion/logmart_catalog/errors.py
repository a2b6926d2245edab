"""The errors of the catalog sync: each message is one line that names what is wrong, where, and the
remedy.
"""

from __future__ import annotations

_FAILURES = range(500, 600)


class CatalogError(Exception):
    """An error that stops a command. Its text is one line that can be shown as it is."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class ConfigError(CatalogError):
    """The configuration file or the environment lacks a setting, or holds one that is invalid."""


class ArtifactError(CatalogError):
    """A dbt artifact is missing, unreadable, or does not belong with the others."""


class SelectionError(CatalogError):
    """A choice of nodes cannot be read, or matches nothing."""


class StateError(CatalogError):
    """A saved state cannot be read or written."""


class PlanFileError(CatalogError):
    """A saved plan cannot be read or written, or does not fit the server any more."""


class ServerError(CatalogError):
    """The server cannot be reached, refuses a call, or answers something unexpected."""


class RefusedError(ServerError):
    """The server answered a call with an error; `status` is the HTTP status.

    404 can also mean that an entity which the body refers to does not exist.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_failure(self) -> bool:
        """Whether the server failed (5xx): it may have carried the call out nevertheless."""
        return self.status in _FAILURES


class IncompleteError(ServerError):
    """An apply ended, and the server refused some of its changes."""


class RemovalRefusedError(CatalogError):
    """A plan would remove more of the catalog than the configuration allows."""
