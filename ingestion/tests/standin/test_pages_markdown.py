"""Descriptions are untrusted text: which parts become HTML, and which stay text."""

from __future__ import annotations

import pytest

from openmetadata_standin.pages.markdown import excerpt, plain, rendered


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("A *user* of `app`", "<p>A <em>user</em> of <code>app</code></p>\n"),
        ("금액, **원**", "<p>금액, <strong>원</strong></p>\n"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"),
        ("# Grain", "<p><strong>Grain</strong></p>\n"),
        ("Grain\n===", "<p><strong>Grain</strong></p>\n"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>\n"),
        (None, ""),
        ("", ""),
    ],
)
def test_markdown_is_rendered(text: str | None, html: str) -> None:
    assert rendered(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<!-- --> <b>bold</b>",
        "text <svg/onload=alert(1)> text",
        "<div>\n\n<style>*{display:none}</style>\n\n</div>",
        "<?php ?> <![CDATA[x]]> <!DOCTYPE html>",
    ],
)
def test_html_stays_text(text: str) -> None:
    html = rendered(text)
    allowed = {"<p>", "</p>"}
    tags = {f"<{part.split('>')[0]}>" for part in html.split("<")[1:]}
    assert tags <= allowed, html
    assert plain(text).replace("\n", "") == text.replace("\n", "")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#10;script:alert(1)",
        "&#x6A;avascript:alert(1)",
        "vbscript:x",
        "data:text/html;base64,PHNjcmlwdD4=",
        "file:///etc/passwd",
        "ftp://example.com/",
        "mailto:mina@example.com",
        "//example.com/",
        "/browse/table/x",
        "#columns",
        "http:example.com",
    ],
)
def test_only_addresses_of_the_web_are_linked(address: str) -> None:
    for text in (f"[x]({address})", f"[x](<{address}>)", f"<{address}>", f"[x]\n\n[x]: {address}"):
        assert "<a" not in rendered(text), text


def test_a_link_to_the_web_tells_nobody_where_it_came_from() -> None:
    assert rendered('[docs](https://example.com/a?b=1&c=%20 "a \\"title\\"")') == (
        '<p><a href="https://example.com/a?b=1&amp;c=%20" title="a &quot;title&quot;"'
        ' rel="nofollow noopener noreferrer">docs</a></p>\n'
    )


def test_an_image_is_not_loaded() -> None:
    html = rendered("![picture](https://example.com/x.png)")
    assert "<img" not in html


def test_a_table_has_no_inline_style() -> None:
    html = rendered("| a | b |\n|--:|:--|\n| 1 | 2 |")
    assert "<td>1</td>" in html
    assert "style" not in html


@pytest.mark.parametrize(
    ("text", "words", "sentence"),
    [
        ("One row a session. It ends after a pause.", [], "One row a session."),
        ("One row a session. It ends after a *Pause* of `30` minutes.", ["pause"], "It ends after"
         " a Pause of 30 minutes."),
        ("세션 한 줄。 다음 문장。", [], "세션 한 줄。"),
        ("# Grain\n\nOne row a day", [], "Grain"),
        ("One row", ["absent"], "One row"),
        ("", ["absent"], ""),
        (None, [], ""),
    ],
)  # fmt: skip
def test_an_excerpt_is_the_first_sentence_or_the_one_that_was_looked_for(
    text: str | None, words: list[str], sentence: str
) -> None:
    assert excerpt(text, words) == sentence


def test_an_excerpt_is_short() -> None:
    sentence = excerpt("word " * 1000)
    assert len(sentence) <= 242
    assert sentence.endswith("word …")
