"""The pages generated from the project's YAML: their content, and the error on a stale page."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from logmart import __main__ as logmart
from logmart.errors import CommandError
from logmart.pages import er_diagram, metric_dictionary
from logmart.settings import PROJECT

CHECKED = [
    ("metrics", "docs/metrics.md"),
    ("er", "docs/er.md"),
    ("exposures", "models/semantic/_scorecards__exposures.yml"),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for part in ("models", "docs"):
        shutil.copytree(PROJECT / part, tmp_path / part)
    return tmp_path


def run(name: str, project: Path, *options: str) -> None:
    assert logmart.run(["pages", name, "--project", str(project), *options]) == 0


@pytest.mark.parametrize(("name", "page"), CHECKED)
def test_a_stale_page_is_told_and_written_again(name: str, page: str, project: Path) -> None:
    run(name, project, "--check")
    (project / page).write_text("# old", encoding="utf-8")
    with pytest.raises(CommandError, match="write it again with `logmart pages"):
        run(name, project, "--check")
    run(name, project)
    run(name, project, "--check")


def test_an_entry_tells_what_its_yaml_does() -> None:
    metrics = {metric.name: metric for metric in metric_dictionary.read_metrics(PROJECT)}
    assert metrics["weekly_active_users"].text() == (
        "### Weekly active users\n\n"
        "`weekly_active_users` Users with activity on the date or the 6 dates before it.\n\n"
        "- Unit: users\n"
        "- Sum over: nothing\n"
        "- By week, month, quarter or year: no value: ask for days\n"
        "- Made of: count distinct of `user_id` in `fct_user_days`, over 7 days\n"
        "- By: `user_day__platform`, `user_day__acquisition_platform`,"
        " `user_day__acquisition_campaign`, `user_day__user_segment`\n"
        "- In the table by: platform, acquisition_platform, acquisition_campaign, user_segment\n"
        "- Beware: Counted once in the window, so days must not be summed. On the first 6 dates of"
        " the log the window is cut\n  short.\n"
        "- Rows written in SQL: One pass over active days counts a user once in each window. A join"
        " of every date with the days\n  of its window would read them seven times.\n"
    )
    assert metrics["funnel_median_seconds"].why_beyond
    assert "pushes_opened" not in metrics
    page = metric_dictionary.dictionary(PROJECT)
    for metric in metrics.values():
        assert page.count(f"\n`{metric.name}` ") == 1


def test_a_metric_without_owner_or_additivity_is_told(project: Path) -> None:
    file = project / "models/semantic/_growth__semantic.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("additive_over: neither", "additive_over: some", 1), "utf-8")
    with pytest.raises(CommandError, match="metric daily_active_users: give it"):
        metric_dictionary.dictionary(project)


def test_a_picture_shows_keys_and_references_of_other_areas() -> None:
    tables = {table.name: table for table in er_diagram.read_tables(PROJECT)}
    assert [column.name for column in tables["metrics_daily"].keys] == [
        *("metric", "metric_date", "dimension", "dimension_value"),
    ]
    page = er_diagram.pictures(PROJECT)
    assert page.count("```mermaid") == len({table.area for table in tables.values()})
    assert '    dim_users ||--o{ fct_messages : "user_id"\n' in page
