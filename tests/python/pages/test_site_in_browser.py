"""The pages in a real browser: no request, accessible, nothing beside the edge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from example_site import HOSTILE, card, days, figure, metric, sections, series, site
from logmart.pages.site import fonts
from logmart.pages.site.pictures import ARGUMENTS, find_browser
from logmart.pages.site.render import FONT_MARK, metric_page, scorecard_page

WIDTHS = (390, 1920)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        pytest.skip(
            "the metrics' pages in a browser (axe, requests, widths, keys): no Chromium or Chrome"
            " is on the PATH, and LOGMART_BROWSER names none"
        )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a scorecard with every section and a metric with dimensions, as files."""
    folder = tmp_path_factory.mktemp("pages")
    counts = metric(caveats=HOSTILE)
    rates = metric("rate", unit="share", label_ko="비율", label="Rate")
    shown = card(counts, rates)
    many = [
        series(days([float(n * 37 % 23) for n in range(60)])),
        series(days([float(n * 31 % 19) for n in range(60)]), "orders", "bank", "가나다은행"),
        series(days([float(n * 29 % 17) for n in range(60)]), "orders", "bank", HOSTILE),
        series([figure(n, n % 7 / 7, denominator=20 + n) for n in range(30)], "rate"),
    ]
    made = site(shown, many)
    texts = {
        "growth.html": scorecard_page(made, shown, sections()),
        "orders.html": metric_page(made, counts),
        "rate.html": metric_page(made, rates),
    }
    font = fonts.font_subset("".join(texts.values()))
    for name, text in texts.items():
        (folder / name).write_text(text.replace(FONT_MARK, font), encoding="utf-8")
    return [folder / name for name in texts]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_violation_and_nothing_beside_the_edge(
    browser: Browser, pages: list[Path], scheme: Any
) -> None:
    for width in WIDTHS:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
        )
        page = context.new_page()
        for file in pages:
            page.goto(file.as_uri())
            beside = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert beside <= 0, (file.name, width)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
        context.close()


def test_pages_request_nothing_and_say_nothing_to_the_console(
    browser: Browser, pages: list[Path]
) -> None:
    context = browser.new_context()
    page = context.new_page()
    requested: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    for file in pages:
        page.goto(file.as_uri())
        page.evaluate("document.fonts.ready.then(() => true)")
        assert page.evaluate("[...document.fonts].map(font => font.status)") == ["loaded"]
    assert [url for url in requested if not url.startswith("data:")] == [
        file.as_uri() for file in pages
    ]
    assert said == []
    context.close()


def test_the_keyboard_reaches_the_figures(browser: Browser, pages: list[Path]) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(pages[1].as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the figures"
    page.focus("summary")
    page.keyboard.press("Enter")
    assert page.is_visible("details table")
    context.close()
