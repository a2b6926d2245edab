from __future__ import annotations

from pathlib import Path

import pytest

from logmart.errors import CommandError
from logmart.findings import Finding, Severity
from logmart.gate.config import Config, read_config
from logmart.gate.finding_kinds import KINDS
from logmart.gate.tools import parse_findings

PROJECT = Path(__file__).resolve().parents[3]


def written(folder: Path, text: str) -> Path:
    path = folder / "gate.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_projects_own_file_is_sound() -> None:
    assert read_config(PROJECT / "gate.yml").fail_on is Severity.ERROR


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_config(tmp_path / "gate.yml") == Config()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("severities: {}", "unknown key severities; did you mean severity?"),
        (
            "severity: {column_removd: note}",
            "unknown kind column_removd; did you mean column_removed?",
        ),
        (
            "severity: {column_removed: fatal}",
            "severity.column_removed: 'fatal' is no severity",
        ),
        ("fail_on: never", "fail_on: 'never' is no severity: write one of"),
        ("limits: {data_shar: 1}", "unknown key limits.data_shar; did you mean data_share?"),
        ("limits: {samples: -1}", "limits.samples is -1: it should be greater than or equal to 0"),
        ("limits: {samples: true}", "limits.samples is True: it should be a valid integer"),
        ("leave_out: [{node: a}]", "leave_out[1]: it has no reason"),
        ("leave_out: [{reason: because}]", "leave_out[1]: it leaves everything out"),
        ("leave_out: [{kind: colum_added, reason: r}]", "did you mean column_added?"),
        ("leave_out: {node: a}", "leave_out is no list"),
        ("- a", "the file is no mapping"),
        ("a: [", "cannot be read"),
    ],
)
def test_what_it_cannot_mean_is_an_error(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CommandError) as error:
        read_config(written(tmp_path, text))
    assert told in str(error.value)
    assert "gate.yml" in str(error.value)


def test_severities_are_configured_and_capped(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, "severity: {sql_changed: error, column_removed: note}"))
    assert config.judged(Finding("sql_changed", "")).severity is Severity.ERROR
    assert config.judged(Finding("column_removed", "")).severity is Severity.NOTE
    assert config.judged(Finding("grain_changed", "")).severity is KINDS["grain_changed"].severity
    capped = Finding("grain_changed", "", at_most=Severity.NOTE)
    assert config.judged(capped).severity is Severity.NOTE


def test_what_is_left_out_has_its_reason(tmp_path: Path) -> None:
    text = "leave_out: [{kind: 'rows_*', node: fct_*, reason: A trial.}]"
    config = read_config(written(tmp_path, text))
    assert config.judged(Finding("rows_added", "", "fct_orders")).left_out == "A trial."
    assert not config.judged(Finding("rows_added", "", "orders_daily")).left_out
    assert not config.judged(Finding("values_changed", "", "fct_orders")).left_out


def test_findings_of_tools_are_read() -> None:
    text = '[{"kind": "CP01", "severity": "warning", "file": "a.sql", "line": 3, "node": null,'
    found = parse_findings(f'{text} "message": "lower case"}}]', "lint")
    assert [(one.kind, one.place, one.message) for one in found] == [
        ("lint", "a.sql:3", "CP01: lower case")
    ]
    assert Config().judged(found[0]).severity is Severity.WARNING


@pytest.mark.parametrize(
    "text", ["{}", "[1]", '[{"kind": "a"}]', '[{"kind": "a", "message": "b", "c": 1}]', "[",
             '[{"kind": "a", "message": "b", "severity": "bad"}]'],
)  # fmt: skip
def test_findings_that_are_none_are_an_error(text: str) -> None:
    with pytest.raises(CommandError, match="lint"):
        parse_findings(text, "lint")
