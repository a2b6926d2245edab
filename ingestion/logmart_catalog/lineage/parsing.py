"""From SQL text to a syntax tree."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError

_SETS = frozenset({TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT})
_HOW_SETS = frozenset({"ALL", "DISTINCT", "BY", "NAME"})
_AFTER_SELECT = frozenset(
    {TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.QUALIFY, TokenType.WINDOW}
    | {TokenType.ORDER_BY, TokenType.LIMIT, TokenType.OFFSET, TokenType.FETCH, TokenType.USING}
)
_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
# The parser's own errors, and those it stumbles into on text that is no SQL.
_PARSER_ERRORS = (
    SqlglotError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class NotParsedError(Exception):
    """SQL that is not understood; the message says why."""


def parse(sql: str, dialect: str) -> exp.Expression:
    """Return the syntax tree of the one statement in a text.

    Raises NotParsedError when the text is not understood, or holds more statements or none.
    """
    try:
        language = Dialect.get_or_raise(dialect)
        tokens = language.tokenize(sql)
        if dialect == "duckdb":
            tokens = select_first(tokens)
        found = language.parser().parse(tokens, sql)
    except RecursionError as error:
        raise NotParsedError("the SQL is nested too deeply") from error
    except _PARSER_ERRORS as error:
        raise NotParsedError(f"the SQL is not understood: {_told(error)}") from error
    statements = [one for one in found if one is not None and not isinstance(one, exp.Semicolon)]
    if len(statements) != 1:
        raise NotParsedError(f"{len(statements) or 'no'} statements where one is expected")
    return statements[0]


def _told(error: Exception) -> str:
    if isinstance(error, ParseError) and error.errors:
        return f"{error.errors[0]['description']} Line {error.errors[0]['line']}."
    return " ".join(str(error).split())[:160]


@dataclass
class _Part:
    """A query, or what else is in brackets, as far as it is read."""

    first: TokenType | None = None
    is_selected: bool = False
    is_after_set: bool = False

    def read(self, token: Token) -> None:
        """Note one more token of it."""
        if token.token_type in _SETS:
            self.first, self.is_selected, self.is_after_set = None, False, True
        elif not self.is_after_set or token.text.upper() not in _HOW_SETS:
            self.first = self.first or token.token_type
            self.is_selected |= token.token_type is TokenType.SELECT
            self.is_after_set = False

    def is_led_by(self, token: Token) -> bool:
        """Whether this FROM comes before the SELECT of its query, or stands for it."""
        leads = self.first is None or (self.first is TokenType.WITH and not self.is_selected)
        return token.token_type is TokenType.FROM and leads


def select_first(tokens: list[Token]) -> list[Token]:
    """Return the tokens of a text with each FROM-first query turned to begin with SELECT.

    The parser takes such queries in some places only, and loses the FROM of some before a UNION.
    """
    found, parts = list(tokens), [_Part()]
    for place in range(2 * len(tokens)):
        if place >= len(found):
            break
        if parts[-1].is_led_by(found[place]):
            end = _end(found, place)
            found[place:end] = _turned(found[place:end])
        token = found[place]
        if token.token_type in _OPENING:
            parts[-1].read(token)
            parts.append(_Part())
        elif token.token_type in _CLOSING and len(parts) > 1:
            parts.pop()
        elif token.token_type is TokenType.SEMICOLON:
            parts[-1] = _Part()
        else:
            parts[-1].read(token)
    return found


def _turned(query: list[Token]) -> list[Token]:
    """Return `from t select x where y` as `select x from t where y`, `from t` with a star."""
    depths = _depths(query)
    outer = [place for place, depth in enumerate(depths) if depth == 0]
    selects = [place for place in outer if query[place].token_type is TokenType.SELECT]
    if not selects:
        return [Token(TokenType.SELECT, "select"), Token(TokenType.STAR, "*"), *query]
    start = selects[0]
    after = (place for place in outer if place > start and query[place].token_type in _AFTER_SELECT)
    end = next(after, len(query))
    return [*query[start:end], *query[:start], *query[end:]]


def _end(tokens: list[Token], start: int) -> int:
    """Return where the query that begins at `start` ends."""
    for place, depth in enumerate(_depths(tokens[start:]), start):
        kind = tokens[place].token_type
        if depth < 0 or (depth == 0 and (kind in _SETS or kind is TokenType.SEMICOLON)):
            return place
    return len(tokens)


def _depths(tokens: list[Token]) -> list[int]:
    """Return how deep in brackets each token is; brackets themselves are as deep as without."""
    depths, depth = [], 0
    for token in tokens:
        depth -= token.token_type in _CLOSING
        depths.append(depth)
        depth += token.token_type in _OPENING
    return depths
