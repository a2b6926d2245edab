"""The pages in a real browser: axe finds nothing, they fit narrow screens, keys and forms suffice.

LOGMART_BROWSER names a Chromium or Chrome; else one on the PATH is taken, and without any the
tests are skipped aloud.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, sync_playwright

from .page_content import put_edge, put_model, put_test, ran, text
from .standin_calls import Api, Json, label

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WIDE, NARROW = 1280, 320
LONG = "금액_" * 40

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    found = [os.environ.get("LOGMART_BROWSER"), *map(shutil.which, BROWSERS)]
    path = next((one for one in found if one), None)
    if path is None:
        pytest.skip(
            "the catalog's pages in a browser (axe, narrow screens, keys): no Chromium or Chrome on"
            " the PATH, and LOGMART_BROWSER names none"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[OpenPage]:
    """Opens a path in a new window, of a width, with scripts or without."""
    contexts = []

    def give(path: str, width: int = WIDE, *, scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=site,
            viewport={"width": width, "height": 800},
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, path
        return page

    yield give
    for context in contexts:
        context.close()


@pytest.fixture
def paths(api: Api, schema: str) -> list[str]:
    """A page of each template, with tests of every outcome, tags, long and Korean names in it."""
    described = "Has *Markdown*, [a link](https://example.com/) and `code`.\n\n# Head\n\n- item"
    columns = [
        text("id", described, tags=[label("PII.Sensitive"), label("Tier.Tier1")]),
        text(LONG, described),
        {"name": "nested", "dataType": "STRUCT", "children": [text("inner")]},
    ]
    tables = [
        put_model(api, schema, name, path, columns=columns, description=described)
        for name, path in (("raw", "models/staging/a.sql"), (LONG, "models/marts/sales/b.sql"))
    ]
    put_edge(api, tables[0], tables[1], "id")
    raw = f"{schema}.raw"
    put_test(api, raw, "passes", ran(1, "Success"))
    put_test(api, raw, "fails", ran(1, "Failed", "x" * 300), column="id")
    put_test(api, raw, "never_ran")
    team: Json = {"name": f"팀 {schema}", "teamType": "Group"}
    api.ok("PUT", "teams", team)
    metric = {"name": "sum", "metricExpression": {"language": "SQL", "code": "sum(x)"}}
    api.ok("PUT", "metrics", metric)
    return [
        "/",
        f"/browse/table/{raw}",
        f"/browse/table/{schema}.{LONG}",
        f"/browse/column/{raw}.id",
        f"/browse/lineage/table/{raw}",
        f"/browse/testCase/{raw}.id.fails",
        "/browse/testCase",
        "/browse/metric",
        "/browse/metric/sum",
        "/browse/tag/PII.Sensitive",
        "/browse/search?q=raw",
        "/browse/search?q=nothing+has+this",
    ]


def violations(page: Page) -> list[str]:
    """The findings of axe, by rule and element."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def test_axe_finds_nothing(open_page: OpenPage, paths: list[str]) -> None:
    found = {}
    for path in paths:
        page = open_page(path)
        found[path] = violations(page)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": NARROW, "height": 800})
        found[f"{path}, dark and narrow"] = violations(page)
    assert {path: some for path, some in found.items() if some} == {}


def test_axe_looks(open_page: OpenPage) -> None:
    page = open_page("/browse/search")
    page.evaluate("document.body.style.color = '#888'; document.querySelector('label').remove()")
    page.evaluate("document.querySelector('input').removeAttribute('placeholder')")
    rules = {one.split(":")[0] for one in violations(page)}
    assert rules >= {"color-contrast", "label"}


def test_pages_fit_narrow_screens_and_their_own_policy(
    open_page: OpenPage, paths: list[str]
) -> None:
    page = open_page("/browse/search", NARROW)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    for path in paths:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, path
        assert page.evaluate("getComputedStyle(document.body).maxWidth") != "none", path
    assert refused == []


def test_a_table_stays_a_table_on_narrow_screens(open_page: OpenPage, paths: list[str]) -> None:
    page = open_page(paths[1], NARROW)
    columns = page.get_by_role("table", name="Columns")
    assert columns.get_by_role("columnheader").count() == 5
    assert columns.get_by_role("row").filter(has_text="id").get_by_role("rowheader").count() >= 1


def test_search_and_walking_need_no_scripts(open_page: OpenPage, paths: list[str]) -> None:
    page = open_page("/", scripts=False)
    page.get_by_role("searchbox", name="Search").fill(LONG)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=f"marts.{LONG}").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == LONG
    page.get_by_role("link", name="marts.raw", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "raw"


def test_the_focus_is_seen(open_page: OpenPage) -> None:
    page = open_page("/")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    box = page.locator(":focus").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    for _ in range(9):
        assert page.evaluate(outline) == "solid"
        page.keyboard.press("Tab")
