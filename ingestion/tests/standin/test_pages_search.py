"""The search of the pages: hits, their order, and the matching sentence."""

from __future__ import annotations

import unicodedata
import uuid
from urllib.parse import quote

import pytest

from .page_content import put_model, text
from .page_reader import Page, get
from .standin_calls import Api


def search(site: str, words: str) -> Page:
    return get(site, f"/browse/search?q={quote(words)}")


def found(page: Page, schema: str) -> list[str]:
    """The last names of the hits of a search below a schema, in order."""
    kept = [one for one in page.links if schema in one[1]]
    return [name.split(".", 1)[1] for name, _ in kept]


def test_search_takes_names_and_descriptions(api: Api, site: str, schema: str) -> None:
    word = f"w{uuid.uuid4().hex[:8]}"
    inner = [text("inner", f"{word} inside")]
    columns = [
        text(f"{word}_id"),
        text("note", f"First. Then the {word.upper()} & more. Last."),
        {"name": "nested", "dataType": "STRUCT", "children": inner},
    ]
    api.put_table(schema, "mart", columns=columns, description=f"A table of {word}.")
    put_model(api, schema, f"stg_{word}", "models/staging/a.sql")
    put_model(api, schema, f"fct_{word}", "models/marts/a.sql")
    page = search(site, f" {word} ")
    assert found(page, schema) == [
        f"fct_{word}", f"stg_{word}", "mart", f"{word}_id", "nested.inner", "note",
    ]  # fmt: skip
    assert page.row("mart.note") == [f"Then the {word.upper()} & more."]
    assert f"<mark>{word.upper()}</mark> &amp; more." in page.html
    assert found(search(site, f"{word} inside"), schema) == ["nested.inner"]
    assert found(search(site, f"{word} absent"), schema) == []
    assert found(search(site, f"{schema.split('.', maxsplit=1)[0]}"), schema) == []


def test_search_composes_what_somebody_typed(api: Api, site: str, schema: str) -> None:
    api.put_table(schema, "sales", description="결제 금액의 합.")
    assert "sales" in found(search(site, unicodedata.normalize("NFD", "금액")), schema)


@pytest.mark.parametrize("words", ["", " ", "<script>alert(1)</script>", "(", "%", "\\", "a " * 99])
def test_any_words_are_answered(site: str, words: str) -> None:
    page = search(site, words)
    assert page.status == 200
    assert "script" not in page.tags


def test_search_by_metric_and_dashboard(api: Api, site: str) -> None:
    word = f"w{uuid.uuid4().hex[:8]}"
    metric = {"name": f"{word}_total", "description": "Sum of all.", "metricType": "COUNT"}
    api.ok("PUT", "metrics", metric)
    service = {"name": "pages", "serviceType": "CustomDashboard"}
    api.ok("PUT", "services/dashboardServices", service)
    for name, address in (("good", "https://example.com/d"), ("bad", "javascript:alert(1)")):
        body = {"name": f"{word}_{name}", "service": "pages", "sourceUrl": address}
        api.ok("PUT", "dashboards", body)
    page = search(site, word)
    assert page.link(f"{word}_total") == f"/browse/metric/{word}_total"
    good, bad = (get(site, page.link(f"{word}_{name}")) for name in ("good", "bad"))
    assert good.link("https://example.com/d") == "https://example.com/d"
    assert "javascript" not in bad.html
