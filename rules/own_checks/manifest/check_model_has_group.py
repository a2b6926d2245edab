"""Every model has an owner."""

from typing import Any

from dbt_bouncer.check_framework.decorator import check, fail


@check
def check_model_has_group(model: Any) -> None:
    """A model belongs to a group of models/groups.yml, which names its owner."""
    if not model.config.group:
        fail(f"`{model.name}` has no group: give it `config: {{group: ...}}`.")
