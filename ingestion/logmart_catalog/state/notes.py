"""What is worth knowing of what dbt wants, besides the state itself. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Notes:
    """What could not be published as it is, and where personal data goes.

    `unknown_types` counts the column types that are not understood, `unplaced` the things that the
    catalog has no place for; `untraced` says of columns, by FQN, why their lineage is not known;
    `exposed` names, by FQN of the dashboard, the columns with a class of personal data that it
    reads; `malformed` says of each value in dbt that does not fit, where it is and what was
    expected. `left_out` says of nodes that are not published, by unique id, why the artifacts do
    not tell them whole, `outdated` of nodes that are, why they may be out of date there;
    `reads_itself` are incremental models whose SQL is that of an incremental run; `not_chosen`
    counts the nodes that were not asked for; `refusal` says why nothing of them is published.
    """

    unknown_types: Mapping[str, int] = field(default_factory=dict)
    unplaced: Mapping[str, int] = field(default_factory=dict)
    untraced: Mapping[str, str] = field(default_factory=dict)
    exposed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    malformed: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    outdated: Mapping[str, str] = field(default_factory=dict)
    reads_itself: tuple[str, ...] = ()
    not_chosen: int = 0
    refusal: str = ""

    @property
    def imperfect(self) -> dict[str, str]:
        """What the artifacts do not tell whole, or not as it is now, and why."""
        return {**self.left_out, **self.outdated}
