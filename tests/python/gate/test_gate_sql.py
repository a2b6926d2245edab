from __future__ import annotations

import pytest

from logmart.gate.column_diff import type_kind
from logmart.gate.sql import difference, normal_form, normal_macro


@pytest.mark.parametrize(
    "other",
    [
        "SELECT a, b FROM t LEFT OUTER JOIN u ON t.a = u.a -- why",
        "select\n    a,\n    b\nfrom t /* x */\nleft join u\n    on t.a = u.a",
    ],
)
def test_layout_and_optional_words_say_nothing(other: str) -> None:
    assert normal_form(other) == normal_form("select a, b from t left join u on t.a = u.a")


@pytest.mark.parametrize(
    "other",
    [
        "select b, a from t",
        "select a, b from t where a > 0",
        "select a, b from 't'",
        "select a, b from t limit 1",
        "select a, 'B' from t",
    ],
)
def test_what_means_something_else_differs(other: str) -> None:
    assert normal_form(other) != normal_form("select a, b from t")


def test_the_landing_zones_place_says_nothing() -> None:
    first, second = (f"select * from read_csv('{place}/app/*')" for place in ("/a", "b/c"))
    assert normal_form(first, "/a") == normal_form(second, "b/c")
    assert normal_form(first, "/x") != normal_form(second, "b/c")


def test_sql_that_cannot_be_read_is_compared_by_words() -> None:
    assert normal_form("select (((  from") == normal_form("select (((\nfrom")


def test_comments_of_a_macro_say_nothing() -> None:
    assert normal_macro("{# a\n b #}x\n  y") == normal_macro("x y")


def test_a_difference_is_cut() -> None:
    assert difference("a\nb\nc", "a\nx\nc", lines=2) == [" a", "-b", "... and 2 lines more"]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("INTEGER", "BIGINT", "type_widened"),
        ("BIGINT", "INTEGER", "type_narrowed"),
        ("DECIMAL(10,2)", "DECIMAL(12,2)", "type_widened"),
        ("DECIMAL(10,2)", "DECIMAL(10,4)", "type_changed"),
        ("DECIMAL(12,2)", "DECIMAL(10,2)", "type_narrowed"),
        ("DATE", "TIMESTAMP", "type_widened"),
        ("BIGINT", "DOUBLE", "type_changed"),
        ("VARCHAR", "BIGINT", "type_changed"),
    ],
)
def test_a_change_of_type_is_wider_narrower_or_neither(before: str, after: str, kind: str) -> None:
    assert type_kind(before, after) == kind
