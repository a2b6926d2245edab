"""Parses SQL into a syntax tree, with marks in place of the parts that cannot be parsed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError

from logmart_catalog.lineage.repair import CLOSING, OPENING, SETS, cuts

_SET_MODIFIERS = frozenset({"ALL", "DISTINCT", "BY", "NAME"})
_AFTER_SELECT = frozenset(
    {TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.QUALIFY, TokenType.WINDOW}
    | {TokenType.ORDER_BY, TokenType.LIMIT, TokenType.OFFSET, TokenType.FETCH, TokenType.USING}
)
# The number of times that a text is parsed again to find a part that cannot be parsed.
_MAX_ATTEMPTS = 60
# sqlglot's own errors, and the others that it raises on text that is no SQL.
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
    """SQL that cannot be parsed; the message says why."""


def line_prefix(line: int) -> str:
    """Return the prefix of a message about a line, counted from 1; 0 is the whole text."""
    return f"line {line}: " if line else ""


def parse(sql: str, dialect: str, where: Callable[[int], str] = line_prefix) -> exp.Expression:
    """Return the syntax tree of the only statement in a text. A part that cannot be parsed is
    replaced by a call of `repair.MARK` with the reason.

    In: `where`, the prefix of a message about a line. Raises NotParsedError when the text cannot be
    parsed, or holds no statement or more than one.
    """
    try:
        language = Dialect.get_or_raise(dialect)
        language.INDEX_OFFSET = 0  # sqlglot must not change subscripts.
        tokens = language.tokenize(sql)
        if dialect == "duckdb":
            tokens = select_first(tokens)
        try:
            found = language.parser().parse(tokens, sql)
        except ParseError as error:
            found = _mended(_Text(sql, language, where), tokens, error)
    except RecursionError as error:
        raise NotParsedError(f"{where(0)}the SQL is nested too deeply") from error
    except _PARSER_ERRORS as error:
        raise NotParsedError(f"{where(0)}{_error_text(error)}") from error
    statements = [
        statement
        for statement in found
        if statement is not None and not isinstance(statement, exp.Semicolon)
    ]
    if len(statements) != 1:
        raise NotParsedError(f"{len(statements) or 'no'} statements where one is expected")
    return statements[0]


@dataclass(frozen=True)
class _Text:
    """A text, its dialect, and the prefix of messages about its lines."""

    sql: str
    language: Dialect
    where: Callable[[int], str]

    def parsed(self, tokens: Sequence[Token]) -> list[exp.Expression | None] | ParseError:
        """Return the statements of tokens, or the error that is furthest into them. The error's
        line is the number of its token.

        sqlglot reports the error of its last attempt. An earlier attempt may have come further, to
        the token that really cannot be parsed.
        """
        numbered = [
            Token(token.token_type, token.text, number, 0, token.start, token.end, token.comments)
            for number, token in enumerate(tokens)
        ]
        parser = self.language.parser()
        errors_met: list[ParseError] = []
        parser.raise_error = _recording(parser.raise_error, errors_met)
        parser.validate_expression = _recording(parser.validate_expression, errors_met)
        try:
            found: list[exp.Expression | None] = parser.parse(numbered, self.sql)
        except ParseError as error:
            return max([error, *errors_met], key=_place)
        return found


def _mended(text: _Text, tokens: list[Token], first: ParseError) -> list[exp.Expression | None]:
    """Return the statements of a text after the parts that cannot be parsed were cut out.

    Raises NotParsedError when no cut helps.
    """
    error = text.parsed(tokens)
    assert isinstance(error, ParseError)
    found = _without_unparsed(text, tokens, error, count())
    if found is None:
        line = first.errors[0]["line"] if first.errors else 0
        raise NotParsedError(f"{text.where(line)}{_error_text(first)}") from first
    return found


def _without_unparsed(
    text: _Text, tokens: list[Token], error: ParseError, attempts: Iterator[int]
) -> list[exp.Expression | None] | None:
    """Return the statements of tokens after cutting out the parts at an error and at later ones;
    None when no cut helps.
    """
    place = _place(error)
    reason = f"parse: {text.where(tokens[place].line)}{_error_text(error)}"
    for cut in cuts(tokens, place, reason):
        if next(attempts) >= _MAX_ATTEMPTS:
            return None
        changed = cut.applied(tokens)
        again = text.parsed(changed)
        if not isinstance(again, ParseError):
            return again
        if len(changed) - _place(again) < len(tokens) - place:
            found = _without_unparsed(text, changed, again, attempts)
            if found is not None:
                return found
    return None


def _recording(method: Callable[..., Any], errors_met: list[ParseError]) -> Callable[..., Any]:
    """Return a parser's method that also appends each error it raises to `errors_met`."""

    def noted(*words: object) -> Any:
        try:
            return method(*words)
        except ParseError as error:
            errors_met.append(error)
            raise

    return noted


def _place(error: ParseError) -> int:
    return int(error.errors[0]["line"]) if error.errors else 0


def _error_text(error: Exception) -> str:
    described = " ".join(str(error).split())[:160]
    if isinstance(error, ParseError) and error.errors:
        described = str(error.errors[0]["description"])
    return f"the SQL is not understood: {described}"


@dataclass
class _OpenQuery:
    """The tokens read so far of a query or another bracket."""

    first: TokenType | None = None
    is_selected: bool = False
    is_after_set: bool = False

    def read(self, token: Token) -> None:
        """Read the next token."""
        if token.token_type in SETS:
            self.first, self.is_selected, self.is_after_set = None, False, True
        elif not self.is_after_set or token.text.upper() not in _SET_MODIFIERS:
            self.first = self.first or token.token_type
            self.is_selected |= token.token_type is TokenType.SELECT
            self.is_after_set = False

    def is_led_by(self, token: Token) -> bool:
        """Whether a token is a FROM that begins its query, before SELECT or without one."""
        leads = self.first is None or (self.first is TokenType.WITH and not self.is_selected)
        return token.token_type is TokenType.FROM and leads


def select_first(tokens: list[Token]) -> list[Token]:
    """Return the tokens with each FROM-first query reordered to begin with SELECT.

    sqlglot parses such queries in some places only, and loses the FROM of some before a UNION.
    """
    found, parts = list(tokens), [_OpenQuery()]
    for place in range(2 * len(tokens)):
        if place >= len(found):
            break
        if parts[-1].is_led_by(found[place]):
            end = _end(found, place)
            found[place:end] = _reordered(found[place:end])
        token = found[place]
        if token.token_type in OPENING:
            parts[-1].read(token)
            parts.append(_OpenQuery())
        elif token.token_type in CLOSING and len(parts) > 1:
            parts.pop()
        elif token.token_type is TokenType.SEMICOLON:
            parts[-1] = _OpenQuery()
        else:
            parts[-1].read(token)
    return found


def _reordered(query: list[Token]) -> list[Token]:
    """Reorder `from t select x where y` to `select x from t where y`; `from t` selects `*`."""
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
    """Return the index after the query that begins at `start`."""
    for place, depth in enumerate(_depths(tokens[start:]), start):
        kind = tokens[place].token_type
        if depth < 0 or (depth == 0 and (kind in SETS or kind is TokenType.SEMICOLON)):
            return place
    return len(tokens)


def _depths(tokens: list[Token]) -> list[int]:
    """Return the bracket depth of each token; a bracket has the depth of the tokens outside it."""
    depths, depth = [], 0
    for token in tokens:
        depth -= token.token_type in CLOSING
        depths.append(depth)
        depth += token.token_type in OPENING
    return depths
