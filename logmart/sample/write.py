"""A sample in its place: what is there is respected, and what is new appears only when complete."""

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
_REMEDY = "take another --out, or remove this sample with `make clean`"


class SampleError(Exception):
    """A sample cannot be written; the message names what is in the way and the remedy."""


def make_sample(
    out: Path, parameters: Parameters, workers: int, report: Callable[[str], None]
) -> str:
    """Write the sample below `out`, unless it is there already; return a line telling so.

    It is written beside its place and moved there when it is whole, `sample.json` last: a run that
    was killed leaves nothing that a reader would take for a sample, and the next run clears it.
    `report` is called with a line of progress every few seconds.

    Raises:
        SampleError: landing data made otherwise is in the way; nothing has been touched.
        OSError: a file cannot be written; what had been written is gone again.
        ChildProcessError: a worker was killed; likewise.
    """
    if (out / _RECORD).exists():
        events = _check_published(out, parameters)
        return f"sample is there already, unchanged: {_sentence(out, parameters, events)}"
    work = out / _WORK
    if _recorded_events(work / _RECORD, parameters) is None:
        _refuse_present(out, _PLACES)
        _replace(work, parameters, workers, report)
    _refuse_present(out, [place for place in _PLACES if (work / place).exists()])
    events = _recorded_events(work / _RECORD, parameters) or 0
    _publish(work, out)
    return f"sample written: {_sentence(out, parameters, events)}"


def _replace(
    work: Path, parameters: Parameters, workers: int, report: Callable[[str], None]
) -> None:
    """Write a whole sample into `work`; what a killed run left there goes."""
    shutil.rmtree(work, ignore_errors=True)
    try:
        for place in _PLACES[:-1]:
            (work / place).mkdir(parents=True)
        events = write_sample(work, parameters, workers, report)
        record = parameters.as_json() | {"events": events}
        (work / _RECORD).write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    except OSError:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _publish(work: Path, out: Path) -> None:
    """Move what is still in `work` into its place, the record last."""
    (out / "landing").mkdir(exist_ok=True)
    for place in _PLACES:
        if (work / place).exists():
            (work / place).rename(out / place)
    shutil.rmtree(work)


def _recorded_events(path: Path, parameters: Parameters) -> int | None:
    """Return the events of the sample that `path` records, None unless made with `parameters`."""
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
    for place in _PLACES:
        if not (out / place).exists():
            raise SampleError(f"{out / _RECORD} is there but {out / place} is gone; {_REMEDY}")
    return events


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
