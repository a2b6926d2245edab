"""PostgreSQL's errors as one clear line, without a password or a value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import adbc_driver_manager
import pyarrow as pa

from logmart.errors import CommandError, TransientError

_TIMEOUT, _LOCK = "57014", "55P03"
_LOGIN = ("28000", "28P01")
_SCHEMA = ("42703", "42P01", "3F000", "42883", "42804", "22P02")
_FORBIDDEN = "42501"
# By class: connections, conflicts with a standby's recovery, no resources, an operator's stop.
_PASSING = ("08", "40", "53", "57")
_LOGIN_WORDS = ("authentication failed", "no password", "role ", "pg_hba.conf")
_LOST_WORDS = ("no connection to the server", "closed the connection", "terminating connection")


class Address:
    """Where a server is, as an error may name it."""

    def __init__(self, url: str, variable: str, timeout_seconds: int) -> None:
        self._variable = variable
        self._timeout_seconds = timeout_seconds
        self._secrets = [url]
        try:
            parts = urlsplit(url)
            place = parts.hostname or "its socket"
            self._name = f"{place}{f':{parts.port}' if parts.port else ''}{parts.path}"
        except ValueError:
            raise CommandError(
                f"{variable} is no address: postgresql://user:password@host:5432/database"
            ) from None
        if parts.password:
            self._secrets += [parts.password, unquote(parts.password)]

    def __str__(self) -> str:
        return f"the source {self._name} ({self._variable})"

    @contextmanager
    def clear_errors(self, table: str = "") -> Iterator[None]:
        """Raise CommandError, or TransientError, for an error of the driver.

        In: `table`, the table that is read.
        """
        try:
            yield
        except adbc_driver_manager.Error as error:
            raise self._clear(error, getattr(error, "sqlstate", None) or "", table) from None
        except (pa.ArrowException, OSError) as error:
            raise self._clear(error, "", table) from None

    def _clear(self, error: Exception, sqlstate: str, table: str) -> CommandError:
        said = self._said(error)
        reading = f" while {table} was read" if table else ""
        if sqlstate == _TIMEOUT or "statement timeout" in said:
            return CommandError(
                f"{self} stopped a statement on {table or 'the catalog'} after"
                f" {self._timeout_seconds} s: lower load.chunk_rows in the mapping, or raise"
                " load.statement_timeout_seconds"
            )
        if sqlstate == _LOCK:
            return TransientError(f"{self} holds {table} locked for a change of its schema: {said}")
        if sqlstate in _LOGIN or (not sqlstate and any(word in said for word in _LOGIN_WORDS)):
            message = f"{self} refuses the login, check {self._variable}: {said}"
        elif sqlstate in _SCHEMA:
            message = (
                f"{self} has changed its schema{reading}: {said}; correct the mapping, see"
                " `logmart migrate map`"
            )
        elif sqlstate == _FORBIDDEN:
            message = f"{self} does not let its user read: {said}; grant select on it"
        elif _passes(error, sqlstate):
            lost = any(word in said for word in _LOST_WORDS)
            what = f"dropped the connection{reading}" if lost else f"cannot be read{reading}"
            return TransientError(f"{self} {what}: {said}; the next run goes on")
        else:
            message = f"{self} fails{reading}: {said}"
        return CommandError(message)

    def _said(self, error: Exception) -> str:
        """Return the server's own line, without the query, which may hold a value."""
        text = str(error).partition("Query was:")[0]
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        kept = next((line for line in lines if "ERROR:" in line or "FATAL:" in line), "")
        said = (kept or (lines or ["no reason given"])[0]).rstrip(".")
        for prefix in ("ERROR:", "FATAL:"):
            if prefix in said:
                said = said.partition(prefix)[2].strip()
        for secret in self._secrets:
            said = said.replace(secret, "***")
        return said


def _passes(error: Exception, sqlstate: str) -> bool:
    if sqlstate:
        return sqlstate[:2] in _PASSING
    return isinstance(error, adbc_driver_manager.OperationalError | OSError)
