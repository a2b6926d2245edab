"""What a kind of entity is made of: where it lives, which models judge it, what it hangs on."""

from __future__ import annotations

from dataclasses import dataclass, field

# Fields that refer to kinds the stand-in does not keep, so that whatever they name is not found.
ABSENT: dict[str, str] = {
    "roles": "role",
    "defaultRoles": "role",
    "policies": "policy",
    "personas": "persona",
    "defaultPersona": "persona",
    "dataModels": "dashboardDataModel",
}

# Create fields that name other entities by FQN, and become lists of references.
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
    paths of its models. `parents` are the fields of the create body that may name what it hangs on,
    by FQN, each with the type it names; without one it hangs on nothing when `top` is set, else it
    is refused. `ancestors` are fields copied from that parent. `on_request` are fields sent only
    when asked for. `kept` are fields that a PUT which leaves them out does not erase. `unrecorded`
    are fields whose change alone does not make a PUT a change. `references` are create fields that
    hold ids (name of field to type referred to). `not_stored` are create fields without a place in
    the entity. `soft_delete` says whether a DELETE may keep it; `holds_parent` whether it keeps
    what it hangs on from being deleted without `recursive`.
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
