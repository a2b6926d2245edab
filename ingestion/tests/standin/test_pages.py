"""The pages show what was published, and link every name correctly."""

from __future__ import annotations

import unicodedata
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from openmetadata_standin.behaviours.versions import DEFAULT, server_version
from openmetadata_standin.http_types import Request
from openmetadata_standin.pages.lineage_steps import levels
from openmetadata_standin.server import StandIn
from openmetadata_standin.store import Store

from .page_content import put_edge, put_model, put_test, ran, text
from .page_reader import get
from .standin_calls import Api, Json, label

NAMES = [
    "a b/c",
    "주문 내역",
    unicodedata.normalize("NFD", "주문"),
    "x.y",
    "..",
    "a%2Fb?c#d&e=f",
    "it's <b>bold</b> & more",
    "{{ config }}{% raw %}",
    "back\\slash",
    "\u202eleft",
    "😀",
    "-" * 200,
]


@pytest.fixture
def chain(api: Api, schema: str) -> list[Json]:
    """Three tables, each made from the one before: staging, intermediate and mart."""
    columns = [text("user_id", "Who it *was*."), text("amount")]
    tables = [
        put_model(api, schema, name, path, columns=columns, description=said)
        for name, path, said in (
            ("stg_orders", "models/staging/shop/stg_orders.sql", "Orders as they came."),
            ("int_orders", "models/intermediate/int_orders.sql", "Orders, each once."),
            ("fct_orders", "models/marts/sales/fct_orders.sql", "One row an order. And more."),
        )
    ]
    put_edge(api, tables[0], tables[1], "user_id", "amount")
    put_edge(api, tables[1], tables[2], "user_id")
    return tables


def test_marts_come_first_and_each_table_says_what_it_holds(
    api: Api, site: str, schema: str, chain: list[Json]
) -> None:
    api.put_table(schema, "raw_orders")
    page = get(site, f"/browse/databaseSchema/{schema}")
    assert [name for level, name in page.headings if level > 1] == [
        "Marts 1 table",
        "sales",
        "Intermediate 1 table",
        "Staging 1 table",
        "shop",
        "Sources and seeds 1 table",
        "marts",
    ]
    assert page.row("fct_orders")[0] == "One row an order."
    index = get(site, "/")
    assert index.headings[1][1].startswith("Marts ")


def test_meaning_origin_and_tests_are_three_clicks_away(
    api: Api, site: str, chain: list[Json]
) -> None:
    fqn = chain[2]["fullyQualifiedName"]
    put_test(api, fqn, "amounts_add_up", ran(2, "Success", "pass"))
    first = get(site, "/")
    address = next(link for _, link in first.links if link == f"/browse/table/{fqn}")
    table = get(site, address)
    assert table.row("user_id")[1:3] == ["Who it was.", "int_orders.user_id"]
    assert table.row("amounts_add_up")[:2] == ["passed", "2026-01-02 00:00 UTC"]
    assert table.link("marts.int_orders") == f"/browse/table/{chain[1]['fullyQualifiedName']}"
    column = get(site, table.link("user_id"))
    origin = get(site, column.link("stg_orders.user_id"))
    assert origin.headings[0] == (1, "user_id")
    assert "select 1" in table.text
    assert "models/marts/sales/fct_orders.sql" in table.text


def test_lineage_of_a_column_is_walked_both_ways(site: str, chain: list[Json]) -> None:
    fqns = [table["fullyQualifiedName"] for table in chain]
    mart = get(site, f"/browse/column/{fqns[2]}.user_id")
    assert [name for level, name in mart.headings if level == 3] == ["1 step up", "2 steps up"]
    assert mart.link("int_orders.user_id") == f"/browse/column/{fqns[1]}.user_id"
    raw = get(site, f"/browse/column/{fqns[0]}.user_id")
    assert [name for level, name in raw.headings if level == 3] == ["1 step down", "2 steps down"]
    amount = get(site, f"/browse/column/{fqns[2]}.amount")
    assert [name for level, name in amount.headings if level == 3] == []


def test_lineage_of_a_table_is_walked_through_circles(
    api: Api, site: str, chain: list[Json]
) -> None:
    put_edge(api, chain[2], chain[0])
    page = get(site, f"/browse/lineage/table/{chain[0]['fullyQualifiedName']}")
    steps = [name for level, name in page.headings if level == 3]
    assert steps == ["1 step up", "2 steps up", "1 step down", "2 steps down"]
    table = get(site, f"/browse/table/{chain[0]['fullyQualifiedName']}")
    assert page.url.endswith(table.link("All the way up and down, step by step"))


def test_a_walk_stops_at_as_many_nodes_as_a_page_shows() -> None:
    def next_to(one: int) -> list[int]:
        return [2 * one, 2 * one + 1, one]

    assert levels(1, next_to, depth=2) == ([[2, 3], [4, 5, 6, 7]], False)
    assert levels(1, next_to, most=6) == ([[2, 3], [4, 5, 6, 7]], True)
    assert levels(1, next_to, most=4) == ([[2, 3], [4, 5]], True)
    assert levels(1, lambda one: [one % 3 + 1], most=4) == ([[2], [3]], False)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_shown_and_linked(api: Api, site: str, schema: str, name: str) -> None:
    api.put_table(schema, name, columns=[text(name)])
    shown = " ".join(name.split())
    table = get(site, get(site, f"/browse/databaseSchema/{schema}").link(shown))
    assert table.headings[0] == (1, shown)
    column = get(site, table.link(shown))
    assert (column.status, column.headings[0]) == (200, (1, shown))
    words = f"/browse/search?q={quote(name, safe='')}"
    assert any(one.startswith("/browse/column/") for _, one in get(site, words).links)


def test_what_the_client_replaced_in_a_name_is_shown_as_it_was(
    api: Api, site: str, schema: str
) -> None:
    name = "a__reserved__quote__b__reserved__colon__c"
    api.put_table(schema, name)
    assert get(site, f"/browse/table/{schema}.{name}").headings[0] == (1, 'a"b::c')
    assert 'a"b::c' in get(site, "/browse/search?q=a%22b").text


def test_texts_are_escaped_and_markdown_is_rendered(api: Api, site: str, schema: str) -> None:
    bad = "<script>alert(1)</script> [x](javascript:alert(1)) **A & B**"
    columns = [text("<b>", bad, displayName=bad)]
    sql = "select '</code><script>alert(1)</script>'"
    table = put_model(api, schema, "mart", "m/a.sql", description=bad, columns=columns, sql=sql)
    put_test(api, table["fullyQualifiedName"], "fails", ran(1, "Failed", bad))
    fqn = f"{schema}.mart"
    for path in (f"table/{fqn}", f"column/{fqn}.%3Cb%3E", f"testCase/{fqn}.fails", "testCase"):
        page = get(site, f"/browse/{path}")
        assert page.status == 200
        assert "&lt;script&gt;" in page.html
        assert "script" not in page.tags
        assert not any("javascript:" in address for _, address in page.links)
    assert "<strong>A &amp; B</strong>" in get(site, f"/browse/table/{fqn}").html


def test_tests_that_did_not_pass_come_first(api: Api, site: str, schema: str) -> None:
    api.put_table(schema, "mart", columns=[text("id")])
    fqn = f"{schema}.mart"
    put_test(api, fqn, "a_passes", ran(1, "Failed"), ran(2, "Success", "pass"))
    put_test(api, fqn, "b_never_ran")
    put_test(api, fqn, "c_fails", ran(1, "Success"), ran(3, "Failed", "7 rows"), column="id")
    put_test(api, fqn, "d_aborted", ran(1, "Aborted"))
    table = get(site, f"/browse/table/{fqn}")
    rows = [cell for cell in table.cells if cell.startswith("row: ")]
    assert rows[1:] == ["row: c_fails", "row: d_aborted", "row: b_never_ran", "row: a_passes"]
    found = table.row("c_fails")
    assert found[:3] == ["failed 7 rows incident: New", "2026-01-03 00:00 UTC", "id"]
    assert found[-1] == "dbt"
    assert table.row("d_aborted")[0] == "aborted"
    assert "2 of 4 did not pass" in table.text
    everything = get(site, "/browse/testCase")
    assert f"/browse/testCase/{fqn}.id.c_fails" in [address for _, address in everything.links]
    case = get(site, f"/browse/testCase/{fqn}.id.c_fails")
    assert case.cells == [
        "row: 2026-01-03 00:00 UTC", "failed", "7 rows",
        "row: 2026-01-01 00:00 UTC", "passed", "–",
    ]  # fmt: skip
    assert case.link(f"{fqn}.id") == f"/browse/column/{fqn}.id"
    assert "row: c_fails" in get(site, f"/browse/column/{fqn}.id").cells
    assert "row: a_passes" not in get(site, f"/browse/column/{fqn}.id").cells


def test_owners_and_tags_lead_to_all_they_stand_on(api: Api, site: str, schema: str) -> None:
    name = f"team {uuid.uuid4().hex[:8]}"
    team = api.ok("PUT", "teams", {"name": name, "teamType": "Group"})
    owners = [{"id": team["id"], "type": "team"}]
    named = api.ok("GET", f"databaseSchemas/name/{schema}")
    added = [{"op": "add", "path": "/owners", "value": owners}]
    api.ok("PATCH", f"databaseSchemas/{named['id']}", added)
    columns = [text("phone", tags=[label("PII.Sensitive")]), text("day", tags=[label("PII.None")])]
    api.put_table(schema, "people", columns=columns, tags=[label("Tier.Tier1")])
    table = get(site, f"/browse/table/{schema}.people")
    assert table.row("phone")[3:] == ["PII.Sensitive"]
    assert table.html.count('class="tag sensitive"') == 2
    owner = get(site, table.link(name))
    assert owner.link("people") == f"/browse/table/{schema}.people"
    tier = get(site, table.link("Tier.Tier1"))
    assert f"/browse/table/{schema}.people" in [address for _, address in tier.links]
    sensitive = get(site, "/browse/tag/PII.Sensitive")
    assert f"/browse/column/{schema}.people.phone" in [address for _, address in sensitive.links]


def test_a_deleted_table_is_told_as_such_and_listed_nowhere(
    api: Api, site: str, schema: str, chain: list[Json]
) -> None:
    fqn = chain[1]["fullyQualifiedName"]
    api.ok("DELETE", f"tables/{chain[1]['id']}")
    assert "Deleted" in get(site, f"/browse/table/{fqn}").text
    assert (
        "int_orders (deleted)" in get(site, f"/browse/table/{chain[2]['fullyQualifiedName']}").text
    )
    for path in ("/", "/browse/search?q=int_orders", f"/browse/databaseSchema/{schema}"):
        assert f"/browse/table/{fqn}" not in [address for _, address in get(site, path).links]


@pytest.mark.parametrize(
    "path",
    [
        "/browse/table/none",
        "/browse/nothing/none",
        "/browse/column/none",
        "/browse/column/a.b.c.d.e",
        "/browse/lineage/table/none",
        "/browse/lineage/nothing/none",
        "/browse/pipeline",
        "/browse/type/table",
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(site: str, path: str) -> None:
    page = get(site, path)
    assert (page.status, page.headings) == (404, [(1, "Not found")])
    assert page.link("all tables") == "/"


def test_a_page_loads_its_own_style_alone(site: str) -> None:
    answer = requests.get(site, timeout=60)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self'")
    assert "Access-Control-Allow-Origin" not in answer.headers
    style = requests.get(f"{site}/browse/style.css", timeout=60)
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"


def test_an_empty_catalog_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.sqlite")
    answer = StandIn(store, None, server_version(DEFAULT))(Request("GET", "/", {}, {}, b""))
    store.close()
    assert "Nothing is published yet." in answer.body.decode()
