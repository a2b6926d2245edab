"""The kinds of entities that the stand-in stores."""

from __future__ import annotations

from openmetadata_standin.consumer_kinds import CONSUMER_KINDS
from openmetadata_standin.entity_kind import RELATIONS, Kind

_STRUCTURE: tuple[Kind, ...] = (
    Kind(
        name="databaseService",
        collection="services/databaseServices",
        create="api.services.createDatabaseService:CreateDatabaseServiceRequest",
        entity="entity.services.databaseService:DatabaseService",
        kept=Kind.kept | {"connection"},
        bulk=True,
    ),
    Kind(
        name="database",
        collection="databases",
        create="api.data.createDatabase:CreateDatabaseRequest",
        entity="entity.data.database:Database",
        parents=(("service", "databaseService"),),
        ancestors=("serviceType",),
        on_request=RELATIONS | {"databaseSchemas"},
        bulk=True,
    ),
    Kind(
        name="databaseSchema",
        collection="databaseSchemas",
        create="api.data.createDatabaseSchema:CreateDatabaseSchemaRequest",
        entity="entity.data.databaseSchema:DatabaseSchema",
        parents=(("database", "database"),),
        ancestors=("service", "serviceType"),
        on_request=RELATIONS | {"tables"},
        bulk=True,
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
            "testSuite",
        },
        kept=Kind.kept | {"tableType"},
        unrecorded=frozenset(
            {"dataModel", "schemaDefinition", "tableProfilerConfig", "tablePartition"}
        ),
        bulk=True,
    ),
)

_PEOPLE: tuple[Kind, ...] = (
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
)

_VOCABULARY_KEPT = frozenset({"owners", "domains", "reviewers", "provider", "mutuallyExclusive"})

_VOCABULARIES: tuple[Kind, ...] = (
    Kind(
        name="classification",
        collection="classifications",
        create="api.classification.createClassification:CreateClassificationRequest",
        entity="entity.classification.classification:Classification",
        on_request=frozenset({"owners", "domains", "usageCount", "termCount", "reviewers"}),
        kept=_VOCABULARY_KEPT,
        bulk=True,
    ),
    Kind(
        name="tag",
        collection="tags",
        create="api.classification.createTag:CreateTagRequest",
        entity="entity.classification.tag:Tag",
        parents=(("parent", "tag"), ("classification", "classification")),
        ancestors=("classification",),
        on_request=frozenset({"owners", "domains", "usageCount", "children", "reviewers"}),
        kept=_VOCABULARY_KEPT,
        bulk=True,
    ),
    Kind(
        name="glossary",
        collection="glossaries",
        create="api.data.createGlossary:CreateGlossaryRequest",
        entity="entity.data.glossary:Glossary",
        on_request=RELATIONS | {"termCount"},
        kept=_VOCABULARY_KEPT | {"extension"},
    ),
    Kind(
        name="glossaryTerm",
        collection="glossaryTerms",
        create="api.data.createGlossaryTerm:CreateGlossaryTermRequest",
        entity="entity.data.glossaryTerm:GlossaryTerm",
        parents=(("parent", "glossaryTerm"), ("glossary", "glossary")),
        ancestors=("glossary",),
        on_request=RELATIONS | {"childrenCount"},
        kept=_VOCABULARY_KEPT | {"extension", "style"},
        bulk=True,
    ),
)

KINDS: tuple[Kind, ...] = (*_STRUCTURE, *_PEOPLE, *_VOCABULARIES, *CONSUMER_KINDS)
BY_NAME: dict[str, Kind] = {kind.name: kind for kind in KINDS}
