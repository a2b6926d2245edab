"""Writes a sample to its folder, only when complete, and never over other data."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from logmart.sample.assembly import write_sample
from logmart.sample.parameters import Parameters

_WORK = ".sample-in-the-making"
_RECORD = "sample.json"
SOURCES = ("app", "bank", "crm")
_PLACES = (*(f"landing/{source}" for source in SOURCES), "planted", _RECORD)
# Real runs land in this folder too, so the sample's files are moved there one by one.
_OPERATIONS = "landing/operations"
_REMEDY = "take another --out, or remove this sample with `make clean`"


class SampleError(Exception):
    """A sample cannot be written; the message names the conflicting files and the remedy."""


def make_sample(
    out: Path, parameters: Parameters, workers: int, report: Callable[[str], None]
) -> str:
    """Write the sample below `out`, unless it exists; return a line that says which.

    It is written to a temporary folder and moved when complete, `sample.json` last. So a killed run
    leaves nothing that looks like a sample, and the next run removes its leftovers. `report` is
    called with a line of progress every few seconds.

    Raises:
        SampleError: other landing data is in the way; nothing was changed.
        OSError: a file cannot be written; files written so far are removed.
        ChildProcessError: a worker was killed; files written so far are removed.
    """
    if (out / _RECORD).exists():
        events = _check_published(out, parameters)
        return f"sample is there already, unchanged: {_sentence(out, parameters, events)}"
    work = out / _WORK
    if _recorded_events(work / _RECORD, parameters) is None:
        _refuse_present(out, [*_PLACES, *_operations_files(out)])
        _replace(work, parameters, workers, report)
    unmoved = [place for place in _PLACES if (work / place).exists()]
    _refuse_present(out, [*unmoved, *_operations_files(work)])
    events = _recorded_events(work / _RECORD, parameters) or 0
    _publish(work, out)
    return f"sample written: {_sentence(out, parameters, events)}"


def _replace(
    work: Path, parameters: Parameters, workers: int, report: Callable[[str], None]
) -> None:
    """Write a whole sample into `work`, and first remove the leftovers of a killed run."""
    shutil.rmtree(work, ignore_errors=True)
    try:
        for place in (*_PLACES[:-1], _OPERATIONS):
            (work / place).mkdir(parents=True)
        events = write_sample(work, parameters, workers, report)
        record = parameters.as_json() | {"events": events}
        (work / _RECORD).write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    except OSError:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _publish(work: Path, out: Path) -> None:
    """Move the files that are still in `work` to their places, the record last."""
    (out / "landing").mkdir(exist_ok=True)
    for name in _operations_files(work):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).rename(out / name)
    for place in _PLACES:
        if (work / place).exists():
            (work / place).rename(out / place)
    shutil.rmtree(work)


def _recorded_events(path: Path, parameters: Parameters) -> int | None:
    """Return the number of events that `path` records; None if its parameters differ."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(record, dict):
        return None
    events = record.pop("events", None)
    return events if isinstance(events, int) and record == parameters.as_json() else None


def _check_published(out: Path, parameters: Parameters) -> int:
    events = _recorded_events(out / _RECORD, parameters)
    if events is None:
        raise SampleError(f"{out / _RECORD} records a sample with other parameters; {_REMEDY}")
    for place in (*_PLACES, _OPERATIONS):
        if not (out / place).exists():
            raise SampleError(f"{out / _RECORD} is there but {out / place} is gone; {_REMEDY}")
    return events


def _operations_files(folder: Path) -> list[str]:
    """Return the files below a folder that a sample landed as operations."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in (folder / _OPERATIONS).glob("dt=*/*-sample-*")
    )


def _refuse_present(out: Path, places: Sequence[str]) -> None:
    for place in places:
        if (out / place).exists():
            raise SampleError(
                f"{out / place} is there and is not of this sample: move it away or take another"
                " --out"
            )


def _sentence(out: Path, parameters: Parameters, events: int) -> str:
    return (
        f"{events:,} events of {parameters.users:,} people over {parameters.days} days "
        f"in {out / 'landing'}"
    )
