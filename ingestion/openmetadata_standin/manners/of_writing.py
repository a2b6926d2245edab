"""Manners of PUT, PATCH and DELETE, and of what they refuse."""

from __future__ import annotations

from openmetadata_standin.manners.manner import (
    EVERYWHERE,
    ONLY_1_2,
    READ_BUT_NOT_ON_1_12,
    READ_EVERYWHERE,
    READ_SINCE_1_12,
    SINCE_1_12,
    Evidence,
    Manner,
)

DATA_MODEL_DROPPED_IN_CREATE = Manner(
    "data_model_dropped_in_create",
    "A data model in the body of a create is dropped.",
    READ_SINCE_1_12,
)
DATA_MODEL_PUT_ERASES = Manner(
    "data_model_put_erases",
    "PUT tables/{id}/dataModel erases table constraints and schema definition.",
    READ_SINCE_1_12,
)
DATA_MODEL_PUT_WITHOUT_TEXTS = Manner(
    "data_model_put_without_texts",
    "PUT tables/{id}/dataModel does not carry its columns' descriptions to the table.",
    SINCE_1_12,
)
DATA_MODEL_PUT_TAGS = Manner(
    "data_model_put_tags",
    "PUT tables/{id}/dataModel adds its columns' tags to the table's columns.",
    SINCE_1_12,
)
DATA_MODEL_BY_PATCH = Manner(
    "data_model_by_patch",
    "A PATCH stores a data model and keeps constraints and schema definition.",
    EVERYWHERE,
)
PUT_ERASES_SILENTLY = Manner(
    "put_erases_silently",
    "A PUT that changes a table erases the data model, constraints and source URL that it leaves"
    " out; an identical PUT keeps them.",
    ONLY_1_2,
)
CONSTRAINTS_SORTED = Manner(
    "constraints_sorted",
    "Any change of a table sorts the columns of its constraints, and the columns that they refer to"
    " apart from them.",
    SINCE_1_12,
)
BOT_KEEPS_TEXTS = Manner(
    "bot_keeps_texts",
    "A bot's PUT keeps a description that is not empty; a PATCH changes and removes it.",
    EVERYWHERE,
)
BOT_KEEPS_COLUMN_TEXTS = Manner(
    "bot_keeps_column_texts",
    "A bot's PUT keeps descriptions of columns that are not empty.",
    EVERYWHERE,
)
BOT_KEEPS_DISPLAY_NAME = Manner(
    "bot_keeps_display_name",
    "A bot's PUT keeps a display name that is set; 1.12 replaces it, or erases what is left out.",
    READ_BUT_NOT_ON_1_12,
)
BOT_KEEPS_OWNERS = Manner(
    "bot_keeps_owners",
    "A bot's PUT keeps owners that are set; 1.12 replaces them, unless it names none.",
    READ_BUT_NOT_ON_1_12,
)
BOT_KEEPS_DOMAIN = Manner(
    "bot_keeps_domain", "A bot's PUT keeps a domain that is set; 1.2 replaces it.", SINCE_1_12
)
PUT_MERGES_TAGS = Manner(
    "put_merges_tags", "A PUT only adds tags; a PATCH replaces them.", EVERYWHERE
)
COLUMNS_DROPPED_BY_PUT = Manner(
    "columns_dropped_by_put",
    "A PUT drops the columns it leaves out; those that stay keep their tags.",
    EVERYWHERE,
)
DISPLAY_NAME_DENIED = Manner(
    "display_name_denied",
    "A bot may not PATCH a display name (403), not even to the same value; its PUT sets one.",
    SINCE_1_12,
)
SESSIONS = Manner(
    "sessions",
    "PATCHes by one user within 10 minutes keep the version; a `test` of a stale updatedAt"
    " answers 500.",
    SINCE_1_12,
)
SESSION_MAJOR = Manner(
    "session_major",
    "In a session that added a column each further PATCH counts as a major version: 1.1 after 0.2.",
    SINCE_1_12,
)
IF_MATCH = Manner(
    "if_match",
    "A PATCH whose If-Match is stale answers 412; one that fits makes a version of its own.",
    {"1.2": Evidence.ASSUMED, "1.12": Evidence.TRIED, "2.0": Evidence.READ},
)
FAILED_PATCH = Manner(
    "failed_patch", "A PATCH with an operation that cannot be applied answers 500.", EVERYWHERE
)
EMPTY_TEXT_KEPT = Manner(
    "empty_text_kept",
    'An empty description is stored as ""; `remove` leaves none.',
    EVERYWHERE,
)
ONE_TEAM_OR_USERS = Manner(
    "one_team_or_users",
    "Owners are several users or exactly one team: two teams, or a team and a user, answer 400.",
    SINCE_1_12,
)
ONE_DOMAIN = Manner("one_domain", "Two domains of a table answer 400.", SINCE_1_12)
DOMAIN_OF_PRODUCT = Manner(
    "domain_of_product",
    "A table in a data product keeps the product's domain: another answers 400.",
    SINCE_1_12,
)
UNKNOWN_REFERENCES = Manner(
    "unknown_references",
    "An unknown tag, owner or parent answers 404, an unknown custom property 400.",
    EVERYWHERE,
)
EXCLUSIVE_TAGS = Manner("exclusive_tags", "Two tiers answer 400.", READ_EVERYWHERE)
KEYS_CHECKED = Manner("keys_checked", "A key of an unknown column answers 400.", READ_EVERYWHERE)
FOREIGN_KEYS_CHECKED = Manner(
    "foreign_keys_checked", "A foreign key to a table that does not exist answers 400.", SINCE_1_12
)
COLUMNS_CHECKED = Manner(
    "columns_checked",
    "VARCHAR without dataLength, ARRAY without arrayDataType and unknown fields answer 400.",
    EVERYWHERE,
)
STRUCT_NEEDS_CHILDREN = Manner(
    "struct_needs_children",
    "A column of type STRUCT without children answers 400; later versions take it.",
    ONLY_1_2,
)
NAMES_CHECKED = Manner(
    "names_checked",
    "`::` and 257 characters answer 400; `>`, `/`, Korean and 256 characters pass."
    " A and a are two.",
    EVERYWHERE,
)
QUOTE_IN_NAME = Manner(
    "quote_in_name", 'A `"` in a name answers 500 with the message `[null]`.', SINCE_1_12
)
METRIC_TYPES = Manner(
    "metric_types",
    "The metric types SIMPLE, CUMULATIVE, DERIVED and CONVERSION do not exist: 400.",
    {"1.12": SINCE_1_12["1.12"]},
)
POST_OF_EXISTING = Manner(
    "post_of_existing",
    "A POST of what exists answers 409, a PUT 200 and a first PUT 201.",
    EVERYWHERE,
)
SOFT_DELETE_KEEPS = Manner(
    "soft_delete_keeps",
    "Soft deletion keeps texts and tags, GET and PATCH answer 404, and a PUT brings the id back.",
    EVERYWHERE,
)
HARD_DELETE_ENDS = Manner(
    "hard_delete_ends", "Hard deletion ends all: what comes back has a new id.", EVERYWHERE
)
NOT_EMPTY = Manner(
    "not_empty", "A schema with tables is deleted with `recursive` alone, else 400.", EVERYWHERE
)
NOT_EMPTY_OF_DELETED = Manner(
    "not_empty_of_deleted",
    "A schema whose tables are all soft-deleted is not empty, either: 400 without `recursive`.",
    SINCE_1_12,
)
PUT_INTO_DELETED = Manner(
    "put_into_deleted",
    "A table is made in a schema that is soft-deleted; 1.2 answers 404.",
    SINCE_1_12,
)
SCHEMA_REVIVES_ALL = Manner(
    "schema_revives_all",
    "A PUT of a soft-deleted schema revives all tables in it, those removed earlier too.",
    EVERYWHERE,
)
RESTORE_OF_LIVING = Manner(
    "restore_of_living", "Restoring what is not deleted answers 500.", SINCE_1_12
)

MANNERS = tuple(one for one in list(vars().values()) if isinstance(one, Manner))
