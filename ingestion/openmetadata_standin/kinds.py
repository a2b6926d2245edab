"""The kinds of entity the stand-in keeps, each a row: where it lives, which models judge it, what
it hangs on.

A further kind (test case, glossary term, metric, ...) is a further row.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# Fields that refer to kinds the stand-in does not keep, so that whatever they name is not found.
ABSENT: dict[str, str] = {
    "domains": "domain",
    "dataProducts": "dataProduct",
    "roles": "role",
    "defaultRoles": "role",
    "policies": "policy",
    "personas": "persona",
    "defaultPersona": "persona",
}

# Relations and heavy attributes that a GET leaves out unless `fields` asks for them.
RELATIONS = frozenset(
    {
        "owners",
        "tags",
        "extension",
        "domains",
        "dataProducts",
        "followers",
        "lifeCycle",
        "votes",
        "usageSummary",
    }
)


@dataclass(frozen=True)
class Kind:
    """One kind of entity.

    `name` is its type in references, `collection` its path below /v1. `create` and `entity` are the
    paths of its models. `parents` are the fields of the create body that may name what it hangs on,
    by FQN, each with the type it names; `ancestors` are fields copied from that parent.
    `on_request` are fields sent only when asked for. `kept` are fields that a PUT which leaves them
    out does not erase. `unrecorded` are fields whose change alone does not make a PUT a change.
    `references` are create fields that hold ids (name of field to type referred to).
    """

    name: str
    collection: str
    create: str
    entity: str
    parents: tuple[tuple[str, str], ...] = ()
    ancestors: tuple[str, ...] = ()
    on_request: frozenset[str] = RELATIONS
    kept: frozenset[str] = frozenset(
        {"owners", "domains", "dataProducts", "lifeCycle", "extension", "style"}
    )
    unrecorded: frozenset[str] = frozenset()
    references: dict[str, str] = field(default_factory=dict)
    not_stored: frozenset[str] = frozenset()


KINDS: tuple[Kind, ...] = (
    Kind(
        name="databaseService",
        collection="services/databaseServices",
        create="api.services.createDatabaseService:CreateDatabaseServiceRequest",
        entity="entity.services.databaseService:DatabaseService",
        kept=Kind.kept | {"connection"},
    ),
    Kind(
        name="database",
        collection="databases",
        create="api.data.createDatabase:CreateDatabaseRequest",
        entity="entity.data.database:Database",
        parents=(("service", "databaseService"),),
        ancestors=("serviceType",),
        on_request=RELATIONS | {"databaseSchemas"},
    ),
    Kind(
        name="databaseSchema",
        collection="databaseSchemas",
        create="api.data.createDatabaseSchema:CreateDatabaseSchemaRequest",
        entity="entity.data.databaseSchema:DatabaseSchema",
        parents=(("database", "database"),),
        ancestors=("service", "serviceType"),
        on_request=RELATIONS | {"tables"},
    ),
    Kind(
        name="table",
        collection="tables",
        create="api.data.createTable:CreateTableRequest",
        entity="entity.data.table:Table",
        parents=(("databaseSchema", "databaseSchema"),),
        ancestors=("database", "service", "serviceType"),
        on_request=RELATIONS
        | {
            "tableConstraints",
            "tablePartition",
            "schemaDefinition",
            "dataModel",
            "tableProfilerConfig",
            "sourceHash",
        },
        kept=Kind.kept | {"tableType"},
        unrecorded=frozenset(
            {"dataModel", "schemaDefinition", "tableProfilerConfig", "tablePartition"}
        ),
    ),
    Kind(
        name="team",
        collection="teams",
        create="api.teams.createTeam:CreateTeamRequest",
        entity="entity.teams.team:Team",
        on_request=frozenset(
            {"owners", "users", "owns", "parents", "children", "profile", "defaultRoles", "domains"}
        ),
        kept=frozenset(
            {
                "owners",
                "users",
                "parents",
                "children",
                "defaultRoles",
                "policies",
                "profile",
                "email",
            }
        ),
        references={"parents": "team", "children": "team", "users": "user"},
    ),
    Kind(
        name="user",
        collection="users",
        create="api.teams.createUser:CreateUserRequest",
        entity="entity.teams.user:User",
        on_request=frozenset({"teams", "roles", "owns", "follows", "profile", "domains"}),
        kept=frozenset({"teams", "roles", "profile", "timezone", "isBot", "isAdmin"}),
        references={"teams": "team"},
        not_stored=frozenset(
            {
                "password",
                "confirmPassword",
                "createPasswordType",
                "authenticationMechanism",
                "botName",
            }
        ),
    ),
    Kind(
        name="classification",
        collection="classifications",
        create="api.classification.createClassification:CreateClassificationRequest",
        entity="entity.classification.classification:Classification",
        on_request=frozenset({"owners", "domains", "usageCount", "termCount", "reviewers"}),
        kept=frozenset({"owners", "domains", "reviewers", "provider", "mutuallyExclusive"}),
    ),
    Kind(
        name="tag",
        collection="tags",
        create="api.classification.createTag:CreateTagRequest",
        entity="entity.classification.tag:Tag",
        parents=(("parent", "tag"), ("classification", "classification")),
        ancestors=("classification",),
        on_request=frozenset({"owners", "domains", "usageCount", "children", "reviewers"}),
        kept=frozenset({"owners", "domains", "reviewers", "provider", "mutuallyExclusive"}),
    ),
)

BY_NAME: dict[str, Kind] = {kind.name: kind for kind in KINDS}
BY_COLLECTION: dict[str, Kind] = {kind.collection: kind for kind in KINDS}
BULK = frozenset({"databaseService", "database", "databaseSchema", "table"})
