"""The script of the pull request's comment, run under node with a GitHub made up in memory."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
MARKER = "<!-- logmart-pr-report -->"
SHA = "0123456789abcdef0123456789abcdef01234567"

pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and shutil.which("unzip")),
    reason="the script of the pull request's comment: there is no node or no unzip to run it with",
)

HARNESS = """
const { readFileSync } = require('node:fs');
const { script, world, zip } = JSON.parse(readFileSync(0, 'utf8'));
const calls = [], warnings = [];
const github = {
  paginate: async (route, parameters) => (await route(parameters)).data,
  rest: {
    actions: {
      listWorkflowRunArtifacts: async () => ({ data: world.artifacts }),
      downloadArtifact: async () => ({ data: readFileSync(zip) }),
    },
    pulls: { get: async ({ pull_number }) => ({ data: world.pulls[pull_number] }) },
    issues: {
      listComments: async () => ({ data: world.comments }),
      createComment: async (given) => calls.push({ call: 'create', ...given }),
      updateComment: async (given) => calls.push({ call: 'update', ...given }),
    },
  },
};
const context = { payload: { workflow_run: world.run }, repo: { owner: 'us', repo: 'logmart' } };
const core = { warning: (text) => warnings.push(text) };
const AsyncFunction = (async () => {}).constructor;
new AsyncFunction('github', 'context', 'core', 'require', script)(github, context, core, require)
  .then(() => console.log(JSON.stringify({ calls, warnings })));
"""


def comment_script() -> str:
    workflow = PROJECT / ".github/workflows/pull-request-comment.yml"
    (step,) = yaml.safe_load(workflow.read_text())["jobs"]["comment"]["steps"]
    script: str = step["with"]["script"]
    return script


def a_world(**changes: Any) -> dict[str, Any]:
    """A finished run of a fork's pull request 7, and nothing said on it yet."""
    return {
        "run": {
            "id": 1,
            "head_sha": SHA,
            "head_repository": {"id": 99},
            "html_url": "https://example.com/runs/1",
        },
        "artifacts": [{"id": 5, "name": "logmart-pr-report", "size_in_bytes": 2000}],
        "pulls": {"7": {"number": 7, "head": {"sha": SHA, "repo": {"id": 99}}}},
        "comments": [],
        **changes,
    }


@pytest.fixture
def zip_file(tmp_path: Path) -> Path:
    return tmp_path / "artifact.zip"


def artifact(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("report_md", "report.md"), content)
    return path


def run(world: dict[str, Any], zip_file: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Run the script; return its calls that write, and what it warned of."""
    given = {"script": comment_script(), "world": world, "zip": str(zip_file)}
    done = subprocess.run(
        ["node", "-e", HARNESS],
        input=json.dumps(given),
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "RUNNER_TEMP": str(zip_file.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return answer["calls"], answer["warnings"]


def test_a_report_becomes_a_comment(zip_file: Path) -> None:
    calls, warnings = run(a_world(), artifact(zip_file, report_md="# 3 changes\n", number="7\n"))
    assert warnings == []
    assert calls == [
        {
            "call": "create",
            "owner": "us",
            "repo": "logmart",
            "issue_number": 7,
            "body": f"{MARKER}\nReport on 0123456789, by [a run of the branch's own code]"
            "(https://example.com/runs/1).\n\n# 3 changes\n",
        }
    ]


def test_our_comment_is_updated_in_place_and_nobody_elses(zip_file: Path) -> None:
    comments = [
        {"id": 1, "user": {"login": "mallory"}, "body": f"{MARKER}\nmine"},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": f"of another job, {MARKER}"},
        {"id": 3, "user": {"login": "github-actions[bot]"}, "body": f"{MARKER}\nold"},
        {"id": 4, "user": None, "body": None},
    ]
    calls, _ = run(a_world(comments=comments), artifact(zip_file, report_md="new", number="7"))
    assert [(call["call"], call["comment_id"]) for call in calls] == [("update", 3)]


def test_what_a_stranger_wrote_hides_nothing_calls_nobody_and_forges_no_marker(
    zip_file: Path,
) -> None:
    report = (
        f"{MARKER}a<!-- secret -->b<!-<!-- x -->- <!\u200b-- y -->c\u202ed @octocat &#64;octocat"
        " [a](b) #7 ${{ secrets.X }} `$(id)`"
    )
    calls, _ = run(a_world(), artifact(zip_file, report_md=report, number="7"))
    body = calls[0]["body"].split("\n\n", 1)[1]
    assert body == (
        "ab&lt;!-- cd @\u200boctocat &amp;#64;octocat [a\\](b) #\u200b7 ${{ secrets.X }} `$(id)`"
    )


def test_a_long_report_is_cut(zip_file: Path) -> None:
    calls, _ = run(a_world(), artifact(zip_file, report_md="x" * 70_000, number="7"))
    assert "which shows the rest" in calls[0]["body"]
    assert len(calls[0]["body"]) < 65_536


OTHER_COMMIT = {"7": {"number": 7, "head": {"sha": "f" * 40, "repo": {"id": 99}}}}
OTHER_REPOSITORY = {"7": {"number": 7, "head": {"sha": SHA, "repo": {"id": 98}}}}
GONE_REPOSITORY = {"7": {"number": 7, "head": {"sha": SHA, "repo": None}}}
LARGE = [{"id": 5, "name": "logmart-pr-report", "size_in_bytes": 1024 * 1024 + 1}]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"artifacts": []}, "the run left no report"),
        ({"artifacts": LARGE}, "the artifact is too large"),
        ({"pulls": OTHER_COMMIT}, "not of the newest commit of that pull request"),
        ({"pulls": OTHER_REPOSITORY}, "not of the newest commit of that pull request"),
        ({"pulls": GONE_REPOSITORY}, "not of the newest commit of that pull request"),
    ],
)
def test_a_run_that_is_not_of_the_pull_request_says_nothing(
    zip_file: Path, changes: dict[str, Any], why: str
) -> None:
    calls, warnings = run(a_world(**changes), artifact(zip_file, report_md="report", number="7"))
    assert calls == []
    assert why in warnings[0]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"report_md": "x", "number": "7; id"}, "the number is none"),
        ({"report_md": "x", "number": "../7"}, "the number is none"),
        ({"report_md": "x", "number": "0"}, "the number is none"),
        ({"report_md": "x", "number": "7" * 20}, "cannot be read, or is too large"),
        ({"report_md": "x" * 600_000, "number": "7"}, "cannot be read, or is too large"),
        ({"report_md": " \n", "number": "7"}, "the report is empty"),
        ({"report_md": "x"}, "holds other files"),
        ({"report_md": "x", "number": "7", "more": "x"}, "holds other files"),
        ({"report_md": "x", "../number": "7"}, "holds other files"),
    ],
)
def test_an_artifact_that_is_not_as_we_made_it_says_nothing(
    zip_file: Path, files: dict[str, str], why: str
) -> None:
    calls, warnings = run(a_world(), artifact(zip_file, **files))
    assert calls == []
    assert why in warnings[0]


def test_what_is_no_archive_says_nothing(zip_file: Path) -> None:
    zip_file.write_bytes(b"no archive")
    assert run(a_world(), zip_file) == (
        [],
        ["No comment: the artifact cannot be read, or is too large."],
    )
