"""The scoring of the column lineage benchmark."""

from __future__ import annotations

import pytest

from benchmarks.lineage.scoring import Answer, Verdict, judge
from logmart_catalog.lineage.model import Kind
from tests.lineage.cases import Expected

TWO = Expected(Kind.TRANSFORMED, ("t.a", "t.b.c"))
NONE = Expected(Kind.CONSTANT, ())
UNKNOWN = Expected(Kind.UNTRACED, ("t.a",), "things")


def answer(*parents: str, is_traced: bool = True) -> Answer:
    return Answer(frozenset(parents), is_traced)


@pytest.mark.parametrize(
    ("expected", "given", "verdict"),
    [
        (TWO, answer("t.a", "t.b"), Verdict.EXACT),
        (TWO, answer("t.a"), Verdict.INCOMPLETE),
        (TWO, answer("t.a", "t.b", "t.d"), Verdict.WRONG),
        (TWO, answer("t.d"), Verdict.WRONG),
        (TWO, answer(), Verdict.UNTRACED),
        (TWO, answer("t.a", "t.b", is_traced=False), Verdict.UNTRACED),
        (NONE, answer(), Verdict.EXACT),
        (NONE, answer(is_traced=False), Verdict.UNTRACED),
        (NONE, answer("t.a"), Verdict.WRONG),
        (UNKNOWN, answer("t.a", is_traced=False), Verdict.NAMED),
        (UNKNOWN, answer(), Verdict.SILENT),
        (UNKNOWN, answer("t.b", is_traced=False), Verdict.GUESSED),
    ],
)
def test_an_answer_is_judged(expected: Expected, given: Answer, verdict: Verdict) -> None:
    assert judge(expected, given) is verdict


def test_a_key_that_is_let_pass_does_not_count_and_a_parent_still_does() -> None:
    keys = frozenset({"t.d", "t.a"})
    assert judge(TWO, answer("t.a", "t.b", "t.d"), keys) is Verdict.EXACT
    assert judge(TWO, answer("t.b", "t.d"), keys) is Verdict.INCOMPLETE
