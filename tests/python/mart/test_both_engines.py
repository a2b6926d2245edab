"""What differs between engines stands in one folder, and every macro there has a form for each.

Run without a Trino server; `logmart trino test` builds on one.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from logmart.dbt.run import invoke_dbt
from mart_runs import PROJECT

ENGINE = PROJECT / "macros" / "engine"
# Forms that only one of the two engines reads, and what stands for them.
ONE_ENGINE_ALONE = {
    r"::[a-z]": "cast(... as ...)",
    r"\bqualify\b": "a numbered CTE and a where",
    r"\bexclude\s*\(": "the names of the columns",
    r"\bunion all by name\b": "the names of the columns",
    r"\binterval\s+[0-9{]": "a quoted number: interval '1' day",
    r"\bis (not )?true\b": "coalesce(..., false)",
    r"\bignore nulls\b": "first_present() or last_present()",
    r"\b(string_split|list_\w+|regexp_(matches|full_match)|strftime|try_strptime)\(": (
        "a macro of macros/engine/"
    ),
    r"\bwith recursive\b": "windows",
    r"target\.(type|name)": "a macro of macros/engine/",
}

STATEMENTS = PROJECT / "tests" / "singular" / "engine_macros_give_what_they_state.sql"
# Queries and configuration, which models are built of on either engine: `logmart trino test`
# compares their rows.
NO_EXPRESSIONS = {
    "choose_new_files",
    "create_scratch_table",
    "empty_expired",
    "erased_ids",
    "forget_new_lines",
    "has_landed",
    "landing_file_facts",
    "landing_of",
    "last_landed_at",
    "list_landing_files",
    "materialized",
    "new_landing_lines",
    "partitioned_by",
    "repeated_copies",
    "restated_rows_sql",
    "scratch_table",
    "stop_query",
    "with_identifier_hashes",
}


def found_in_engine(pattern: str) -> set[str]:
    """Return what the group of a pattern matches in the files of macros/engine/."""
    text = "".join(path.read_text(encoding="utf-8") for path in ENGINE.rglob("*.sql"))
    return set(re.findall(pattern, text))


def dispatched() -> set[str]:
    """Return the names of the macros that adapter.dispatch() finds the form of."""
    return found_in_engine(r"adapter\.dispatch\('(\w+)', 'logmart'\)")


def forms(prefix: str) -> set[str]:
    """Return the names of the macros that have a form for an engine, or a `default` form."""
    return found_in_engine(rf"macro {prefix}__(\w+)\(")


@pytest.mark.parametrize("engine", ["duckdb", "trino"])
def test_every_macro_of_the_engine_has_a_form_for_it(engine: str) -> None:
    assert dispatched() - forms(engine) - forms("default") == set()


def test_every_default_form_is_the_form_of_an_engine() -> None:
    assert forms("default") & forms("duckdb") & forms("trino") == set()


def test_no_other_folder_has_forms_of_engines() -> None:
    elsewhere = set((PROJECT / "macros").rglob("*.sql")) - set(ENGINE.rglob("*.sql"))
    assert not [
        path for path in elsewhere if re.search(r"macro (duckdb|trino)__", path.read_text("utf-8"))
    ]


def test_every_expression_of_the_engine_has_a_statement_that_both_must_meet() -> None:
    stated = set(re.findall(r"^    '(\w+)': \[", STATEMENTS.read_text("utf-8"), re.MULTILINE))
    expressions = dispatched() - NO_EXPRESSIONS
    # Macros of dbt, of which Trino has a form of our own, and macros that only put others together.
    assert stated == expressions | {"dateadd", "datediff", "moment", "text_in"}


def _without_calls_of_lists(jinja: re.Match[str]) -> str:
    """Return Jinja without the names of macros that DuckDB has functions of."""
    return re.sub(r"\blist_\w+\(", "(", jinja.group())


@pytest.mark.parametrize(
    "folder",
    [
        "models",
        "snapshots",
        "analyses",
        "tests/generic",
        "tests/singular",
        *(
            f"macros/{path.name}"
            for path in sorted((PROJECT / "macros").iterdir())
            if path.is_dir()
        ),
    ],
)
def test_sql_is_what_both_engines_read(folder: str) -> None:
    found = []
    # The statements call macros, all of them by name.
    paths = set((PROJECT / folder).rglob("*.sql")) - {STATEMENTS, *ENGINE.rglob("*.sql")}
    for path in sorted(paths):
        sql = re.sub(r"\{#.*?#\}|--[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        sql = re.sub(r"\{[{%].*?[%}]\}", _without_calls_of_lists, sql, flags=re.DOTALL)
        found += [
            f"{path.relative_to(PROJECT)}: {match.group()!r}, write {remedy}"
            for form, remedy in ONE_ENGINE_ALONE.items()
            for match in re.finditer(form, sql)
        ]
    assert not found, "\n".join(found)


def test_dbt_parses_the_project_for_trino(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    parsed = invoke_dbt(
        "parsed",
        ["parse", "--target", "trino", "--profiles-dir", str(PROJECT / "profiles")]
        + ["--target-path", str(tmp_path), "--log-path", str(tmp_path)],
    )
    assert parsed.success, parsed.exception


def test_elapsed_time_is_not_counted_in_boundaries() -> None:
    """datediff() of a unit of the clock counts the boundaries between: elapsed() is for that."""
    units = r"datediff\(([^{}]*?)'(hour|minute|second|millisecond)'"
    folders = ("models", "macros", "analyses", "snapshots")
    paths = {path for folder in folders for path in (PROJECT / folder).rglob("*.sql")}
    found = [path for path in paths if re.search(units, path.read_text("utf-8"), re.DOTALL)]
    assert [str(path.relative_to(PROJECT)) for path in sorted(found)] == []
