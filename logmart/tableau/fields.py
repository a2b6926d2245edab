"""The fields of a data source: what Tableau shows of a mart's columns. Pure functions.

A field is summed by default only where the YAML says that it may be: a column whose
`config.meta.additive_over` is `dates and dimension`, or the measure of a metric that is so and has
no filter. Tableau sums every other number too, unless it is told not to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from logmart.dbt.manifest import Manifest, keys
from logmart.tableau.types import ExtractType

Role = Literal["dimension", "measure"]
SUMMABLE = "dates and dimension"
KEYS, DATES, ATTRIBUTES = "Keys", "Dates and times", "Attributes"
SUMMED, NOT_SUMMED = "Measures, summed", "Measures, not summed"
FOLDERS = (KEYS, DATES, ATTRIBUTES, SUMMED, NOT_SUMMED)
_NUMBER = {"integer": "n#,##0;-#,##0", "real": "n#,##0.##;-#,##0.##"}
_FORMATS = {"KRW": 'c"₩"#,##0;-"₩"#,##0', "share": "p0.0%"}
_TIME_FORMATS = {"date": "*yyyy-MM-dd", "datetime": "*yyyy-MM-dd HH:mm:ss"}
# The unit that a word of a column's name tells, where config.meta.unit does not.
_UNITS = {"krw": "KRW", "share": "share", "rate": "share"} | {
    word: word for word in ("seconds", "minutes", "bytes")
}
_NOTED_UNITS = {*_UNITS.values()} - {"share"}
_NUMBERED = {"number", "id", "year"}
_CAPITALS = {word: word.upper() for word in ("krw", "id", "url", "dau", "wau", "mau")}
_CAST = re.compile(r"cast\(\s*(\w+)\s+as\s+[\w(), ]+\)", re.IGNORECASE)


@dataclass(frozen=True)
class Field:
    """A field of a data source."""

    name: str
    caption: str
    description: str
    type: ExtractType
    role: Role
    aggregation: str
    default_format: str
    folder: str

    @property
    def kind(self) -> str:
        """Return Tableau's kind: a measure is quantitative, a dimension ordinal or nominal."""
        if self.role == "measure":
            return "quantitative"
        return "nominal" if self.type.datatype in ("string", "boolean") else "ordinal"


@dataclass(frozen=True)
class _Known:
    """What is known of a mart: its key, the columns that may be summed, and metrics' units."""

    key: set[str]
    summable: set[str]
    units: Mapping[str, str]


def fields(
    manifest: Manifest, unique_id: str, types: Mapping[str, ExtractType]
) -> tuple[Field, ...]:
    """Return the fields of a mart, in the order of `types`: its extracted columns by name."""
    columns = manifest.built[unique_id]["columns"]
    known = _Known(
        key={column for key in keys(manifest, unique_id) for column in key},
        summable=summable_columns(manifest, unique_id),
        units={metric["name"]: _meta(metric).get("unit", "") for metric in _metrics(manifest)},
    )
    found = [_field(columns[name], kind, known) for name, kind in types.items()]
    captions = Counter(field.caption.lower() for field in found)
    return tuple(
        replace(field, caption=field.name) if captions[field.caption.lower()] > 1 else field
        for field in found
    )


def summable_columns(manifest: Manifest, unique_id: str) -> set[str]:
    """Return the columns of a mart that may be summed over any of its rows."""
    node = manifest.built[unique_id]
    found = {
        str(column["name"])
        for column in node["columns"].values()
        if _meta(column).get("additive_over") == SUMMABLE
    }
    measures = {
        measure["name"]: str(measure.get("expr") or measure["name"])
        for model in manifest.part("semantic_models").values()
        if unique_id in model["depends_on"]["nodes"]
        for measure in model["measures"]
        if measure["agg"] == "sum" and not measure.get("non_additive_dimension")
    }
    for metric in _metrics(manifest):
        measure = (metric["type_params"].get("measure") or {}).get("name")
        is_plain = metric["type"] == "simple" and not metric.get("filter")
        if is_plain and measure in measures and _meta(metric).get("additive_over") == SUMMABLE:
            cast = _CAST.fullmatch(measures[measure])
            found.add(cast[1] if cast else measures[measure])
    return found & set(node["columns"])


def _field(column: Mapping[str, Any], kind: ExtractType, known: _Known) -> Field:
    name = str(column["name"])
    words = name.lower().split("_")
    unit = _meta(column).get("unit") or known.units.get(name) or _unit(words)
    is_key = name in known.key
    is_measure = (
        kind.datatype in _NUMBER
        and not is_key
        and (kind.datatype == "real" or words[-1] not in _NUMBERED)
    )
    is_summed = is_measure and name in known.summable and unit != "share"
    if is_measure:
        folder = SUMMED if is_summed else NOT_SUMMED
    else:
        is_id = is_key or words[-1] == "id"
        folder = KEYS if is_id else DATES if kind.datatype in _TIME_FORMATS else ATTRIBUTES
    notes = [column.get("description") or ""]
    notes += ["The extract holds it as JSON text."] if kind.is_json else []
    notes += ["Not summed by default."] if is_measure and not is_summed else []
    return Field(
        name=name,
        caption=_caption(words, unit if is_measure else "", kind.datatype),
        description=" ".join(" ".join(notes).split()),
        type=kind,
        role="measure" if is_measure else "dimension",
        aggregation=_aggregation(is_measure, is_summed, kind.datatype),
        default_format=_format(is_measure, unit, kind.datatype),
        folder=folder,
    )


def _aggregation(is_measure: bool, is_summed: bool, datatype: str) -> str:
    if is_measure:
        return "Sum" if is_summed else "Avg"
    return "Year" if datatype in _TIME_FORMATS else "Count"


def _format(is_measure: bool, unit: str, datatype: str) -> str:
    if is_measure:
        return _FORMATS.get(unit, _NUMBER[datatype])
    return _TIME_FORMATS.get(datatype, "")


def _caption(words: list[str], unit: str, datatype: str) -> str:
    """Return the name as people read it, with the unit or time zone in brackets."""
    note = "UTC" if datatype == "datetime" else unit if unit in _NOTED_UNITS else ""
    kept = [word for word in words if word != note.lower()] or words
    text = " ".join(_CAPITALS.get(word, word) for word in kept if word)
    return text[:1].upper() + text[1:] + (f" ({note})" if note else "")


def _unit(words: list[str]) -> str:
    return next((_UNITS[word] for word in reversed(words) if word in _UNITS), "")


def _metrics(manifest: Manifest) -> list[Mapping[str, Any]]:
    return list(manifest.part("metrics").values())


def _meta(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return config.meta of an entry of the manifest."""
    meta: Mapping[str, Any] = (entry.get("config") or {}).get("meta") or entry.get("meta") or {}
    return meta
