"""Replaces the part of a SQL text that cannot be parsed by a mark.

The SQL is assumed to be correct, since a warehouse has run it: brackets match, and commas separate
the items of a SELECT list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import Parser, Token, TokenType

# The functions that replace a value, or several columns, that cannot be parsed.
MARK = "logmart_not_understood"
STAR_MARK = "logmart_not_understood_columns"

OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
SETS = frozenset({TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT})
_CONDITIONS = frozenset({TokenType.WHERE, TokenType.HAVING, TokenType.QUALIFY, TokenType.ON})
_TABLES = frozenset({TokenType.FROM, TokenType.JOIN})
_CLAUSES = (
    _CONDITIONS
    | _TABLES
    | {TokenType.SELECT, TokenType.GROUP_BY, TokenType.ORDER_BY, TokenType.LIMIT, TokenType.USING}
    | {TokenType.WINDOW, TokenType.OFFSET, TokenType.FETCH}
)
# The words before JOIN, which are no part of the table before them.
_KINDS_OF_JOIN = frozenset(
    {TokenType.LEFT, TokenType.RIGHT, TokenType.FULL, TokenType.INNER, TokenType.OUTER}
    | {TokenType.CROSS, TokenType.NATURAL, TokenType.ASOF, TokenType.SEMI, TokenType.ANTI}
)
_NAMES = frozenset({TokenType.VAR, TokenType.IDENTIFIER})
_QUERIES = frozenset({TokenType.SELECT, TokenType.WITH})


@dataclass(frozen=True)
class Cut:
    """A range of tokens, end excluded, and the tokens that replace it."""

    start: int
    end: int
    tokens: tuple[Token, ...]

    def applied(self, tokens: Sequence[Token]) -> list[Token]:
        """Return the tokens after the cut. If it removes a mark, that mark's reason is kept."""
        removed = tokens[self.start : self.end]
        kept = self.tokens
        for number, token in enumerate(removed):
            if token.text in (MARK, STAR_MARK):
                reason = removed[number + 2]
                kept = tuple(
                    reason
                    if token.token_type is TokenType.STRING and token.text != reason.text
                    else token
                    for token in kept
                )
                break
        return [*tokens[: self.start], *kept, *tokens[self.end :]]


def cuts(tokens: Sequence[Token], place: int, reason: str) -> Iterator[Cut]:
    """Yield cuts that remove the part around the token at `place`, the smallest first.

    Yields nothing when brackets do not match.
    """
    spans = _spans(tokens, place)
    for start, end in spans or []:
        is_top = start < 0
        if is_top or tokens[start + 1].token_type in _QUERIES:
            yield from _of_query(tokens, (start + 1, end), place, reason)
            if not is_top:
                yield Cut(start + 1, end, _query(tokens[start], reason))
        else:
            mark = _mark(tokens[start], MARK, reason)
            if start > 0 and tokens[start - 1].token_type in Parser.FUNC_TOKENS:
                yield Cut(start - 1, end + 1, mark)
            yield Cut(start + 1, end, mark)


def _spans(tokens: Sequence[Token], place: int) -> list[tuple[int, int]] | None:
    """Return the ranges of the brackets around a token, innermost first, then the whole text; None
    when brackets do not match.
    """
    opened: list[int] = []
    found = []
    for number, token in enumerate(tokens):
        if token.token_type in OPENING:
            opened.append(number)
        elif token.token_type in CLOSING:
            if not opened:
                return None
            start = opened.pop()
            if start < place <= number:
                found.append((start, number))
    return None if opened else [*found, (-1, len(tokens))]


def _of_query(
    tokens: Sequence[Token], span: tuple[int, int], place: int, reason: str
) -> Iterator[Cut]:
    """Yield the cut of the part of a query, between two commas or keywords, that holds a token."""
    edges = [span[0] - 1, *_edges(tokens, *span), span[1]]
    start = max(edge for edge in edges if edge < place) if edges[0] < place else edges[0]
    end = min(edge for edge in edges if edge > start)
    led = next(
        (
            tokens[edge]
            for edge in reversed(edges)
            if span[0] <= edge <= start and tokens[edge].token_type is not TokenType.COMMA
        ),
        None,
    )
    if led is None or end - start <= 1:
        return
    part = tokens[start + 1 : end]
    if led.token_type is TokenType.SELECT or led.token_type in _TABLES:
        is_first = tokens[start].token_type is TokenType.SELECT
        skipped = int(is_first and part[0].token_type in (TokenType.DISTINCT, TokenType.ALL))
        has_star = led.token_type is TokenType.SELECT and _is_star(part)
        mark = _mark(part[0], STAR_MARK if has_star else MARK, reason)
        yield Cut(start + 1 + skipped, end, (*mark, *_alias(part)))
    elif led.token_type in _CONDITIONS or led.token_type in (
        TokenType.GROUP_BY,
        TokenType.ORDER_BY,
    ):
        yield Cut(start + 1, end, _mark(part[0], MARK, reason))


def _edges(tokens: Sequence[Token], start: int, end: int) -> Iterator[int]:
    """Yield the tokens between the parts of a query: its commas, keywords and set operations."""
    depth = 0
    for number in range(start, end):
        kind = tokens[number].token_type
        depth -= kind in CLOSING
        is_compared = kind is TokenType.FROM and tokens[number - 1].token_type is TokenType.DISTINCT
        if depth == 0 and not is_compared:
            is_of_join = kind in _KINDS_OF_JOIN and _leads_to_join(tokens, number)
            if kind is TokenType.COMMA or kind in _CLAUSES or kind in SETS or is_of_join:
                yield number
        depth += kind in OPENING


def _leads_to_join(tokens: Sequence[Token], number: int) -> bool:
    while number < len(tokens) and tokens[number].token_type in _KINDS_OF_JOIN:
        number += 1
    return number < len(tokens) and tokens[number].token_type is TokenType.JOIN


def _is_star(part: Sequence[Token]) -> bool:
    """Whether a part of a SELECT list may stand for more than one column."""
    texts = [token.text.lower() for token in part]
    starts_with_star = any(
        token.token_type is TokenType.STAR
        and (number == 0 or part[number - 1].token_type is TokenType.DOT)
        for number, token in enumerate(part)
    )
    return starts_with_star or "columns" in texts or "unnest" in texts


def _alias(part: Sequence[Token]) -> tuple[Token, ...]:
    """Return the tokens of the alias at the end of a part, empty when it has none."""
    if len(part) > 1 and part[-2].token_type is TokenType.ALIAS:
        return tuple(part[-2:])
    if len(part) > 1 and part[-1].token_type in _NAMES:
        before = part[-2].token_type
        if before in CLOSING or before in _NAMES or before in (TokenType.STRING, TokenType.END):
            return (part[-1],)
    return ()


def _mark(at: Token, name: str, reason: str) -> tuple[Token, ...]:
    kinds = (
        (TokenType.VAR, name),
        (TokenType.L_PAREN, "("),
        (TokenType.STRING, reason),
        (TokenType.R_PAREN, ")"),
    )
    return tuple(Token(kind, text, at.line, at.col) for kind, text in kinds)


def _query(at: Token, reason: str) -> tuple[Token, ...]:
    """Return the tokens of a query that selects from the mark."""
    kinds = ((TokenType.SELECT, "select"), (TokenType.STAR, "*"), (TokenType.FROM, "from"))
    begun = tuple(Token(kind, text, at.line, at.col) for kind, text in kinds)
    return (*begun, *_mark(at, MARK, reason))
