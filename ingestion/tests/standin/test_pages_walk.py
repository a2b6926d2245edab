"""All pages that can be reached from the first, in a catalog with dbt projects."""

from __future__ import annotations

import pytest

from .page_reader import Page, own_path, walk


@pytest.fixture(scope="module")
def pages(published_site: str) -> dict[str, Page]:
    """All pages by their path."""
    site = published_site
    return {own_path(site, page, page.url) or page.url: page for page in walk(site)}


def test_every_link_leads_to_a_page(published_site: str, pages: dict[str, Page]) -> None:
    assert [page.url for page in pages.values() if page.status != 200] == []
    for page in pages.values():
        for text, address in page.links:
            path = own_path(published_site, page, address)
            if path is None:
                assert address.startswith("https://"), (page.url, address)
                continue
            assert text, (page.url, address)
            if "#" in address:
                assert address.split("#")[1] in pages[path].ids, (page.url, address)


def test_a_test_says_what_it_checks(pages: dict[str, Page]) -> None:
    rows = [page for page in pages.values() if "/browse/table/" in page.url]
    cells = [cell for page in rows for cell in page.cells]
    assert "dbt_positive, at_least: 0, severity: warn" in cells
    assert not any("Maintained by" in cell for cell in cells)


def test_all_kinds_of_entities_are_reached(pages: dict[str, Page]) -> None:
    kinds = {path.split("/")[2] for path in pages if path.startswith("/browse/")}
    assert kinds >= {
        "column",
        "dashboard",
        "dashboardService",
        "database",
        "databaseSchema",
        "databaseService",
        "domain",
        "glossaryTerm",
        "lineage",
        "metric",
        "table",
        "tag",
        "team",
        "testCase",
        "testDefinition",
        "user",
    }


def test_no_page_runs_or_loads_anything(pages: dict[str, Page]) -> None:
    for page in pages.values():
        assert not page.tags & {"script", "style", "iframe", "object", "embed", "img", "base"}
        handlers = {name for name in page.attributes if name.startswith("on") or name == "style"}
        assert not handlers, page.url


def test_headings_are_in_order_and_ids_are_unique(pages: dict[str, Page]) -> None:
    for page in pages.values():
        levels = [level for level, _ in page.headings]
        assert levels[0] == 1, page.url
        assert levels.count(1) == 1, page.url
        steps = [after - before for before, after in zip(levels, levels[1:], strict=False)]
        assert max(steps, default=0) <= 1, (page.url, page.headings)
        assert len(page.ids) == len(set(page.ids)), page.url
