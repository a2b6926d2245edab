"""Serves dbt's docs of the last build on loopback: `logmart pages docs`."""

from __future__ import annotations

import errno
import functools
import http.server
import io
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import click

from logmart.errors import CommandError
from logmart.options import TARGET_PATH

HOST = "127.0.0.1"
PORT = 8080
# The files of the docs, which `dbt docs generate` writes.
PAGES = ("index.html", "manifest.json", "catalog.json")


@click.command(help=__doc__)
@TARGET_PATH
@click.option("--port", type=int, default=PORT, show_default=True)
def main(target_path: Path, port: int) -> int:
    """Serve until interrupted. Raises CommandError when docs are missing or the port is taken."""
    with make_server(target_path, port) as server:
        print(f"dbt's docs are on http://{HOST}:{server.server_port}  Ctrl-C stops it.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


def make_server(target_path: Path, port: int) -> http.server.ThreadingHTTPServer:
    """Return a server of a build's docs, bound to its port; port 0 takes a free one.

    Raises CommandError.
    """
    for page in PAGES:
        if not (target_path / page).exists():
            raise CommandError(f"{target_path / page} is not there: run `make build` first")
    pages = functools.partial(Pages, directory=str(target_path))
    try:
        return http.server.ThreadingHTTPServer((HOST, port), pages)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise CommandError(f"port {port} cannot be taken: {error.strerror}") from error
        raise CommandError(
            f"port {port} is in use: stop what holds it, or take another:"
            f" `.venv/bin/logmart pages docs --port {port + 1}`"
        ) from error


class Pages(http.server.SimpleHTTPRequestHandler):
    """Serves only the files of the docs, and only requests to this server's own host name."""

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Answer GET and HEAD. The host is checked, because another site's name may resolve to
        this server (DNS rebinding).
        """
        own = {f"{name}:{self.connection.getsockname()[1]}" for name in (HOST, "localhost")}
        if self.headers.get("host") not in own:
            self.send_error(HTTPStatus.FORBIDDEN, "Host is not this server's")
            return None
        if urlsplit(self.path).path.removeprefix("/") not in ("", *PAGES):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log no requests."""
