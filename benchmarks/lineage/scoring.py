"""How an answer is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from logmart_catalog.lineage.model import Kind
from tests.lineage.cases import Expected


@dataclass(frozen=True)
class Answer:
    """What a tool says of a column: its parents as `table.column`, and whether it says that they
    are all.
    """

    parents: frozenset[str] = frozenset()
    is_traced: bool = True


class Verdict(StrEnum):
    """What an answer is worth.

    Of a column that can be traced: EXACT, its parents and no others; INCOMPLETE, some of them;
    WRONG, a parent that is none, whatever else; UNTRACED, no answer: the tool says so, or names no
    parent of a column that has some.

    Of one that cannot (it reads a file, a table nobody knows, a variable): NAMED, the tool says so;
    SILENT, it does not, and names no other parents than those that are certain; GUESSED, it names
    others.
    """

    EXACT = "exact"
    INCOMPLETE = "incomplete"
    WRONG = "wrong"
    UNTRACED = "untraced"
    NAMED = "named"
    SILENT = "silent"
    GUESSED = "guessed"


TRACEABLE = (Verdict.EXACT, Verdict.INCOMPLETE, Verdict.WRONG, Verdict.UNTRACED)
UNTRACEABLE = (Verdict.NAMED, Verdict.SILENT, Verdict.GUESSED)


@dataclass(frozen=True)
class Judged:
    """The verdict on one column of one construct; `lenient` is that of a judge who lets pass a
    parent that is a key of the query: a column it filters, joins, groups or orders by.
    """

    theme: str
    construct: str
    column: str
    verdict: Verdict
    lenient: Verdict


def judge(expected: Expected, answer: Answer, allowed: frozenset[str] = frozenset()) -> Verdict:
    """Return what an answer is worth. Parents within a nested column count as the column.

    In: `allowed`, columns that do not count where they are answered and are no parents.
    """
    truth = {".".join(parent.split(".")[:2]) for parent in expected.parents}
    answer = replace(answer, parents=answer.parents - (allowed - truth))
    has_other = not answer.parents <= truth
    if expected.kind is Kind.UNTRACED:
        if has_other:
            return Verdict.GUESSED
        return Verdict.SILENT if answer.is_traced else Verdict.NAMED
    if has_other:
        return Verdict.WRONG
    if not answer.is_traced or (truth and not answer.parents):
        return Verdict.UNTRACED
    return Verdict.EXACT if answer.parents == truth else Verdict.INCOMPLETE


def counted(judged: Iterable[Judged], *, leniently: bool = False) -> Counter[Verdict]:
    """Return how many columns have each verdict."""
    return Counter(one.lenient if leniently else one.verdict for one in judged)
