"""Makes the exposures of the scorecards from the YAML of the metrics: `logmart pages exposures`.

A scorecard is an exposure of the metrics that it shows and of the marts that they and its sections
read. The catalog draws the lineage from mart to metric to scorecard.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from logmart.dbt.project_yaml import entries, groups
from logmart.pages.generated_page import page_command
from logmart.pages.site.sections import MARTS

PAGE = Path("models/semantic/_scorecards__exposures.yml")
HEAD = """\
# `logmart pages exposures` generates this file from config.meta.page of the metrics: edit those.
"""


class _Indented(yaml.SafeDumper):
    """Indents the items of lists, as yamllint asks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent one level, in lists too."""
        super().increase_indent(flow, False)


def exposures(project: Path) -> str:
    """Return the YAML of a project's scorecards: one a group that owns metrics, and the company's.

    The company's scorecard names the headline metrics that every build has; those of records are
    built only where the records land.
    """
    listed = entries(project, "semantic", "metrics")
    by_name = {entry["name"]: entry for entry in listed}
    models = entries(project, "semantic", "semantic_models")
    shown = [entry for entry in listed if not entry["config"]["meta"].get("is_ingredient")]
    found = [_company(shown)]
    for name, group in groups(project).items():
        owned = [entry for entry in shown if entry["config"]["group"] == name]
        if owned:
            marts = {mart for entry in owned for mart in _marts(entry, by_name, models)}
            found.append(_exposure(name, group, owned, sorted({*marts, *MARTS.get(name, ())})))
    content = {"version": 2, "exposures": found}
    text = yaml.dump(content, Dumper=_Indented, sort_keys=False, allow_unicode=True, width=110)
    return HEAD + text


def _company(metrics: list[dict[str, Any]]) -> dict[str, Any]:
    named = [
        entry
        for entry in metrics
        if entry["config"]["meta"].get("page", {}).get("is_headline")
        and "enabled" not in entry["config"]
    ]
    return {
        "name": "company_scorecard",
        "label": "Company scorecard",
        "type": "dashboard",
        "maturity": "medium",
        "description": "The headline metrics of every area, and a page for each metric.",
        "depends_on": [
            *(f"metric('{entry['name']}')" for entry in named),
            "ref('metrics_daily')",
            "ref('metrics_compared')",
            "ref('metric_restatements')",
            "ref('metric_targets_monthly')",
        ],
        "owner": {"name": "Data platform", "email": "data-platform@example.com"},
    }


def _exposure(
    name: str, group: Mapping[str, Any], metrics: list[dict[str, Any]], marts: list[str]
) -> dict[str, Any]:
    label = group.get("config", {}).get("meta", {}).get("label") or name.capitalize()
    enabled = {entry["config"]["enabled"] for entry in metrics if "enabled" in entry["config"]}
    return {
        "name": f"{name}_scorecard",
        "label": f"{label} scorecard",
        "type": "dashboard",
        "maturity": "medium",
        "description": f"{group['description']} Drawn from the metrics, with a page for each.",
        **({"config": {"enabled": enabled.pop()}} if len(enabled) == 1 else {}),
        "depends_on": [
            *(f"metric('{entry['name']}')" for entry in metrics),
            *(f"ref('{mart}')" for mart in marts),
        ],
        "owner": dict(group["owner"]),
    }


def _marts(
    entry: Mapping[str, Any], by_name: Mapping[str, Any], models: list[dict[str, Any]]
) -> set[str]:
    """Return the marts that a metric reads, through the metrics that it is made of."""
    parameters = entry["type_params"]
    if "measure" in parameters:
        measure = _name(parameters["measure"])
        return {
            model["model"].split("'")[1]
            for model in models
            if measure in [listed["name"] for listed in model.get("measures", [])]
        }
    inputs = [parameters[side] for side in ("numerator", "denominator") if side in parameters]
    return {
        mart
        for part in inputs or parameters["metrics"]
        for mart in _marts(by_name[_name(part)], by_name, models)
    }


def _name(part: str | Mapping[str, Any]) -> str:
    return part if isinstance(part, str) else str(part["name"])


main = page_command("exposures", __doc__, PAGE, exposures)
