"""Writes the base model of a source: the SQL that turns a line into the canonical columns."""

from __future__ import annotations

import json

from logmart.source.mapping import COLUMNS, LineMapping, Origin, Path

_TYPES = {"is_bot": "boolean", "occurred_at": "timestamp", "received_at": "timestamp"}


def base_model(source: str, mapping: LineMapping) -> str:
    """Return the SQL of base_<source>__events."""
    columns = "".join(f"{_column(name, mapping)},\n" for name in COLUMNS)
    return f"""{{{{ config(**base_events_config('{source}')) }}}}

with lines as (
    {{{{ new_landing_lines('{source}') | indent }}}}
),

read_lines as (
    select
        *,
{_fields(mapping)} as fields
    from lines
),

events as (
    select
        landing_file,
        line_number,
        line,
        fields is not null as is_readable,
{columns}{_properties(mapping)} as properties
    from read_lines
),

canonical_events as (
    {{{{ canonical_events('{source}', 'events') | indent }}}}
)

select * from canonical_events
order by event_name
"""


def _fields(mapping: LineMapping) -> str:
    if mapping.pattern:
        names = json.dumps(list(mapping.parts)).replace('"', "'")
        return (
            f"        {{%- set form = {_literal(mapping.pattern)} %}}\n"
            f"        {{{{ pattern_parts('line', form, {names}) }}}}"
        )
    types = _read_fields(mapping)
    pairs = "\n".join(f"            {_literal(name)}: '{kind}'," for name, kind in types.items())
    return f"        {{{{ json_fields('line', {{\n{pairs}\n        }}) }}}}"


def _read_fields(mapping: LineMapping) -> dict[str, str]:
    """Return the outer fields that are read, and as which type: json where something in them is."""
    types: dict[str, str] = {}
    for name, origin in mapping.origins.items():
        for path in origin.paths:
            kind = "boolean" if name == "is_bot" else "varchar"
            types[path[0]] = "json" if len(path) > 1 else types.get(path[0], kind)
    for path in mapping.extras.values():
        types[path[0]] = "json" if len(path) > 1 else types.get(path[0], "varchar")
    if mapping.container:
        types[mapping.container[0]] = "json"
    return types


def _column(name: str, mapping: LineMapping) -> str:
    pad = " " * 8
    origin = mapping.origins.get(name)
    type_ = _TYPES.get(name, "varchar")
    if origin is None:
        return f"{pad}cast(null as {type_}) as {name}"
    if origin.constant:
        return f"{pad}{_sql_literal(origin.constant)} as {name}"
    if name == "is_bot":
        return f"{pad}{{{{ json_field('fields', {_literal(origin.paths[0][0])}) }}}} as {name}"
    texts = [_text(path, mapping) for path in origin.paths]
    if type_ == "timestamp":
        zone = mapping.time_zone
        texts = [
            f"{{{{ moment({_call(path, mapping)}, {_literal(origin.form)}, '{zone}') }}}}"
            for path in origin.paths
        ]
    else:
        empty = "'-'" if mapping.pattern else "''"
        texts = [f"nullif({text}, {empty})" for text in texts]
    if len(texts) == 1:
        return f"{pad}{texts[0]} as {name}"
    if origin.is_joined:
        joined = f"\n{pad}|| ' ' || ".join(_text(path, mapping) for path in origin.paths)
        return f"{pad}{joined} as {name}"
    listed = f",\n{pad}    ".join(texts)
    return f"{pad}coalesce(\n{pad}    {listed}\n{pad}) as {name}"


def _text(path: Path, mapping: LineMapping) -> str:
    """Return the Jinja of the text at a path."""
    return f"{{{{ {_call(path, mapping)} }}}}"


def _call(path: Path, mapping: LineMapping) -> str:
    if len(path) == 1 and _read_fields(mapping).get(path[0]) == "json":
        return f"json_text_of(json_field('fields', {_literal(path[0])}))"
    names = ", ".join(_literal(name) for name in path)
    return f"text_in('fields', [{names}])"


def _properties(mapping: LineMapping) -> str:
    pad = " " * 8
    parts = []
    if mapping.keeps_outer:
        names = "".join(f"\n            {_literal(name)}," for name in mapping.removed)
        parts.append(f"json_without('line', [{names}\n        ])" if names else "'line'")
    if mapping.container:
        held = f"json_text_of(json_field('fields', {_literal(mapping.container[0])}))"
        parts.append(f"json_of_typed_items({held})" if mapping.container_kind == "items" else held)
    if mapping.extras:
        pairs = "".join(
            f"\n            {_literal(name)}: {_extra(path, mapping)},"
            for name, path in mapping.extras.items()
        )
        parts.append(f"json_object({{{pairs}\n        }})")
    if not parts:
        return f"{pad}'{{}}'"
    if len(parts) == 1 and not mapping.extras:
        return f"{pad}{{{{ {parts[0]} }}}}" if parts[0] != "'line'" else f"{pad}line"
    merged = parts[0]
    if len(parts) == 1:
        merged = f"json_merged(\"'{{}}'\", {parts[0]})"
    for part in parts[1:]:
        merged = f"json_merged(\n        {merged},\n        {part}\n        )"
    return f"{pad}{{{{ {merged} }}}}"


def _extra(path: Path, mapping: LineMapping) -> str:
    absent = "nullif(\" ~ {} ~ \", '-')" if mapping.pattern else '" ~ {} ~ "'
    return f"\"nullif({absent.format(_call(path, mapping))}, '')\""


def _literal(text: str) -> str:
    """Return a text as a literal of Jinja."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _sql_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def origin_texts(mapping: LineMapping) -> dict[str, str]:
    """Return where each canonical column comes from, as text."""
    return {name: origin.text() for name, origin in _in_order(mapping).items()}


def _in_order(mapping: LineMapping) -> dict[str, Origin]:
    return {name: mapping.origins[name] for name in COLUMNS if name in mapping.origins}
