"""The text of the pages: what they say, leave unsaid, and names that look like HTML."""

from __future__ import annotations

import base64
import datetime as dt
import io
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from example_site import HOSTILE, card, days, figure, metric, sections, series, site
from logmart.errors import CommandError
from logmart.mart.stale_stamp import Stamp, page_date, with_banner
from logmart.pages.site import command, fonts
from logmart.pages.site.definitions import read_metrics
from logmart.pages.site.render import MOST_CARDS, metric_page, scorecard_page
from logmart.pages.site.sections import Sections

ELEMENTS = {"script", "iframe", "object", "embed", "img", "link", "form", "base"}


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def words(html: str) -> str:
    return " ".join(Page(html).text.split())


def test_the_headline_is_the_last_date_that_has_ended_beside_the_same_weekday() -> None:
    values = [100.0, 0, 0, 0, 0, 0, 0, 120.0, 3.0]
    made = metric()
    page = metric_page(site(card(made), [series(days(values))]), made)
    assert "120 Mon 12 Jan 2026" in words(page)
    assert "▲ +20.0% since Mon 5 Jan 2026" in words(page)
    assert "▲ +25.0% since the month before" in words(page)
    assert "Jan 2026100120120.0%" in words(page)
    assert "settling: 99.9% arrived" in words(page)
    assert "13 Jan 2026 (3 so far)" in words(page)


def test_a_page_says_up_to_which_date_it_is_complete_and_takes_a_banner() -> None:
    made = metric()
    complete = dt.date(2026, 1, 12)
    plain = metric_page(site(card(made), [series(days([1.0] * 9))], data_date=complete), made)
    assert page_date(plain) == complete
    since = dt.datetime(2026, 1, 14, 17, 5, tzinfo=dt.UTC)
    page = with_banner(plain, Stamp(complete, since, "build"))
    first = words(page[page.index("<main") :])
    assert first.startswith("These figures end on 12 January 2026: the task build failed")
    assert "not been updated since 2026-01-14 17:05 UTC" in first


def test_a_rising_rejected_share_is_bad_and_changes_in_percentage_points() -> None:
    made = metric("rejected_share", unit="share", up_is="bad")
    figures = [figure(n, 0.01 if n < 7 else 0.034, denominator=500) for n in range(8)]
    page = scorecard_page(site(card(made), [series(figures, made.name)]), card(made), Sections())
    assert '<span class="change bad">▲ +2.4 pp</span>' in page


def test_no_sum_is_written_where_values_may_not_be_added() -> None:
    figures = [figure(n, 2) for n in range(28)]
    made = metric()
    for summable in (frozenset({"orders"}), frozenset()):
        page = metric_page(site(card(made), [series(figures)], summable=summable), made)
        assert ("56 in the 28 days to it" in words(page)) == bool(summable)


def test_a_scorecard_of_many_metrics_draws_some_and_links_the_rest() -> None:
    many = [metric(f"metric_{number:03}") for number in range(200)]
    drawn = [series(days([1, 2, 3, 4, 5, 6, 7]), made.name) for made in many]
    page = scorecard_page(site(card(*many), drawn), card(*many), Sections())
    assert page.count("<svg") == MOST_CARDS
    links = {attributes.get("href") for tag, attributes in Page(page).elements if tag == "a"}
    assert {f"metrics/{made.name}.html" for made in many} <= links


def test_few_observations_are_marked() -> None:
    made = metric("rate", unit="share")
    page = metric_page(site(card(made), [series([figure(0, 0.5, denominator=12)], "rate")]), made)
    assert "small sample: 12" in words(page)


def all_pages() -> list[str]:
    """Return a scorecard and a metric's page with hostile names wherever a name may stand."""
    made = metric(label=HOSTILE, label_ko=HOSTILE, description=HOSTILE, caveats=HOSTILE)
    shown = card(made, label=HOSTILE, description=HOSTILE)
    many = [
        series(days([1, 2, 3, 4, 5, 6, 7])),
        series(days([1, 2, 3, 4, 5, 6, 7]), "orders", "bank", HOSTILE),
    ]
    return [
        scorecard_page(site(shown, many), shown, sections()),
        metric_page(site(shown, many, lineage={"orders": [HOSTILE]}), made),
    ]


def test_names_that_look_like_html_are_text() -> None:
    for page in all_pages():
        parsed = Page(page)
        assert {tag for tag, _ in parsed.elements} & ELEMENTS == set()
        names = {name for _, attributes in parsed.elements for name in attributes}
        assert not [name for name in names if name.startswith("on")]
        assert HOSTILE in parsed.text


def test_a_page_requests_nothing() -> None:
    made = metric()
    for page in (
        metric_page(site(card(made), [series(days([1, 2, 3, 4, 5]))]), made),
        scorecard_page(site(card(made), []), card(made), sections()),
    ):
        assert "default-src 'none'" in page
        for _, attributes in Page(page).elements:
            assert not attributes.get("src")
            assert not (attributes.get("href") or "").startswith(("http", "//", "javascript"))
        assert not re.search(r"url\((?!data:)", page)


def test_two_processes_draw_the_same_bytes() -> None:
    script = (
        "from test_site_pages import all_pages\nfrom logmart.pages.site import fonts\n"
        "text = ''.join(all_pages()); print(text, fonts.font_subset(text))"
    )
    drawn = {
        subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": f"{Path(__file__).parent}:.", "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(drawn) == 1


def test_a_catalog_that_is_configured_is_linked() -> None:
    made = metric()
    linked = site(
        card(made),
        [],
        catalog_url="https://catalog.example.com",
        catalog_tables={"fct_orders": "logmart.mart.marts.fct_orders"},
    )
    address = "https://catalog.example.com/table/logmart.mart.marts.fct_orders"
    assert ("a", {"href": address}) in Page(metric_page(linked, made)).elements


def test_the_font_holds_each_character_of_a_text_and_is_the_same_for_the_same_ones() -> None:
    made = fonts.font_subset("활성 사용자")
    held = TTFont(io.BytesIO(base64.b64decode(made))).getBestCmap()
    assert {ord(character) for character in "활성 사용자0%₩"} <= set(held)
    assert ord("힣") not in held
    assert fonts.font_subset("용사자 활성") == made


@pytest.mark.parametrize("theirs", ["thesis.txt", "figures/plot.png", "index.html"])
def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, theirs: str) -> None:
    command.check_is_ours(tmp_path / "new")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/orders.csv").write_text("ours", encoding="utf-8")
    (tmp_path / "growth.html").write_text(all_pages()[0], encoding="utf-8")
    command.check_is_ours(tmp_path)
    (tmp_path / theirs).write_text("mine", encoding="utf-8")
    with pytest.raises(CommandError, match=f"holds {theirs}, which this command did not write"):
        command.check_is_ours(tmp_path)


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ({}, r"config\.meta\.page\.label_ko: it is missing"),
        ({"label_ko": " "}, r"config\.meta\.page\.label_ko: it is missing"),
        (
            {"label_ko": "주문", "up_is": "up"},
            r"up_is: it is up: make it one of good, bad",
        ),
        ({"label_ko": "주문", "colour": "red"}, r"page\.colour: nothing reads it: the keys are"),
    ],
)
def test_a_wrong_entry_is_one_line_that_names_file_and_key(
    page: dict[str, str], problem: str
) -> None:
    with pytest.raises(CommandError, match=rf"^models/a\.yml: metric orders: .*{problem}") as error:
        read_metrics(manifest_of(page))
    assert "\n" not in str(error.value)


def manifest_of(page: dict[str, str]) -> dict[str, Any]:
    """Return the parts of a manifest that an entry is read from."""
    entry = {
        "name": "orders",
        "label": "Orders",
        "description": "Orders of the date.",
        "original_file_path": "models/a.yml",
        "group": "growth",
        "depends_on": {"nodes": []},
        "config": {"meta": {"unit": "orders", "additive_over": "dates", "page": page}},
    }
    table = {"name": "metrics_daily", "resource_type": "model", "patch_path": "logmart://a.yml"}
    return {
        "groups": {"growth": {"name": "growth", "owner": {"name": "Growth", "email": None}}},
        "nodes": {"metrics_daily": {**table, "config": {"meta": {}}}},
        "metrics": {"orders": entry},
        "semantic_models": {},
    }
