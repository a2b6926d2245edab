from __future__ import annotations

import threading
import urllib.request
from pathlib import Path

import pytest

from scripts.errors import CommandError
from scripts.serve_docs import PAGES, make_server


def test_the_docs_of_a_build_are_served_on_a_port_nobody_else_gets(tmp_path: Path) -> None:
    for page in PAGES:
        (tmp_path / page).write_text(f"this is {page}")
    with make_server(tmp_path, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/") as answer:
            assert answer.read() == b"this is index.html"
        with pytest.raises(CommandError, match=f"port {server.server_port} is in use"):
            make_server(tmp_path, server.server_port)
        server.shutdown()


def test_docs_that_are_not_made_yet_are_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"index\.html is not there: run `make build` first"):
        make_server(tmp_path, 0)
