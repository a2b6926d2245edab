"""Findings on metrics, dimensions and exposures. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from logmart.dbt.manifest import Manifest, Node, parents
from logmart.findings import Finding, Reach, Severity
from logmart.gate.node_values import ValueChange, differences, flattened, without_inherited

MEASURE_KEYS = ("agg", "expr", "agg_params", "agg_time_dimension", "non_additive_dimension")
_DIMENSION_PARTS = {"dimensions": "dimension", "entities": "entity"}
_DESCRIBING = ("description", "label", "config", "metadata")
_EXPOSURE_KEYS = ("maturity", "type", "url", "label")


def semantic_findings(
    base: Manifest, head: Manifest, renamed: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield the findings on metrics, dimensions and exposures, without severities.

    In: `renamed`, the new ids of the models that have another name.
    """
    yield from _metrics(base, head)
    yield from _dimensions(base, head)
    yield from _exposures(base, head, renamed)


def used_measures(manifest: Manifest) -> set[str]:
    """Return the names of the measures that a metric reads itself."""
    return {
        str(measure["name"])
        for metric in manifest.part("metrics").values()
        for measure in [metric["type_params"].get("measure")]
        if measure
    }


def _metrics(old: Manifest, new: Manifest) -> Iterator[Finding]:
    before, after = old.part("metrics"), new.part("metrics")
    for metric_id in sorted({*before, *after}):
        metric = after.get(metric_id) or before[metric_id]
        name, file = metric["name"], metric["original_file_path"]
        if metric_id not in after:
            yield Finding("metric_removed", "metric removed", name, file=file)
        elif metric_id not in before:
            yield Finding("metric_added", "metric added", name, file=file)
        else:
            changes = differences(_definition(old, before[metric_id]), _definition(new, metric))
            if changes:
                message = "; ".join(change.text() for change in changes)
                yield Finding("metric_changed", message, name, file=file)


def _definition(manifest: Manifest, metric: Node) -> dict[str, Any]:
    """Return what decides a metric's values, except the metrics that it is made of."""
    params = {key: value for key, value in metric["type_params"].items() if key != "input_measures"}
    filters = (metric.get("filter") or {}).get("where_filters") or []
    found = {
        "type": metric["type"],
        "filter": " and ".join(str(each["where_sql_template"]) for each in filters),
        **flattened(params),
    }
    wanted = (params.get("measure") or {}).get("name")
    for model in manifest.part("semantic_models").values():
        for measure in model.get("measures") or []:
            if measure["name"] == wanted:
                found |= flattened(
                    {f"measure {wanted}, {key}": measure.get(key) for key in MEASURE_KEYS}
                )
    return found


def _dimensions(old: Manifest, new: Manifest) -> Iterator[Finding]:
    before, after = old.part("semantic_models"), new.part("semantic_models")
    for model_id in sorted(before.keys() & after.keys()):
        model = after[model_id]
        configured = differences(
            *(flattened({"config": side.get("config")}) for side in (before[model_id], model))
        )
        for part, word in _DIMENSION_PARTS.items():
            was, now = _by_name(before[model_id], part), _by_name(model, part)
            for name in sorted({*was, *now}):
                place = (str(model["name"]), name, str(model["original_file_path"]))
                if name not in now:
                    yield Finding("dimension_removed", f"{word} removed", *place)
                elif name not in was:
                    yield Finding("dimension_added", f"{word} added", *place)
                else:
                    changes = without_inherited(
                        differences(*(flattened({word: side[name]}) for side in (was, now))),
                        configured,
                    )
                    if changes:
                        yield _dimension_finding(changes, place)


def _dimension_finding(changes: list[ValueChange], place: tuple[str, str, str]) -> Finding:
    """Return the finding on a dimension; at most a note where its values stay as they are."""
    described = all(change.path.split(".")[1] in _DESCRIBING for change in changes)
    return Finding(
        "dimension_changed",
        "; ".join(change.text() for change in changes),
        *place,
        at_most=Severity.NOTE if described else Severity.ERROR,
    )


def _by_name(model: Node, part: str) -> dict[str, Mapping[str, Any]]:
    return {str(each["name"]): each for each in model.get(part) or []}


def _exposures(old: Manifest, new: Manifest, renamed: Mapping[str, str]) -> Iterator[Finding]:
    before, after = old.part("exposures"), new.part("exposures")
    for exposure_id in sorted({*before, *after}):
        exposure = after.get(exposure_id) or before[exposure_id]
        name, file = exposure["name"], exposure["original_file_path"]
        if exposure_id not in after:
            yield Finding("exposure_removed", "exposure removed", name, file=file)
        elif exposure_id not in before:
            yield Finding("exposure_added", "exposure added", name, file=file)
        else:
            yield from _exposure(old, new, before[exposure_id], exposure, renamed)


def _exposure(
    old: Manifest, new: Manifest, before: Node, exposure: Node, renamed: Mapping[str, str]
) -> Iterator[Finding]:
    name, file = exposure["name"], exposure["original_file_path"]
    was = {renamed.get(each, each) for each in parents(before)}
    now = set(parents(exposure))
    lost = sorted(each.rpartition(".")[2] for each in was - now)
    gained = sorted(each.rpartition(".")[2] for each in now - was)
    words = [f"no longer reads {', '.join(lost)}"] if lost else []
    words += [f"newly reads {', '.join(gained)}"] if gained else []
    if words:
        yield Finding("exposure_changed", "; ".join(words), name, file=file)
    owners = old.owner_of(before), new.owner_of(exposure)
    if owners[0] != owners[1]:
        message = f"{owners[0] or 'nobody'} -> {owners[1] or 'nobody'}"
        asked = Reach(owners=tuple(sorted(set(owners) - {""})))
        yield Finding("owner_changed", message, name, file=file, reach=asked)
    changes = differences(
        *({key: side.get(key) for key in _EXPOSURE_KEYS} for side in (before, exposure))
    )
    if changes:
        message = "; ".join(change.text() for change in changes)
        yield Finding("exposure_changed", message, name, file=file, at_most=Severity.NOTE)
