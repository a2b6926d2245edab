"""The token of a fresh server's bot is found by logging in."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from .bot_token import bot_token


class _Fresh(BaseHTTPRequestHandler):
    """Answers like a new server."""

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        right = sent == {"email": "admin@open-metadata.org", "password": "YWRtaW4="}
        self._answer({"accessToken": "login"} if right else None)

    def do_GET(self) -> None:
        answers = {
            "/api/v1/bots/name/ingestion-bot": {"botUser": {"id": "7"}},
            "/api/v1/users/auth-mechanism/7": {"config": {"JWTToken": "the bot's"}},
        }
        allowed = self.headers["authorization"] == "Bearer login"
        self._answer(answers.get(self.path) if allowed else None)

    def _answer(self, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(200 if body else 401)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_the_bot_of_a_fresh_server_has_a_token() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Fresh)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    host = f"http://127.0.0.1:{server.server_port}/api"
    try:
        assert bot_token(host, "admin@open-metadata.org", "admin") == "the bot's"
        with pytest.raises(OSError, match="401"):
            bot_token(host, "admin@open-metadata.org", "changed")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
