"""Behaviours of PUT, PATCH and DELETE, and of their refusals."""

from __future__ import annotations

from openmetadata_standin.behaviours.behaviour import (
    EVERYWHERE,
    ONLY_1_2,
    READ_BUT_NOT_ON_1_12,
    READ_EVERYWHERE,
    READ_SINCE_1_12,
    SINCE_1_12,
    Behaviour,
    Evidence,
)

DATA_MODEL_DROPPED_IN_CREATE = Behaviour(
    "data_model_dropped_in_create",
    "A create drops the data model in its body.",
    READ_SINCE_1_12,
)
DATA_MODEL_PUT_ERASES = Behaviour(
    "data_model_put_erases",
    "PUT tables/{id}/dataModel erases table constraints and schema definition.",
    READ_SINCE_1_12,
)
DATA_MODEL_PUT_WITHOUT_TEXTS = Behaviour(
    "data_model_put_without_texts",
    "PUT tables/{id}/dataModel does not copy its columns' descriptions to the table.",
    SINCE_1_12,
)
DATA_MODEL_PUT_TAGS = Behaviour(
    "data_model_put_tags",
    "PUT tables/{id}/dataModel adds its columns' tags to the table's columns.",
    SINCE_1_12,
)
DATA_MODEL_BY_PATCH = Behaviour(
    "data_model_by_patch",
    "A PATCH stores a data model and keeps constraints and schema definition.",
    EVERYWHERE,
)
PUT_ERASES_SILENTLY = Behaviour(
    "put_erases_silently",
    "A PUT that changes a table erases the data model, constraints and source URL if it omits them;"
    " a PUT that changes nothing else keeps them.",
    ONLY_1_2,
)
CONSTRAINTS_SORTED = Behaviour(
    "constraints_sorted",
    "Any change of a table sorts the columns of its constraints, and independently the columns that"
    " they refer to.",
    SINCE_1_12,
)
BOT_KEEPS_TEXTS = Behaviour(
    "bot_keeps_texts",
    "A bot's PUT keeps a non-empty description; a PATCH changes or removes it.",
    EVERYWHERE,
)
BOT_KEEPS_COLUMN_TEXTS = Behaviour(
    "bot_keeps_column_texts",
    "A bot's PUT keeps the non-empty descriptions of columns.",
    EVERYWHERE,
)
BOT_KEEPS_DISPLAY_NAME = Behaviour(
    "bot_keeps_display_name",
    "A bot's PUT keeps a display name that is set; 1.12 replaces it, or erases an omitted one.",
    READ_BUT_NOT_ON_1_12,
)
BOT_KEEPS_OWNERS = Behaviour(
    "bot_keeps_owners",
    "A bot's PUT keeps owners that are set; 1.12 replaces them, unless the PUT names none.",
    READ_BUT_NOT_ON_1_12,
)
BOT_KEEPS_DOMAIN = Behaviour(
    "bot_keeps_domain", "A bot's PUT keeps a domain that is set; 1.2 replaces it.", SINCE_1_12
)
PUT_MERGES_TAGS = Behaviour(
    "put_merges_tags", "A PUT only adds tags; a PATCH replaces them.", EVERYWHERE
)
COLUMNS_DROPPED_BY_PUT = Behaviour(
    "columns_dropped_by_put",
    "A PUT drops the columns that it omits; the other columns keep their tags.",
    EVERYWHERE,
)
DISPLAY_NAME_DENIED = Behaviour(
    "display_name_denied",
    "A bot may not PATCH a display name (403), not even to the same value; its PUT sets the name.",
    SINCE_1_12,
)
SESSIONS = Behaviour(
    "sessions",
    "PATCHes by one user within 10 minutes share one version; a `test` of a stale updatedAt"
    " answers 500.",
    SINCE_1_12,
)
SESSION_MAJOR = Behaviour(
    "session_major",
    "In a session that added a column, every later PATCH counts as a major version: 1.1 after 0.2.",
    SINCE_1_12,
)
IF_MATCH = Behaviour(
    "if_match",
    "A PATCH with a stale If-Match answers 412; with the current one it creates its own version.",
    {"1.2": Evidence.ASSUMED, "1.12": Evidence.TRIED, "2.0": Evidence.READ},
)
FAILED_PATCH = Behaviour(
    "failed_patch", "A PATCH with an operation that cannot be applied answers 500.", EVERYWHERE
)
EMPTY_TEXT_KEPT = Behaviour(
    "empty_text_kept",
    'An empty description is stored as ""; `remove` removes the field.',
    EVERYWHERE,
)
ONE_TEAM_OR_USERS = Behaviour(
    "one_team_or_users",
    "Owners are several users or exactly one team: two teams, or a team and a user, answer 400.",
    SINCE_1_12,
)
ONE_DOMAIN = Behaviour("one_domain", "A table with two domains answers 400.", SINCE_1_12)
DOMAIN_OF_PRODUCT = Behaviour(
    "domain_of_product",
    "A table in a data product must have the product's domain: another one answers 400.",
    SINCE_1_12,
)
UNKNOWN_REFERENCES = Behaviour(
    "unknown_references",
    "An unknown tag, owner or parent answers 404, an unknown custom property 400.",
    EVERYWHERE,
)
EXCLUSIVE_TAGS = Behaviour("exclusive_tags", "A table with two tiers answers 400.", READ_EVERYWHERE)
KEYS_CHECKED = Behaviour(
    "keys_checked", "A key over an unknown column answers 400.", READ_EVERYWHERE
)
FOREIGN_KEYS_CHECKED = Behaviour(
    "foreign_keys_checked", "A foreign key to a table that does not exist answers 400.", SINCE_1_12
)
COLUMNS_CHECKED = Behaviour(
    "columns_checked",
    "VARCHAR without dataLength, ARRAY without arrayDataType and unknown fields answer 400.",
    EVERYWHERE,
)
STRUCT_NEEDS_CHILDREN = Behaviour(
    "struct_needs_children",
    "A column of type STRUCT without children answers 400; later versions accept it.",
    ONLY_1_2,
)
NAMES_CHECKED = Behaviour(
    "names_checked",
    "Names with `::` or 257 characters answer 400; names with `>`, `/`, Korean or 256 characters"
    " are accepted. A and a are different names.",
    EVERYWHERE,
)
QUOTE_IN_NAME = Behaviour(
    "quote_in_name", 'A `"` in a name answers 500 with the message `[null]`.', SINCE_1_12
)
METRIC_TYPES = Behaviour(
    "metric_types",
    "The metric types SIMPLE, CUMULATIVE, DERIVED and CONVERSION do not exist: 400.",
    {"1.12": SINCE_1_12["1.12"]},
)
POST_OF_EXISTING = Behaviour(
    "post_of_existing",
    "For an existing entity a POST answers 409 and a PUT 200; a first PUT answers 201.",
    EVERYWHERE,
)
SOFT_DELETE_KEEPS = Behaviour(
    "soft_delete_keeps",
    "Soft deletion keeps texts and tags; GET and PATCH then answer 404, and a PUT restores the id.",
    EVERYWHERE,
)
HARD_DELETE_ENDS = Behaviour(
    "hard_delete_ends",
    "Hard deletion removes everything: an entity created again has a new id.",
    EVERYWHERE,
)
NOT_EMPTY = Behaviour(
    "not_empty", "A schema with tables can only be deleted with `recursive`, else 400.", EVERYWHERE
)
NOT_EMPTY_OF_DELETED = Behaviour(
    "not_empty_of_deleted",
    "A schema whose tables are all soft-deleted is not empty either: 400 without `recursive`.",
    SINCE_1_12,
)
PUT_INTO_DELETED = Behaviour(
    "put_into_deleted",
    "A table can be created in a soft-deleted schema; 1.2 answers 404.",
    SINCE_1_12,
)
SCHEMA_REVIVES_ALL = Behaviour(
    "schema_revives_all",
    "A PUT of a soft-deleted schema restores all tables in it, even those deleted before it.",
    EVERYWHERE,
)
RESTORE_OF_LIVING = Behaviour(
    "restore_of_living", "Restoring an entity that is not deleted answers 500.", SINCE_1_12
)

BEHAVIOURS = tuple(value for value in list(vars().values()) if isinstance(value, Behaviour))
