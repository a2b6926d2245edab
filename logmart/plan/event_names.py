"""Names the models of events. event_model() of macros/tracking_plan/event_names.sql says the same.

A log's event names are kept as they are sent (`add-to-cart`, `Order Completed`). The name of the
model is their form in snake_case.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

_FORM = re.compile(r"[a-z][a-z0-9_]{0,59}")
_TAKEN = "unplanned_events"


def event_form(name: str) -> str:
    """Return an event's name in snake_case: unchanged where it is in snake_case.

    A hash of the name stands at its end where the name is long, or has letters that a model's name
    cannot have.
    """
    if _FORM.fullmatch(name) and name != _TAKEN:
        return name
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    form = re.sub(r"[^a-z0-9]+", "_", words).strip("_")
    if _FORM.fullmatch(form) and form != _TAKEN and re.fullmatch("[ -~]+", name):
        return form
    return f"{f'event_{form}'[:50].strip('_')}_{_hash(name)}"


def event_models(source: str, names: Iterable[str]) -> dict[str, str]:
    """Return the model of each event of a source, by the event's name, in the order of the list.

    The later of two events with one form has a hash of its name at the end.
    """
    models: dict[str, str] = {}
    forms: set[str] = set()
    for name in dict.fromkeys(names):
        form = event_form(name)
        end = f"_{_hash(name)}" if form in forms else ""
        models[name] = f"stg_{source}__{form}{end}"
        forms.add(form)
    return models


def _hash(name: str) -> str:
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:8]
