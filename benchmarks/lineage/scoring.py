"""Defines the verdicts on an answer and how it gets one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from logmart_catalog.lineage.model import Kind
from tests.lineage.cases import Expected


@dataclass(frozen=True)
class Answer:
    """A tool's answer on a column: its parents as `table.column`, and whether the tool says that
    the list is complete.
    """

    parents: frozenset[str] = frozenset()
    is_traced: bool = True


class Verdict(StrEnum):
    """The verdict on an answer.

    For a column that can be traced: EXACT, all parents and no others; INCOMPLETE, only some of
    them; WRONG, at least one parent that is none; UNTRACED, the tool says so, or names no parent of
    a column that has some.

    For a column that cannot be traced (it reads a file, an unknown table, a variable): NAMED, the
    tool says so; SILENT, the tool does not say so and names only certain parents; GUESSED, it
    names other parents.
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
    """The verdict on one column of one construct. `lenient` is the verdict when keys of the query
    (columns that it filters, joins, groups or orders by) are accepted as parents.
    """

    theme: str
    construct: str
    column: str
    verdict: Verdict
    lenient: Verdict


def judge(expected: Expected, answer: Answer, allowed: frozenset[str] = frozenset()) -> Verdict:
    """Return the verdict on an answer. Parents within a nested column count as the column.

    In: `allowed`, columns that are accepted in the answer although they are no parents.
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
    """Return the number of columns with each verdict."""
    return Counter(entry.lenient if leniently else entry.verdict for entry in judged)
