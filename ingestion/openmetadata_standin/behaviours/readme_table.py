"""Renders the README's table of behaviours."""

from __future__ import annotations

from openmetadata_standin.behaviours import BEHAVIOURS
from openmetadata_standin.behaviours.behaviour import Behaviour
from openmetadata_standin.behaviours.versions import SERIES

_HEAD = f"| behaviour | | {' | '.join(SERIES)} | test |\n|{'---|' * (len(SERIES) + 3)}\n"


def behaviour_table() -> str:
    """Return the table: a row for each behaviour, with the evidence by version and the test."""
    return _HEAD + "\n".join(_row(behaviour) for behaviour in BEHAVIOURS) + "\n"


def _row(behaviour: Behaviour) -> str:
    known = [
        behaviour.known[series].value if series in behaviour.known else "no" for series in SERIES
    ]
    return (
        f"| `{behaviour.name}` | {behaviour.sentence} | {' | '.join(known)} | `{behaviour.test}` |"
    )
