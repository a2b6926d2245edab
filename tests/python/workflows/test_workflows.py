"""The workflows have only the permissions that they need, and the commands that they run exist."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from logmart.__main__ import NOUNS

PROJECT = Path(__file__).resolve().parents[3]
GITHUB = PROJECT / ".github"
FILES = [*sorted(GITHUB.glob("workflows/*.yml")), GITHUB / "actions/setup/action.yml"]
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in FILES[:-1]}
MAKEFILE = (PROJECT / "Makefile").read_text()
READS = {"contents": "read"}
PERMISSIONS = {
    ("catalog-real-server", "end-to-end"): READS,
    ("main", "build"): READS,
    ("main", "catalog"): READS,
    ("pull-request", "lint"): READS,
    ("pull-request", "test"): READS,
    ("pull-request-again", "again"): {"actions": "write", "pull-requests": "read"},
    ("pull-request", "report"): READS | {"actions": "read"},
    ("pull-request-comment", "comment"): READS | {"actions": "read", "pull-requests": "write"},
    ("scheduled", "deep"): READS,
    ("scheduled", "trino"): READS,
    ("scheduled", "freshness"): READS,
    ("scheduled", "verify"): READS | {"actions": "read"},
}


def steps_of(workflow: Any) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def shell_steps() -> list[Any]:
    return [
        pytest.param(step["run"], id=f"{name}: {step.get('name', step['run'])}")
        for name, workflow in WORKFLOWS.items()
        for step in steps_of(workflow)
        if "run" in step
    ]


def test_each_job_has_its_own_permissions_and_no_others() -> None:
    assert all(workflow["permissions"] == {} for workflow in WORKFLOWS.values())
    found = {
        (name, job_name): job["permissions"]
        for name, workflow in WORKFLOWS.items()
        for job_name, job in workflow["jobs"].items()
    }
    assert found == PERMISSIONS


def test_every_workflow_runs_in_a_group_and_every_job_ends() -> None:
    assert all("concurrency" in workflow for workflow in WORKFLOWS.values())
    jobs = [job for workflow in WORKFLOWS.values() for job in workflow["jobs"].values()]
    assert all(job["timeout-minutes"] <= 120 for job in jobs)


def test_a_pull_request_sees_no_secret() -> None:
    for name in ("pull-request", "pull-request-again", "pull-request-comment"):
        assert "secrets." not in (GITHUB / f"workflows/{name}.yml").read_text()
    for name, job_name in (("main", "catalog"), ("scheduled", "verify")):
        assert WORKFLOWS[name]["jobs"][job_name]["environment"] == "catalog"


# Replaces scripts/setup.sh: it records the variables that an installed package could read.
INSTALLER = """#!/bin/sh
echo "$1 ${OPENMETADATA_JWT_TOKEN-}${GH_TOKEN-}" >>seen
mkdir -p "$1/bin" && touch "$1/.locked"
for name in python logmart-catalog; do cp /bin/true "$1/bin/$name"; done
"""
JOBS_WITH_SECRETS = [
    (name, job_name)
    for name, workflow in WORKFLOWS.items()
    for job_name, job in workflow["jobs"].items()
    if re.search(r"secrets\.|github\.token", str(job)) and "make " in str(job)
]


@pytest.mark.parametrize(("name", "job_name"), JOBS_WITH_SECRETS)
def test_what_is_installed_sees_no_secret(tmp_path: Path, name: str, job_name: str) -> None:
    job = WORKFLOWS[name]["jobs"][job_name]
    assert "secrets." not in str(job.get("env")), "every step of the job would see it"
    for part in ("scripts", "rules", "ingestion", "bin"):
        (tmp_path / part).mkdir()
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "scripts/setup.sh").write_text(INSTALLER)
    (tmp_path / "bin/gh").write_text("#!/bin/sh\n")
    for command in ("scripts/setup.sh", "bin/gh"):
        (tmp_path / command).chmod(0o755)
    for part in (".", "rules", "ingestion"):
        (tmp_path / part / "requirements.lock").touch()
    for step in job["steps"]:
        if "run" in step:
            subprocess.run(
                ["bash", "-eo", "pipefail", "-c", step["run"]],
                cwd=tmp_path,
                env={
                    "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
                    "GITHUB_OUTPUT": str(tmp_path / "output"),
                    "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
                    **{key: "a secret" for key in step.get("env", {}) if "TOKEN" in key},
                },
                check=True,
            )
    seen = (tmp_path / "seen").read_text().splitlines()
    assert seen
    assert [line for line in seen if "secret" in line] == []


def test_the_comment_runs_a_script_of_main_and_no_shell() -> None:
    checkout, script = steps_of(WORKFLOWS["pull-request-comment"])
    assert [checkout["uses"].split("@")[0], script["uses"].split("@")[0]] == [
        "actions/checkout",
        "actions/github-script",
    ]
    # Without `ref` and `repository`, the default branch is checked out.
    assert checkout["with"] == {"persist-credentials": False, "sparse-checkout": ".github/scripts"}
    (file,) = re.findall(r"^await require\('\./(.+)'\)\.comment\(", script["with"]["script"])
    assert (PROJECT / file).exists()
    assert "${{" not in script["with"]["script"]


def test_no_checkout_leaves_the_token_behind() -> None:
    for workflow in WORKFLOWS.values():
        for step in steps_of(workflow):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_every_action_is_pinned_to_a_commit_that_the_docs_say_the_origin_of() -> None:
    used = {
        found
        for path in FILES
        for found in re.findall(r"uses: ([^.\s]\S+)(?:\s+# (v[\d.]+))?", path.read_text())
    }
    docs = (PROJECT / "docs/continuous-integration.md").read_text()
    listed = re.findall(r"^\| `([\w/-]+)` \| (v[\d.]+) \| `([0-9a-f]{40})` \|", docs, re.M)
    assert used == {(f"{action}@{commit}", version) for action, version, commit in listed}


@pytest.mark.parametrize("script", shell_steps())
def test_a_shell_step_can_be_read_and_its_make_targets_are_there(script: str) -> None:
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "${{" not in script, "what an expression yields is a shell's code: pass it by env"
    for target, variables in re.findall(r"\bmake ([a-z./-]+)((?: [A-Z]+=\S*)*)", script):
        recipe = re.search(rf"^{re.escape(target)}:(?! export).*\n((?:\t.*\n)+)", MAKEFILE, re.M)
        assert recipe, f"make {target} is not there"
        for variable in re.findall(r" ([A-Z]+)=", variables):
            used = rf"\$\((value |call typed,|){variable}\)"
            assert re.search(used, recipe[1]), f"make {target} does not use {variable}"
    for noun, verb in re.findall(r"\blogmart ([a-z]+) ([a-z]+)", script):
        assert verb in NOUNS[noun][1], f"logmart {noun} {verb} is not there"
    for file in re.findall(r"(?<![\w/.])(?:scripts|ingestion)/[\w/]+\.(?:sh|py|lock)", script):
        assert (PROJECT / file).is_file(), f"{file} is not there"
    for folder in re.findall(r"pytest ([\w/]+)", script):
        assert (PROJECT / folder).is_dir(), f"{folder} is not there"


def test_every_pull_request_is_tested_linted_and_reported_on() -> None:
    workflow = WORKFLOWS["pull-request"]
    # YAML reads the key `on` as a truth value. A filter by path would leave required checks open.
    assert workflow[True] == {"pull_request": {"branches": ["main"]}}
    commands = {
        job_name: [step["run"] for step in job["steps"] if "run" in step]
        for job_name, job in workflow["jobs"].items()
    }
    assert commands["test"] == ["make test"]
    assert "make lint" in commands["lint"]
    assert any("make pr-report" in command for command in commands["report"])
    assert [name for name, job in workflow["jobs"].items() if "if" in job] == []


def test_every_job_that_installs_packages_restores_the_cache_of_them_first() -> None:
    for name, workflow in WORKFLOWS.items():
        for job_name, job in workflow["jobs"].items():
            runs = [number for number, step in enumerate(job["steps"]) if "make " in str(step)]
            cached = [
                number
                for number, step in enumerate(job["steps"])
                if step.get("uses") == "./.github/actions/setup"
            ]
            assert not runs or cached[0] < runs[0], (name, job_name)


# Stands in for GitHub's command: it says what a person may do, and records what is run again.
GH = """#!/bin/sh
case "$*" in
  *collaborators/ann/permission*) echo {permission};;
  *pulls/7*) echo abc;;
  *"run list"*"--commit abc"*) echo {run};;
  *"run rerun"*) echo "$3" >>again;;
  *) exit 1;;
esac
"""


@pytest.mark.parametrize(
    ("permission", "run", "code", "again"),
    [
        ("admin", "42", 0, ["42"]),
        ("write", "42", 0, ["42"]),
        ("read", "42", 0, []),
        ("none", "42", 0, []),
        ("", "42", 0, []),
        ("write", "", 1, []),
    ],
)
def test_a_comment_of_somebody_who_may_write_runs_the_newest_run_again(
    tmp_path: Path, permission: str, run: str, code: int, again: list[str]
) -> None:
    job = WORKFLOWS["pull-request-again"]["jobs"]["again"]
    assert job["if"] == "github.event.issue.pull_request && github.event.comment.body == '/gate'"
    (step,) = job["steps"]
    assert "github.event.comment.body" not in str(step)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gh").write_text(GH.format(permission=permission, run=run))
    (tmp_path / "bin/gh").chmod(0o755)
    (tmp_path / "again").touch()
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "GH_REPO": "us/logmart"}
        | {"NUMBER": "7", "PERSON": "ann"},
        check=False,
    )
    assert (done.returncode, (tmp_path / "again").read_text().split()) == (code, again)


def run_step(job: str, name: str, folder: Path, **environment: str) -> str:
    """Run a step of the pull request's workflow in a folder; return what it printed."""
    (script,) = (
        step["run"]
        for step in WORKFLOWS["pull-request"]["jobs"][job]["steps"]
        if step.get("name", "").startswith(name)
    )
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("gh", "output"),
    [
        ('if [ "$1" = run ] && [ "$2" = list ]; then echo 42; fi', "folder=target/state\n"),
        ("true", ""),
        ("exit 1", ""),
        ('if [ "$2" = list ]; then echo 42; else exit 1; fi', ""),
        (
            'case "$*" in *--commit*) echo 42;; *list*) echo 41;; *42*) exit 1;; esac',
            "folder=target/state\n",
        ),
    ],
    ids=["state", "no run", "no answer", "no artifact", "of an older run"],
)
def test_without_a_state_of_main_the_report_does_without(
    tmp_path: Path, gh: str, output: str
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gh").write_text(f"#!/bin/sh\n{gh}\n")
    (tmp_path / "bin/gh").chmod(0o755)
    (tmp_path / "output").touch()
    printed = run_step("report", "the newest state", tmp_path)
    assert (tmp_path / "output").read_text() == output
    assert ("everything is built" in printed) == (not output)


@pytest.mark.parametrize("report", ["# Report\n", None])
def test_a_run_leaves_its_report_and_its_number(tmp_path: Path, report: str | None) -> None:
    folder = tmp_path / "target/pr-report"
    if report is not None:
        folder.mkdir(parents=True)
        (folder / "report.md").write_text(report)
    run_step("report", "job summary", tmp_path, NUMBER="7")
    assert (folder / "number").read_text() == "7\n"
    no_report = "No report could be made: the log of the run says why.\n"
    assert (tmp_path / "summary").read_text() == (report or no_report)
    assert (folder / "report.txt").read_text() == no_report
