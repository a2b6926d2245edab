"""Findings on metrics, dimensions and exposures. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
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
    yield from _paired(base, head, "metric", partial(_metric, base, head))
    yield from _dimensions(base, head)
    yield from _paired(base, head, "exposure", partial(_exposure, base, head, renamed))


def used_measures(manifest: Manifest) -> set[str]:
    """Return the names of the measures that a metric reads itself."""
    return {
        str(measure["name"])
        for metric in manifest.part("metrics").values()
        for measure in [metric["type_params"].get("measure")]
        if measure
    }


def _paired(
    old: Manifest, new: Manifest, noun: str, changed: Callable[[Node, Node], Iterator[Finding]]
) -> Iterator[Finding]:
    """Yield the findings on the metrics or exposures of two manifests; in: `changed`, those on one
    that both have.
    """
    before, after = old.part(f"{noun}s"), new.part(f"{noun}s")
    for node_id in sorted({*before, *after}):
        node = after.get(node_id) or before[node_id]
        if node_id in before and node_id in after:
            yield from changed(before[node_id], node)
        else:
            word = "removed" if node_id in before else "added"
            place = node["name"], "", node["original_file_path"]
            yield Finding(f"{noun}_{word}", f"{noun} {word}", *place)


def _metric(old: Manifest, new: Manifest, before: Node, metric: Node) -> Iterator[Finding]:
    changes = differences(_definition(old, before), _definition(new, metric))
    if changes:
        message = "; ".join(change.text() for change in changes)
        yield Finding("metric_changed", message, metric["name"], file=metric["original_file_path"])


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


def _exposure(
    old: Manifest, new: Manifest, renamed: Mapping[str, str], before: Node, exposure: Node
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
