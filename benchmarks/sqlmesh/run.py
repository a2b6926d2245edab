"""Compares SQLMesh with our mart on the same models, landing zone and runs.

`python -m benchmarks.sqlmesh.run` runs it. Both tools build the models upstream of
`active_users_daily` from nothing, at two threads and the same memory limit, without tests; then one
more day lands, and both build again. After each build the rows of both are compared, and
after the second with a rebuild from nothing. Writes figures.md; ends with 1 when the rows of the
first build are not the same.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import yaml

from benchmarks.mart.make_landing import Landing, land_next_day, make_landing
from benchmarks.sqlmesh.compare import compare, late_lines
from benchmarks.sqlmesh.report import Added, Cost, Figures, Floor, Tool, page
from benchmarks.sqlmesh.twin import write_twin
from logmart.errors import CommandError, run_command
from logmart.landed.identifiers import IdKey
from logmart.landed.text_files import scan_text_file
from logmart.settings import PROJECT

HERE = Path(__file__).parent
PEER = HERE / ".venv/bin"
SELECT = ["--select", "+active_users_daily"]
MODELS_ALONE = ["--resource-type", "model", *SELECT]
KEY = "a key of the benchmark alone"
THREADS = 2
# The delays of the late files in days: one within SQLMesh's lookback, one beyond it.
LATE_BY = (2, 11)
# The model to which a column is added.
OUTCOME = "end as outcome"
# The characters that the CSV reader takes as the end of a line or column.
ODD = {ord("\r"): " ", 1: " "}
# User-days as SQLMesh's documentation would make them: incremental by activity date.
DAYS_BY_TIME = {
    "int_user_days": "INCREMENTAL_BY_TIME_RANGE (time_column activity_date, lookback 2)"
}


def main() -> int:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sqlmesh.run", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=1, help="times that each build is timed")
    parser.add_argument("--memory-limit", default="6GB", help="of DuckDB, in either tool")
    parser.add_argument("--work", type=Path, help="an empty folder on a disk with room")
    parser.add_argument("--out", type=Path, default=HERE / "figures.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sqlmesh-", dir=options.work) as folder:
        figures = measure_all(Path(folder), options.events, options.repeat, options.memory_limit)
    options.out.write_text(page(figures), encoding="utf-8")
    print(page(figures))
    return int(not all(each.is_equal for found in figures.firsts.values() for each in found))


def measure_all(work: Path, events: int, repeat: int, memory_limit: str) -> Figures:
    """Run everything below `work`; return the figures."""
    landing = Landing(events)
    tell("landing zone")
    counts = make_landing(work / "made", landing)
    mended = mend(work / "made")
    held = hold_back(work / "made", landing)
    environment = shared_environment(work, landing, memory_limit)
    tell("compiling our models")
    prepare(work, environment)
    tools: list[Tool] = []
    floors: list[Floor] = []
    for number in range(repeat):
        zone = work / "zone"
        shutil.rmtree(zone, ignore_errors=True)
        shutil.copytree(work / "made", zone, copy_function=os.link)
        if not number:
            floors = [
                floor(python, zone, memory_limit) for python in (sys.executable, PEER / "python")
            ]
        tools = make_tools(work, landing, environment, tools)
        build_all(tools, "first", work)
        firsts = {tool.label: compare(tools[0].database, tool.database) for tool in tools[1:3]}
        land_next_day(zone)
        build_all(tools, "more", work)
    rebuilt = rebuild(work, environment)
    tell("comparing")
    mores = {tool.label: compare(rebuilt, tool.database) for tool in tools[:3]}
    late = {tool.label: late_lines(rebuilt, tool.database) for tool in tools[1:3]}
    by_time = compare(tools[1].database, tools[3].database)[-2:]
    restated = restate(work, landing, tools[1])
    mores["SQLMesh, restated"] = compare(rebuilt, tools[1].database)
    added = add_a_column(work, landing, tools[1])
    conditions = (
        f"`python -m benchmarks.sqlmesh.run --events {events}`; {counts['app'] - held:,} landed"
        f" lines of the app in {landing.days} days and {counts['next app'] + held:,} on the next,\n"
        f"{held:,} of them late, in files of partitions {' and '.join(map(str, LATE_BY))} days old;"
        f" {mended} lines mended beforehand, which DuckDB's CSV reader cannot read;\n"
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {THREADS} threads and"
        f" {memory_limit} of DuckDB's memory in either tool"
    )
    return Figures(conditions, tools, floors, firsts, mores, late, by_time, restated, added)


def mend(made: Path) -> int:
    """Rewrite the files that DuckDB's CSV reader cannot read unchanged; return the number of
    changed lines. Ours reads them with a Python function, which SQLMesh's connection cannot take.
    """
    changed = 0
    for path in sorted(made.rglob("app/dt=*/*.jsonl.gz")):
        facts = scan_text_file(path)
        if facts.broken_lines or not facts.is_plain_text:
            lines = gzip.decompress(path.read_bytes()).split(b"\n")
            plain = [line.decode(errors="replace").translate(ODD).encode() for line in lines]
            changed += sum(
                line != plain_line for line, plain_line in zip(lines, plain, strict=True)
            )
            path.write_bytes(gzip.compress(b"\n".join(plain), compresslevel=1))
    return changed


def hold_back(made: Path, landing: Landing) -> int:
    """Move the last file of each day that is LATE_BY days before the next day, so that it lands
    with the next day; return the number of lines.
    """
    lines = 0
    for days in LATE_BY:
        folder = f"app/dt={landing.start + timedelta(days=landing.days - days)}"
        path = sorted((made / "landing" / folder).iterdir())[-1]
        target = made / "next-day/landing" / folder / path.name
        target.parent.mkdir(parents=True)
        path.rename(target)
        lines += scan_text_file(target).line_count
    return lines


def shared_environment(work: Path, landing: Landing, memory_limit: str) -> dict[str, str]:
    """Return the environment of both tools, without the caller's settings."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ
    }
    return kept | {
        "LOGMART_LANDING": str(work / "zone/landing"),
        "LOGMART_ID_KEY": KEY,
        "LOGMART_THREADS": str(THREADS),
        "DBT_PROFILES_DIR": str(work / "profiles"),
        "SQLMESH_START": landing.start.isoformat(),
        "SQLMESH_MEMORY_LIMIT": memory_limit,
        "SQLMESH_KEY_BLOCKS": str(work / "key_blocks"),
        "SQLMESH_SEEDS": str(PROJECT / "seeds"),
        "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "true",
        "NO_COLOR": "1",
    }


def prepare(work: Path, environment: dict[str, str]) -> None:
    """Write the profile, the key, both SQLMesh projects, and our DuckDB for SQLMesh to import."""
    profile = yaml.safe_load((PROJECT / "profiles/profiles.yml").read_text(encoding="utf-8"))
    profile["logmart"]["outputs"]["duckdb"]["settings"] |= {
        "threads": THREADS,
        "memory_limit": environment["SQLMESH_MEMORY_LIMIT"],
    }
    (work / "profiles").mkdir()
    (work / "profiles/profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    (work / "key_blocks").write_text(
        "".join(block.hex() for block in IdKey(KEY.encode()).blocks()), encoding="ascii"
    )
    compiled = work / "compiled"
    database = work / "compiled/logmart.duckdb"
    measured(
        dbt("compile", "--full-refresh", *SELECT, "--target-path", str(compiled)),
        PROJECT,
        environment | {"LOGMART_DATABASE": str(database)},
        work / "compile.log",
    )
    write_twin(compiled, work / "twin")
    write_twin(compiled, work / "twin-days", DAYS_BY_TIME)
    engine = work / "engine"
    engine.mkdir()
    packages = Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    for path in [*packages.glob("duckdb"), *packages.glob("_duckdb*")]:
        (engine / path.name).symlink_to(path)


def make_tools(
    work: Path, landing: Landing, environment: dict[str, str], before: Sequence[Tool]
) -> list[Tool]:
    """Return the tools before any build, ours first. They add their costs to those of `before`."""
    ours_target = work / "target"
    next_day = (landing.start + timedelta(days=landing.days)).isoformat()
    build = dbt("build", *MODELS_ALONE, "--target-path", str(ours_target))
    tools = [
        Tool("ours (dbt)", "ours", work / "ours/logmart.duckdb", build, build, PROJECT, environment)
    ]
    shutil.rmtree(ours_target, ignore_errors=True)
    engine = {"PYTHONPATH": str(work / "engine")}
    for label, stem, project, added in [
        ("SQLMesh", "peer", "twin", {}),
        ("SQLMesh on our DuckDB", "peer_on_ours", "twin", engine),
        ("SQLMesh, user-days by time", "peer_by_time", "twin-days", {}),
    ]:
        shutil.rmtree(work / project / ".cache", ignore_errors=True)
        sqlmesh = str(PEER / "sqlmesh")
        tools.append(
            Tool(
                label,
                "ours" if added else "its own",
                work / stem / f"{stem}.duckdb",
                [sqlmesh, "plan", "--auto-apply", "--no-prompts", "--execution-time", next_day],
                [sqlmesh, "run", "--end", next_day],
                work / project,
                environment | added,
            )
        )
    for number, tool in enumerate(tools):
        shutil.rmtree(tool.database.parent, ignore_errors=True)
        tool.database.parent.mkdir()
        variable = "SQLMESH_DATABASE" if number else "LOGMART_DATABASE"
        tool.env = tool.env | {variable: str(tool.database)}
        if before:
            tool.costs = before[number].costs
    return tools


def build_all(tools: Sequence[Tool], which: str, work: Path) -> None:
    """Build with every tool, one after another."""
    for tool in tools:
        tell(f"{tool.label}: {which}")
        command = tool.first if which == "first" else tool.more
        cost = measured(command, tool.cwd, tool.env, work / f"{which}.log")
        tool.costs[which].append(cost)


def restate(work: Path, landing: Landing, peer: Tool) -> Cost:
    """Make SQLMesh restate from the partition of the late file on; return the cost."""
    day = landing.start + timedelta(days=landing.days)
    first = (day - timedelta(days=max(LATE_BY))).isoformat()
    command = [*peer.first[:-1], (day + timedelta(days=1)).isoformat()]
    chosen = ["--restate-model", "restricted.base_app__events", "--start", first]
    tell("restating")
    return measured([*command, *chosen], peer.cwd, peer.env, work / "restate.log")


def add_a_column(work: Path, landing: Landing, peer: Tool) -> Added:
    """Add a column to int_judged_events in a separate environment; return the cost."""
    project = work / "twin-changed"
    write_twin(work / "compiled", project)
    model = project / "models/int_judged_events.sql"
    text = model.read_text(encoding="utf-8")
    if text.count(OUTCOME) != 1:
        raise CommandError(f"int_judged_events no longer has one `{OUTCOME}`: change {__file__}")
    changed = text.replace(OUTCOME, f"{OUTCOME},\n    is_valid as is_added")
    model.write_text(changed, encoding="utf-8")
    day_after = (landing.start + timedelta(days=landing.days + 1)).isoformat()
    command = [peer.first[0], "plan", "dev", *peer.first[2:-1], day_after]
    log = work / "added.log"
    tell("a column added")
    cost = measured(command, project, peer.env, log)
    built = re.findall(r"^\[\d+/\d+\] \w+\.(\w+)", log.read_text(encoding="utf-8"), re.MULTILINE)
    return Added(cost, built)


def rebuild(work: Path, environment: dict[str, str]) -> Path:
    """Build ours from nothing into a third database; return its path."""
    database = work / "rebuilt/logmart.duckdb"
    tell("a rebuild to compare with")
    measured(
        dbt(
            "build", "--full-refresh", *MODELS_ALONE, "--target-path", str(work / "target-rebuilt")
        ),
        PROJECT,
        environment | {"LOGMART_DATABASE": str(database)},
        work / "rebuild.log",
    )
    return database


def dbt(command: str, *arguments: str) -> list[str]:
    """Return a command of dbt."""
    return [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", command, *arguments]


def measured(command: list[str], cwd: Path, env: dict[str, str], log: Path) -> Cost:
    """Run a command with its output in a file; return its cost.

    Raises CommandError with the end of the output.
    """
    started = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        end = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise CommandError(f"{' '.join(command)} ended with {process.returncode}:\n{end}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def floor(python: str | Path, zone: Path, memory_limit: str) -> Floor:
    """Run the floor's query in an environment; return its cost."""
    done = subprocess.run(
        [str(python), str(HERE / "floor.py"), str(zone / "landing"), memory_limit],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = json.loads(done.stdout)
    return Floor(found["version"], found["seconds"], found["processor"])


def tell(progress: str) -> None:
    """Print progress on stderr."""
    print(f"{time.strftime('%H:%M:%S')} {progress}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    run_command(main)
