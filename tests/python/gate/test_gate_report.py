from __future__ import annotations

import json
from dataclasses import replace

from logmart.findings import Finding, Reach, Severity
from logmart.gate.overview import checklist, sentence, table
from logmart.gate.report import Report, folded, ordered
from logmart.gate.report_document import document
from logmart.gate.report_markdown import markdown
from logmart.gate.report_text import terminal
from logmart.gate.section import Section

HOSTILE = (
    "@everyone </details><script>x</script> ![a](http://b) | `` ``` \n# head\n"
    "<!-- logmart-pr-report --> \x1b[31mred \u202e"
)


def report(findings: list[Finding], *sections: Section) -> Report:
    return Report("Built.", (), ordered(findings), sections, Severity.ERROR)


def test_nothing_is_said_of_nothing() -> None:
    text = markdown(report([]), 1000)
    assert text.startswith("## Pull request: nothing to say\n")
    assert not report([]).fails


def test_the_worst_comes_first_and_fails() -> None:
    found = [
        Finding("sql_changed", "m", "a"),
        Finding("column_removed", "m", "a", "b", severity=Severity.ERROR),
        Finding("rows_added", "m", "a", severity=Severity.WARNING),
    ]
    made = report(found)
    assert [one.kind for one in made.findings] == ["column_removed", "rows_added", "sql_changed"]
    assert made.fails
    assert "1 error, 1 warning, 1 note" in markdown(made, 10_000)
    assert json.loads(document(made))["counts"] == {"note": 1, "warning": 1, "error": 1}


def test_it_opens_with_a_sentence_and_a_row_for_each_node_the_worst_first() -> None:
    asked = Reach(metrics=("m",), exposures=("Board",), owners=("Ann <ann@example.com>",))
    made = report(
        [
            Finding("rows_added", "2 rows added", "a", severity=Severity.WARNING),
            Finding("values_changed", "1 row changed", "a", severity=Severity.WARNING),
            Finding("column_removed", "gone", "b", "c", severity=Severity.ERROR, reach=asked),
            Finding("sql_changed", "m", "d"),
        ]
    )
    assert sentence(made) == (
        "The gate fails: 2 things to look at; they reach 1 metric, 1 exposure and 1 owner."
    )
    assert [(row.what, row.change, row.reaches, row.ask) for row in table(made)] == [
        ("b", "c gone", "Board, m", "Ann"),
        ("a", "2 rows added; 1 row changed", "", ""),
    ]
    assert checklist(made) == [
        "mend the finding that fails, or leave it out in gate.yml with a reason",
        "ask Ann <ann@example.com> about b",
    ]
    lines = terminal(made).splitlines()
    assert [line.split()[0] for line in lines[4:6]] == ["error", "warning"]
    assert "| error | b | c gone | Board, m | Ann |" in markdown(made, 10_000)


def test_of_rows_that_are_as_bad_the_one_that_most_reads_comes_first() -> None:
    few, many = Reach(metrics=("m",)), Reach(metrics=("m", "n"), exposures=("Board",))
    found = [
        Finding("rows_added", "r", "a", severity=Severity.WARNING),
        Finding("rows_added", "r", "b", severity=Severity.WARNING, reach=few),
        Finding("rows_removed", "r", "c", severity=Severity.WARNING, reach=many),
        Finding("column_removed", "r", "d", "e", severity=Severity.ERROR),
    ]
    assert [row.what for row in table(report(found))] == ["d", "c", "b", "a"]


def test_the_first_finding_of_a_kind_has_its_action() -> None:
    found = [Finding("column_removed", "gone", node, "c", severity=Severity.ERROR) for node in "ab"]
    assert terminal(report(found)).count("do: Keep the column for a release") == 1


def test_a_file_and_line_are_linked_on_github() -> None:
    finding = Finding("rule", "m", "a", file="models/a b.yml", line=3, severity=Severity.ERROR)
    made = replace(report([finding]), source="https://github.com/o/r/blob/sha")
    assert "(https://github.com/o/r/blob/sha/models/a%20b.yml#L3)" in markdown(made, 10_000)
    assert "https://" not in markdown(report([finding]), 10_000)


def test_notes_of_one_cause_are_one_finding_with_a_count() -> None:
    changed = [Finding("sql_changed", "its SQL says something else, by m", node) for node in "ab"]
    own = [Finding("sql_changed", "its SQL says something else", node) for node in "cd"]
    removed = [Finding("column_removed", "gone", node, severity=Severity.ERROR) for node in "ef"]
    made = folded([*changed, *own, *removed])
    assert [(one.place, one.count, one.places) for one in made] == [
        ("a and 1 more", 2, ("a", "b")),
        *((node, 1, ()) for node in "cdef"),
    ]


def test_what_is_left_out_does_not_count() -> None:
    found = Finding("column_removed", "m", "a", severity=Severity.ERROR, left_out="A trial.")
    made = report([found])
    assert not made.fails
    assert "nothing to say" in markdown(made, 10_000)
    assert "A trial" in markdown(made, 10_000)
    assert "A trial." in terminal(made)


def test_hostile_text_is_shown_and_does_nothing() -> None:
    reached = Reach((HOSTILE,), (HOSTILE,), (HOSTILE,), (HOSTILE,), (HOSTILE,), (HOSTILE,))
    finding = Finding(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1, Severity.ERROR, reach=reached)
    section = Section(HOSTILE, HOSTILE, ((0, HOSTILE), (1, HOSTILE)))
    code = Section("Code", HOSTILE, ((0, HOSTILE),), language="diff")
    made = report([finding], section, code, Section(HOSTILE, missing=HOSTILE))
    text = markdown(made, 100_000)
    outside = _outside_code(text)
    assert "<!--" not in outside
    assert "<script" not in outside
    assert "@everyone" not in outside.replace("\\@", "").replace("&#64;", "")
    assert outside.count("<details>") == outside.count("</details>")
    assert "![a]" not in outside
    for unsafe in ("\x1b", "\u202e"):
        assert unsafe not in text + terminal(made)


def test_it_is_never_too_long() -> None:
    findings = [
        Finding("column_removed", "x" * 5000, f"model_{n}", severity=Severity.ERROR)
        for n in range(500)
    ]
    sections = [
        Section(f"S{n}", "s", ((0, "`" * 400),) * 500, language="diff" if n % 2 else "")
        for n in range(30)
    ]
    text = markdown(report(findings, *sections), 60_000)
    assert len(text) <= 60_000
    assert text.count("<details>") == text.count("</details>")
    assert "report.json" in text


def _parts(text: str) -> list[tuple[bool, str]]:
    """Return the lines with whether each is in a fence."""
    parts, fence = [], ""
    for line in text.splitlines():
        if fence:
            parts.append((True, line))
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence = line.removesuffix("diff")
            parts.append((True, line))
        else:
            parts.append((False, line))
    return parts


def _outside_code(text: str) -> str:
    lines = [line for inside, line in _parts(text) if not inside]
    return "\n".join("".join(line.split("````")[::2]) for line in lines)
