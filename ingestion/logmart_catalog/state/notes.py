"""Notes on a desired state: what is left out, out of date or unknown. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Notes:
    """What could not be published as it is, and where personal data goes.

    `unknown_types` counts the column types that are not understood, `unplaced` the things that have
    no place in the catalog. `untraced` says by FQN why the lineage of a column is unknown.
    `exposed` lists by FQN of the dashboard the columns with personal data that it reads.
    `malformed` says of each value in dbt that does not fit where it is and what was expected.
    `left_out` says by unique id why a node is not published, `outdated` why a published node may be
    out of date. `reads_itself` are the incremental models whose SQL reads their own table.
    `not_chosen` counts the nodes that were not selected. `refusal` says why nothing is published,
    "" when something is.
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
        """The nodes that are incomplete or out of date in the artifacts, with the reason."""
        return {**self.left_out, **self.outdated}
