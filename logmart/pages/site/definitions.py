"""The metrics that the pages show, as their YAML defines them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from logmart.errors import CommandError

Direction = Literal["good", "bad", "neutral"]
DIRECTIONS = ("good", "bad", "neutral")
KNOWN_KEYS = ("label_ko", "up_is", "is_headline")


@dataclass(frozen=True)
class Owner:
    """The owner of a group of metrics."""

    name: str
    email: str


@dataclass(frozen=True)
class Metric:
    """A metric of the pages.

    `up_is` says whether a higher value is better. `marts` are the tables that it is computed from.
    """

    name: str
    label: str
    label_ko: str
    description: str
    unit: str
    group: str
    owner: Owner
    up_is: Direction
    is_headline: bool
    is_dated_by_receipt: bool
    caveats: str
    file: str
    marts: tuple[str, ...]


@dataclass(frozen=True)
class Scorecard:
    """A page of several metrics: those of a group, or the headline metrics of all groups."""

    name: str
    label: str
    label_ko: str
    description: str
    metrics: tuple[Metric, ...]


def read_metrics(manifest: Mapping[str, Any]) -> list[Metric]:
    """Return the metrics of dbt's manifest, in the order of the YAML files; ingredients of other
    metrics are left out.

    Raises CommandError, with the file and the key, where `config.meta.page` is wrong.
    """
    owners = {
        group["name"]: Owner(group["owner"]["name"], group["owner"].get("email") or "")
        for group in manifest["groups"].values()
    }
    metrics_daily = next(
        node
        for node in manifest["nodes"].values()
        if node["name"] == "metrics_daily" and node["resource_type"] == "model"
    )
    found = [
        _metric(entry, entry["config"]["meta"], owners, _marts(entry, manifest))
        for entry in manifest["metrics"].values()
        if not entry["config"]["meta"].get("is_ingredient")
    ]
    yaml_file = str(metrics_daily["patch_path"]).partition("://")[2]
    for name, entry in metrics_daily["config"]["meta"].get("beyond_metricflow", {}).items():
        described = {"name": name, "original_file_path": yaml_file, **entry}
        found.append(_metric(described, entry, owners, ()))
    return found


def scorecards(metrics: list[Metric], manifest: Mapping[str, Any]) -> list[Scorecard]:
    """Return the company's scorecard, then one for each group that owns metrics."""
    cards = [
        Scorecard(
            "company",
            "Company",
            "전사",
            "The figures that the whole company watches.",
            tuple(metric for metric in metrics if metric.is_headline),
        )
    ]
    for group in manifest["groups"].values():
        owned = tuple(metric for metric in metrics if metric.group == group["name"])
        if owned:
            meta = (group.get("config") or {}).get("meta") or {}
            cards.append(
                Scorecard(
                    group["name"],
                    meta.get("label") or group["name"].replace("_", " ").capitalize(),
                    meta.get("label_ko") or "",
                    group.get("description") or "",
                    owned,
                )
            )
    return [card for card in cards if card.metrics]


def _metric(
    entry: Mapping[str, Any],
    meta: Mapping[str, Any],
    owners: Mapping[str, Owner],
    marts: tuple[str, ...],
) -> Metric:
    name, file = entry["name"], entry["original_file_path"]
    page = meta.get("page") or {}

    def wrong(key: str, remedy: str) -> CommandError:
        return CommandError(f"{file}: metric {name}: config.meta.page.{key}: {remedy}")

    for key in page:
        if key not in KNOWN_KEYS:
            raise wrong(key, f"nothing reads it: the keys are {', '.join(KNOWN_KEYS)}")
    if not isinstance(page.get("label_ko"), str) or not page["label_ko"].strip():
        raise wrong("label_ko", "it is missing: give the metric a Korean label")
    if page.get("up_is", "neutral") not in DIRECTIONS:
        raise wrong("up_is", f"it is {page['up_is']}: make it one of {', '.join(DIRECTIONS)}")
    group = entry.get("group") or ""
    if group not in owners:
        raise CommandError(f"{file}: metric {name}: config.group: give it one that has an owner")
    return Metric(
        name=name,
        label=entry["label"],
        label_ko=page["label_ko"].strip(),
        description=entry["description"],
        unit=meta["unit"],
        group=group,
        owner=owners[group],
        up_is=cast(Direction, page.get("up_is", "neutral")),
        is_headline=bool(page.get("is_headline")),
        is_dated_by_receipt=meta.get("dated_by") == "receipt",
        caveats=meta.get("caveats", ""),
        file=file,
        marts=marts,
    )


def _marts(entry: Mapping[str, Any], manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the models that a metric reads, through its semantic models and
    metrics.
    """
    found: set[str] = set()
    for parent in entry["depends_on"]["nodes"]:
        if parent in manifest["metrics"]:
            found.update(_marts(manifest["metrics"][parent], manifest))
        elif parent in manifest["semantic_models"]:
            nodes = manifest["semantic_models"][parent]["depends_on"]["nodes"]
            found.update(manifest["nodes"][node]["name"] for node in nodes)
    return tuple(sorted(found))
