"""The description of a kind of entity: its collection, its models, its parents."""

from __future__ import annotations

from dataclasses import dataclass, field

# Fields that refer to kinds which the stand-in does not store: every reference in them is a 404.
ABSENT: dict[str, str] = {
    "roles": "role",
    "defaultRoles": "role",
    "policies": "policy",
    "personas": "persona",
    "defaultPersona": "persona",
    "dataModels": "dashboardDataModel",
}

# Fields of create bodies that name other entities by FQN. They become lists of references.
NAMED: dict[str, str] = {
    "domains": "domain",
    "dataProducts": "dataProduct",
    "relatedMetrics": "metric",
    "experts": "user",
    "charts": "chart",
    "dashboards": "dashboard",
}

# Relations and heavy attributes that a GET leaves out unless `fields` asks for them.
RELATIONS = frozenset(
    {
        "owners",
        "tags",
        "extension",
        "domains",
        "dataProducts",
        "experts",
        "reviewers",
        "followers",
        "lifeCycle",
        "votes",
        "usageSummary",
        "usageCount",
        "charts",
        "dashboards",
        "relatedMetrics",
        "relatedTerms",
        "children",
        "assets",
    }
)


@dataclass(frozen=True)
class Kind:
    """One kind of entity.

    `name` is its type in references, `collection` its path below /v1. `create` and `entity` are the
    paths of its models. `parents` are the fields of the create body that may name the parent by
    FQN, each with the parent's type; a body without any is refused unless `top` is set.
    `ancestors` are fields copied from the parent. `on_request` are fields sent only on request.
    `kept` are fields that a PUT does not erase when it leaves them out. `unrecorded` are fields
    whose difference alone does not count as a change in a PUT. `references` are create fields that
    hold ids, with the type that they refer to. `not_stored` are create fields that the entity does
    not have. `soft_delete` says whether the kind can be soft-deleted; `holds_parent` whether an
    entity of the kind prevents deleting its parent without `recursive`.
    """

    name: str
    collection: str
    create: str
    entity: str
    parents: tuple[tuple[str, str], ...] = ()
    top: bool = False
    ancestors: tuple[str, ...] = ()
    on_request: frozenset[str] = RELATIONS
    kept: frozenset[str] = frozenset(
        {
            "owners",
            "domains",
            "dataProducts",
            "experts",
            "reviewers",
            "lifeCycle",
            "extension",
            "style",
        }
    )
    unrecorded: frozenset[str] = frozenset()
    references: dict[str, str] = field(default_factory=dict)
    not_stored: frozenset[str] = frozenset()
    soft_delete: bool = True
    holds_parent: bool = True
    bulk: bool = False
