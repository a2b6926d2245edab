"""The script of the pull request's comment, run under node with a GitHub made up in memory."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[3]
SCRIPT = PROJECT / ".github/scripts/pull-request-comment.js"
MARKER = "<!-- logmart-pr-report -->"
SHA = "0123456789abcdef0123456789abcdef01234567"

pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and shutil.which("unzip")),
    reason="the script of the pull request's comment: there is no node or no unzip to run it with",
)

# Renders the body as CommonMark: the blocks of markdown-it, from the catalog's environment.
RENDERER = """
import json, sys
from markdown_it import MarkdownIt
tokens = MarkdownIt("commonmark").parse(json.load(sys.stdin))
print(json.dumps([[token.type, token.content] for token in tokens]))
"""

HARNESS = """
const { readFileSync } = require('node:fs');
const { script, world, zip } = JSON.parse(readFileSync(0, 'utf8'));
const { comment } = require(script);
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
comment({ github, context, core })
  .then(() => console.log(JSON.stringify({ calls, warnings })));
"""


def a_world(**changes: Any) -> dict[str, Any]:
    """A finished run of a fork's pull request 7, which has no comment yet."""
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
            archive.writestr(name.replace("report_txt", "report.txt"), content)
    return path


def run(world: dict[str, Any], zip_file: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Run the script; return its calls that write, and what it warned of."""
    given = {"script": str(SCRIPT), "world": world, "zip": str(zip_file)}
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
    calls, warnings = run(a_world(), artifact(zip_file, report_txt="# 3 changes\n", number="7\n"))
    assert warnings == []
    assert calls == [
        {
            "call": "create",
            "owner": "us",
            "repo": "logmart",
            "issue_number": 7,
            "body": f"{MARKER}\nReport on 0123456789, by [a run of the branch's own code]"
            "(https://example.com/runs/1).\n\n```text\n# 3 changes\n```\n",
        }
    ]


def test_our_comment_is_updated_in_place_and_nobody_elses(zip_file: Path) -> None:
    comments = [
        {"id": 1, "user": {"login": "mallory"}, "body": f"{MARKER}\nmine"},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": f"of another job, {MARKER}"},
        {"id": 3, "user": {"login": "github-actions[bot]"}, "body": f"{MARKER}\nold"},
        {"id": 4, "user": None, "body": None},
    ]
    calls, _ = run(a_world(comments=comments), artifact(zip_file, report_txt="new", number="7"))
    assert [(call["call"], call["comment_id"]) for call in calls] == [("update", 3)]


HOSTILE = {
    "inline link": "[log in](https://evil.example)",
    "reference link": "[log in][1]\n\n[1]: https://evil.example",
    "collapsed reference": "[log in][]\n\n[log in]: https://evil.example",
    "html link": '<a href="https://evil.example">log in</a>',
    "image": "![x](https://evil.example/x.png)",
    "html image": '<img src="https://evil.example/x.png">',
    "autolink": "<https://evil.example>",
    "bare address": "https://evil.example www.evil.example mail@evil.example",
    "issue": "#12 GH-12 us/logmart#12 &#35;6",
    "person": "@octocat &#64;octocat &commat;octocat",
    "commit": f"{SHA} us@{SHA}",
    "hidden comment": f"{MARKER}a<!-- secret -->b<!-<!-- x -->- y -->",
    "fence of three": "```\n[log in](https://evil.example)\n```",
    "fence of eleven": f"{'`' * 11}\n[log in](https://evil.example)",
    "indented fence": "   ```\n[log in](https://evil.example)",
    "fence of tildes": "~~~\n[log in](https://evil.example)\n~~~",
    "mermaid": '```mermaid\ngraph TD; a-->b; click a "https://evil.example"\n```',
    "details": "<details><summary>x</summary>\n\n[log in](https://evil.example)\n</details>",
    "heading, table, list": "# x\n| [a](https://evil.example) |\n|---|\n- [ ] y\n\n    z\n> q",
    "formula": "$$\\href{https://evil.example}{x}$$",
    "expression": "${{ secrets.X }} `$(id)`",
    "end of a block": "</code></pre><script>alert(1)</script>",
}
UNSEEN = (
    "\x00 \x1b[31m \x7f \x85 \u00ad \u200b \u200e \u202e \u2028 \u2029 \u2060 \ufeff \U000e0041"
)


def rendered(body: str) -> list[list[str]]:
    """Return type and content of the body's blocks, as a renderer of Markdown sees them."""
    done = subprocess.run(
        [PROJECT / "ingestion/.venv/bin/python", "-c", RENDERER],
        input=json.dumps(body),
        capture_output=True,
        text=True,
        check=True,
    )
    blocks: list[list[str]] = json.loads(done.stdout)
    return blocks


@pytest.mark.parametrize("report", HOSTILE.values(), ids=HOSTILE)
def test_what_a_stranger_wrote_is_text_and_nothing_else(zip_file: Path, report: str) -> None:
    calls, _ = run(a_world(), artifact(zip_file, report_txt=report, number="7"))
    marker, opening, sentence, closing, fence = rendered(calls[0]["body"])
    assert marker == ["html_block", f"{MARKER}\n"]
    assert [opening[0], closing[0]] == ["paragraph_open", "paragraph_close"]
    assert sentence[1].endswith("(https://example.com/runs/1).")
    assert fence == ["fence", f"{report}\n"]


def test_hostile_forms_together_are_one_block(zip_file: Path) -> None:
    report = "\n".join(HOSTILE.values())
    calls, _ = run(a_world(), artifact(zip_file, report_txt=report, number="7"))
    assert rendered(calls[0]["body"])[4:] == [["fence", f"{report}\n"]]


def test_what_nobody_sees_is_taken_out(zip_file: Path) -> None:
    report = f"a\tb\r\n{UNSEEN}c 한글 ✓"
    calls, _ = run(a_world(), artifact(zip_file, report_txt=report, number="7"))
    spaces = " " * UNSEEN.count(" ")
    shown = f"a\tb\n{spaces[:1]}[31m{spaces[1:]}c 한글 ✓\n"
    assert rendered(calls[0]["body"])[4][1].replace(" ", "") == shown.replace(" ", "")


def test_a_report_of_backticks_alone_is_not_shown(zip_file: Path) -> None:
    calls, _ = run(a_world(), artifact(zip_file, report_txt="`" * 50_000, number="7"))
    assert calls[0]["body"].endswith("\n\nThe report cannot be shown here.\n")


def test_a_long_report_is_cut(zip_file: Path) -> None:
    calls, _ = run(a_world(), artifact(zip_file, report_txt="x" * 70_000, number="7"))
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
    calls, warnings = run(a_world(**changes), artifact(zip_file, report_txt="report", number="7"))
    assert calls == []
    assert why in warnings[0]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"report_txt": "x", "number": "7; id"}, "the number is not a number"),
        ({"report_txt": "x", "number": "../7"}, "the number is not a number"),
        ({"report_txt": "x", "number": "0"}, "the number is not a number"),
        ({"report_txt": "x", "number": "7" * 20}, "cannot be read, or is too large"),
        ({"report_txt": "x" * 600_000, "number": "7"}, "cannot be read, or is too large"),
        ({"report_txt": " \n", "number": "7"}, "the report is empty"),
        ({"report_txt": "x"}, "holds other files"),
        ({"report_txt": "x", "number": "7", "more": "x"}, "holds other files"),
        ({"report_txt": "x", "../number": "7"}, "holds other files"),
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
