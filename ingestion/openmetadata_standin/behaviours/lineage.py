"""Behaviours of lineage edges."""

from __future__ import annotations

from openmetadata_standin.behaviours.behaviour import (
    EVERYWHERE,
    NOT_ON_1_12,
    ONLY_1_2,
    ONLY_1_12,
    READ_ON_1_12,
    READ_ON_1_12_AND_LATER,
    READ_SINCE_1_12,
    SINCE_1_12,
    Behaviour,
)

EDGE_REPLACED = Behaviour(
    "edge_replaced",
    "A PUT replaces columns, SQL and source of an edge; an omitted source becomes Manual.",
    EVERYWHERE,
)
UNKNOWN_PAIR_DROPPED = Behaviour(
    "unknown_pair_dropped",
    "A lineage column that the table lacks is dropped silently; 1.2 answers 400.",
    SINCE_1_12,
)
NESTED_PAIRS = Behaviour(
    "nested_pairs", "Nested columns take part in lineage; 1.2 answers 400.", READ_SINCE_1_12
)
SELF_EDGE = Behaviour("self_edge", "An edge of a table to itself is accepted.", EVERYWHERE)
ABSENT_EDGE = Behaviour(
    "absent_edge", "Removing an edge that does not exist answers 404.", EVERYWHERE
)
METRIC_EDGE = Behaviour(
    "metric_edge",
    "An edge of a metric to a dashboard is accepted, listed above the dashboard, and removed.",
    READ_ON_1_12,
)
DEPTH_LIMITED = Behaviour("depth_limited", "A depth above 3 answers 400.", EVERYWHERE)
EDGES_OUTLIVE_SOFT_DELETE = Behaviour(
    "edges_outlive_soft_delete",
    "Soft deletion keeps edges, and neighbours still list the node; hard deletion removes them.",
    EVERYWHERE,
)
LINEAGE_BY_NAME = Behaviour(
    "lineage_by_name",
    "There is a route that PUTs an edge between two names; 1.12 answers 405.",
    NOT_ON_1_12,
)
LINEAGE_CONFLICT = Behaviour(
    "lineage_conflict",
    "Of two simultaneous PUTs of edges into one entity, one may answer 500.",
    ONLY_1_12,
    test="test_races.py::test_edges_that_share_an_end_conflict",
)
HALF_WRITTEN_EDGE = Behaviour(
    "half_written_edge",
    "After such a 500 the edge may be in the database and not in the search index, so that"
    " `getLineage`, which the UI reads, lacks it.",
    ONLY_1_12,
    test="test_races.py::test_a_conflict_leaves_an_edge_half_written",
)
LINEAGE_FROM_SEARCH = Behaviour(
    "lineage_from_search",
    "`lineage/getLineage` answers from the search index; the UI shows its answer.",
    SINCE_1_12,
)
EDGES_IN_INDEX = Behaviour(
    "edges_in_index",
    "A document of the search index holds the edges into its entity, with their columns, as"
    " `upstreamLineage`.",
    SINCE_1_12,
)
METRIC_EDGE_IN_INDEX = Behaviour(
    "metric_edge_in_index",
    "The document of a dashboard in the search index holds the edges of metrics to it.",
    READ_ON_1_12_AND_LATER,
)
PAIR_OUTLIVES_COLUMN = Behaviour(
    "pair_outlives_column",
    "A column pair stays when its column is removed; later versions drop the pair with the column.",
    ONLY_1_2,
)
SESSION_DROPS_PAIR = Behaviour(
    "session_drops_pair",
    "When a PATCH adds a column and a PUT of lineage names it, another PATCH by the same user"
    " within 10 minutes drops the pair.",
    ONLY_1_12,
)

BEHAVIOURS = tuple(value for value in list(vars().values()) if isinstance(value, Behaviour))
