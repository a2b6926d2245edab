"""Renders descriptions, which are untrusted, as HTML: no raw HTML or images, only web links."""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

from openmetadata_standin.pages.links import is_web_address

_SENTENCE = re.compile(r"(?<=[.!?。])\s+")
_LONGEST_EXCERPT = 240


def rendered(text: str | None) -> Markup:
    """Return a description as HTML, "" for none. Headings become bold paragraphs, since the page
    has its own headings.
    """
    return Markup(_PARSER.render(text or ""))


def plain(text: str | None) -> str:
    """Return a description without markup; paragraphs are separated by line breaks."""
    tokens = _PARSER.parse(text or "")
    blocks = [_words(token) for token in tokens if token.type in {"inline", "fence", "code_block"}]
    return "\n".join(block for block in blocks if block)


def excerpt(text: str | None, words: Sequence[str] = ()) -> str:
    """Return the first sentence with one of the words, or else the first sentence."""
    sentences = [sentence for sentence in _SENTENCE.split(plain(text)) if sentence]
    lowered = [word.lower() for word in words]
    found = next(
        (sentence for sentence in sentences if any(w in sentence.lower() for w in lowered)), None
    )
    sentence = found or (sentences[0].split("\n")[0] if sentences else "")
    if len(sentence) <= _LONGEST_EXCERPT:
        return sentence
    return sentence[:_LONGEST_EXCERPT].rsplit(" ", 1)[0] + " …"


def _words(token: Token) -> str:
    if token.children is None:
        return token.content.strip()
    breaks = {"softbreak", "hardbreak"}
    return "".join(
        " " if child.type in breaks else child.content for child in token.children
    ).strip()


def _link(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    tokens[index].attrSet("rel", "nofollow noopener noreferrer")
    return renderer.renderToken(tokens, index, options, env)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable(["image", "html_block", "html_inline"])
    parser.validateLink = is_web_address  # type: ignore[method-assign]
    parser.add_render_rule("link_open", _link)
    for name in ("th", "td"):  # A column's alignment would be an inline style.
        parser.add_render_rule(f"{name}_open", _plain_tag(f"<{name}>"))
    parser.add_render_rule("heading_open", _plain_tag("<p><strong>"))
    parser.add_render_rule("heading_close", _plain_tag("</strong></p>\n"))
    return parser


def _plain_tag(html: str) -> Any:
    def render(*_: object) -> str:
        return html

    return render


_PARSER = _parser()
