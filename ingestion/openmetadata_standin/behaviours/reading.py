"""Behaviours of the server in general, of its answers, and of batch calls."""

from __future__ import annotations

from openmetadata_standin.behaviours.behaviour import (
    EVERYWHERE,
    ONLY_1_12,
    ONLY_2_0,
    READ_EVERYWHERE,
    SINCE_1_12,
    Behaviour,
    Evidence,
)

VERSION_IS_OPEN = Behaviour("version_is_open", "The version needs no token.", EVERYWHERE)
UNKNOWN_ROUTE_404 = Behaviour(
    "unknown_route_404",
    "An unknown path answers 404, an unsupported method 405; 1.2 answers 500 to both.",
    SINCE_1_12,
)
ERRORS_AS_JSON = Behaviour(
    "errors_as_json", "Errors are JSON with `code` and `message`.", EVERYWHERE
)
NO_WAITING = Behaviour(
    "no_waiting",
    "Nagle's algorithm delays no answer, and none is 504, on which the client would sleep.",
    READ_EVERYWHERE,
    test="test_server.py::test_small_answers_are_not_held_back",
)
EMPTY_LISTS = Behaviour(
    "empty_lists",
    "Columns without children and tags come back with `children: []` and `tags: []`.",
    SINCE_1_12,
)
FIELDS_ON_REQUEST = Behaviour(
    "fields_on_request", "Tags, owners and the data model are sent only on request.", EVERYWHERE
)
PAGES = Behaviour(
    "pages",
    "Lists come in pages, ordered by name, with cursors; a limit above 1,000,000 answers 400.",
    EVERYWHERE,
)
INHERITED = Behaviour(
    "inherited",
    "The tables of a schema have its owners and domains with `inherited: true`, in lists too.",
    SINCE_1_12,
)
SERVICE_INHERITED = Behaviour(
    "service_inherited",
    "Databases of a service and all entities in them inherit its domain, but not its owners.",
    SINCE_1_12,
)
INHERITED_STAY = Behaviour(
    "inherited_stay",
    "Removing an inherited owner by PATCH answers 200 and changes nothing.",
    SINCE_1_12,
)
DERIVED_TAGS = Behaviour(
    "derived_tags",
    "An entity with a glossary term also has the term's tags, as Derived.",
    SINCE_1_12,
)
USERS_IN_LOWER_CASE = Behaviour(
    "users_in_lower_case",
    "Names and addresses of users are stored in lower case. A user is found by name in any case; a"
    " name with a dot works with quotes and without.",
    {"1.2": Evidence.ASSUMED, "1.12": Evidence.TRIED, "2.0": Evidence.ASSUMED},
)
BULK_BY_ROW = Behaviour(
    "bulk_by_row",
    "A bulk PUT answers 200 and accepts or refuses each row: `partialSuccess`.",
    READ_EVERYWHERE,
)
BULK_WHOLE_BODY = Behaviour(
    "bulk_whole_body", "`failedRequest[].request` of a bulk call is the whole body.", ONLY_1_12
)
STALE_REMOVED = Behaviour(
    "stale_removed",
    "`deleteStale` soft-deletes the entities of a scope that were not seen, whoever made them;"
    " before 2.0 there is no such route.",
    ONLY_2_0,
)
BULK_REFUSED_WHOLE = Behaviour(
    "bulk_refused_whole",
    "A bulk PUT with a row that does not fit the schema, such as an unknown field or metric type,"
    " answers 400 and creates no row.",
    SINCE_1_12,
)
OVERRIDE_METADATA = Behaviour(
    "override_metadata",
    "Bulk `overrideMetadata=true` lets a bot replace descriptions; before 2.0 it does nothing.",
    ONLY_2_0,
)
EQUAL_SOURCE_HASH = Behaviour(
    "equal_source_hash",
    "A bulk PUT skips a row whose `sourceHash` equals the stored one; before 2.0 it does not.",
    ONLY_2_0,
)
CONTRACT_AS_SENT = Behaviour(
    "contract_as_sent",
    "A contract's entity is listed as it was sent: if it was sent by id alone, it has no name.",
    ONLY_1_12,
)
ONE_CONTRACT = Behaviour(
    "one_contract", "A table has one contract: a second one answers 400.", READ_EVERYWHERE
)
ORPHANED_DASHBOARD = Behaviour(
    "orphaned_dashboard",
    "A server killed in a bulk PUT can leave a dashboard without its service: every call on it"
    " answers 500. Set by a fault.",
    ONLY_1_12,
    test="test_faults.py::test_an_orphan_fails_every_call_on_it",
)
TYPE_SCHEMA = Behaviour(
    "type_schema",
    "The type of a kind of entity holds its JSON schema, and so the enum values that the server"
    " knows.",
    SINCE_1_12,
)

BEHAVIOURS = tuple(value for value in list(vars().values()) if isinstance(value, Behaviour))
