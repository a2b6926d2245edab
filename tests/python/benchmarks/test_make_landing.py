"""The landing zone of the benchmark of the mart: counts as asked, same seed same rows."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from benchmarks.mart import make_landing as maker
from benchmarks.mart.make_landing import Landing, land_next_day, make_landing, planned_project
from logmart.errors import CommandError


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): gzip.decompress(path.read_bytes())
        for path in sorted(folder.rglob("*.gz"))
    }


def _readable(files: dict[str, bytes]) -> Iterator[dict[str, object]]:
    for text in files.values():
        for line in text.splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                yield row


@pytest.fixture(autouse=True)
def small_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maker, "WORLD_EVENTS", 1_500)
    monkeypatch.setattr(maker, "WORLDS_A_FILE", 2)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        make_landing(tmp_path / name, Landing(3_000, days=10, seed=seed), workers=1)
    first, again, other = (_files(tmp_path / name) for name in "abc")
    assert first == again
    assert first != other


def test_as_many_events_land_as_asked_and_one_more_day_follows(tmp_path: Path) -> None:
    counts = make_landing(tmp_path, Landing(6_000, days=10), workers=1)
    app = _files(tmp_path / "landing" / "app")
    assert counts["app"] == sum(text.count(b"\n") for text in app.values())
    assert 0.7 * 6_000 < counts["app"] < 1.3 * 6_000
    land_next_day(tmp_path)
    files = _files(tmp_path / "landing")
    assert not (tmp_path / "next-day").exists()
    assert "app/dt=2026-01-11/events-001-00.jsonl.gz" in files
    assert {name.split("/")[0] for name in files} == {"app", "bank", "crm"}
    assert sum(text.count(b"\n") for text in files.values()) == sum(counts.values())


def test_every_world_has_people_of_its_own_and_campaigns_are_shared(tmp_path: Path) -> None:
    make_landing(tmp_path / "one", Landing(1_500, days=10), workers=1)
    make_landing(tmp_path / "four", Landing(6_000, days=10), workers=1)
    one, four = (list(_readable(_files(tmp_path / name))) for name in ("one", "four"))
    for key in ("eventId", "userId", "deviceId", "transferId", "messageId"):
        of_one, of_four = ({row.get(key) for row in rows} - {None, ""} for rows in (one, four))
        assert len(of_four) == 4 * len(of_one), key
    names = [[row["name"] for row in rows if "startsAt" in row] for rows in (one, four)]
    assert names[0] == names[1] != []


def test_further_planned_events_are_in_the_lines_and_in_a_copy_of_the_project(
    tmp_path: Path,
) -> None:
    landing = Landing(3_000, days=10, planned=20)
    make_landing(tmp_path / "out", landing, workers=1)
    names = {row.get("eventName") for row in _readable(_files(tmp_path / "out"))}
    further = {f"bench_{number:03d}" for number in range(1, 5)}
    assert further < names
    assert "screen_viewed" in names

    planned_project(tmp_path / "project", landing)
    project = yaml.safe_load((tmp_path / "project/dbt_project.yml").read_text("utf-8"))
    planned = project["vars"]["planned_events"]["app"]
    assert len(planned) == 20
    assert further < set(planned)
    staging = tmp_path / "project/models/staging/app"
    models = yaml.safe_load((staging / "_bench__events.yml").read_text("utf-8"))["models"]
    assert {model["config"]["meta"]["event"] for model in models} == further
    assert all((staging / f"stg_app__{event}.sql").exists() for event in further)


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    with pytest.raises(CommandError, match="is there already"):
        make_landing(tmp_path, Landing(1_000), workers=1)
