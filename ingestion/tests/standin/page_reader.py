"""Reads the pages: the content of a page, and all pages that links lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import takewhile
from urllib.parse import urldefrag, urljoin, urlsplit

import requests

_VOID = frozenset({"meta", "link", "input", "wbr", "br", "hr"})


@dataclass
class Page:
    """An answer and the content of its HTML: links by text, headings with their levels, ids."""

    status: int
    url: str
    html: str
    links: list[tuple[str, str]] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    cells: list[str] = field(default_factory=list)
    text: str = ""

    def link(self, text: str) -> str:
        """The address of the link with a text."""
        found = {address for name, address in self.links if name == text}
        assert len(found) == 1, (text, found, self.links)
        return found.pop()

    def row(self, name: str) -> list[str]:
        """The cells of the row with a name in its heading cell."""
        start = self.cells.index(f"row: {name}")
        return list(takewhile(lambda cell: not cell.startswith("row: "), self.cells[start + 1 :]))


class _Parser(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._open: list[tuple[str, dict[str, str | None], int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._page.tags.add(tag)
        self._page.attributes.update(given)
        if given.get("id"):
            self._page.ids.append(str(given["id"]))
        if tag not in _VOID:
            self._open.append((tag, given, len(self._page.text)))

    def handle_data(self, data: str) -> None:
        self._page.text += data

    def handle_endtag(self, tag: str) -> None:
        opened, given, start = self._open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}> in {self._page.url}"
        text = " ".join(self._page.text[start:].split())
        if tag == "a":
            self._page.links.append((text, str(given["href"])))
        elif tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            self._page.headings.append((int(tag[1]), text))
        elif tag == "td":
            self._page.cells.append(text)
        elif tag == "th" and given.get("scope") == "row":
            self._page.cells.append(f"row: {text}")

    def finish(self) -> None:
        assert not self._open, f"{self._open} is not closed in {self._page.url}"


def get(site: str, path: str) -> Page:
    """Read a page; every element in it must be closed."""
    answer = requests.get(urljoin(site, path), timeout=60)
    page = Page(answer.status_code, answer.url, answer.text)
    if answer.headers["Content-Type"].startswith("text/html"):
        parser = _Parser(page)
        parser.feed(answer.text)
        parser.close()
        parser.finish()
    return page


def walk(site: str) -> Iterator[Page]:
    """Read all pages that links lead to from the first, each once."""
    seen, waiting = {"/"}, ["/"]
    while waiting:
        page = get(site, waiting.pop())
        yield page
        for _, address in page.links:
            path = own_path(site, page, address)
            if path is not None and path not in seen:
                seen.add(path)
                waiting.append(path)


def own_path(site: str, page: Page, address: str) -> str | None:
    """The path of a link that stays on the site, None for one that leaves it."""
    target = urldefrag(urljoin(page.url, address)).url
    parts = urlsplit(target)
    return parts.path + f"?{parts.query}" * bool(parts.query) if target.startswith(site) else None
