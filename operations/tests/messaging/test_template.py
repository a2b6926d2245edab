"""The template holds together: settings that depend on each other, rights, and what is deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from operations.messaging.alarm_evaluation import metrics_of
from operations.messaging.handler import send_records
from operations.messaging.handler.alarm import ALARMS
from operations.messaging.handler.send import METRICS
from operations.messaging.handler.settings import is_campaign, sender_settings, template_text
from operations.messaging.template_settings import (
    TEMPLATE,
    TemplateError,
    read_document,
    read_template,
)
from operations.tests.messaging.message_desk import template

DAY = 86_400


def statements(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each statement of each role's policies, with the role's name."""
    for name, resource in document["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            for policy in resource["Properties"]["Policies"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield name, statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_a_role_may_do_named_things_to_named_resources_only() -> None:
    document = read_document()
    found = list(statements(document))
    assert len(found) == 8
    for name, statement in found:
        assert statement["Effect"] == "Allow", name
        assert statement.keys() == {"Effect", "Action", "Resource"}, name
        for action in as_list(statement["Action"]):
            assert "*" not in action, name
        for resource in as_list(statement["Resource"]):
            # No text at all, so no text with a star: each names a resource of the template.
            assert isinstance(resource, dict), name
            assert resource.keys() <= {"Ref", "Fn::GetAtt"}, name
            target = (as_list(resource.get("Fn::GetAtt", [])) or [resource.get("Ref")])[0]
            assert target in {*document["Resources"], "ProviderSecretArn"}, name
    assert "ManagedPolicyArns" not in json.dumps(document)
    assert "*" not in json.dumps(document["Resources"])


def test_each_role_is_one_functions_and_only_lambda_takes_it() -> None:
    resources = read_document()["Resources"]
    roles = {name for name, one in resources.items() if one["Type"] == "AWS::IAM::Role"}
    used = [
        one["Properties"]["Role"]["Fn::GetAtt"][0]
        for one in resources.values()
        if one["Type"] == "AWS::Lambda::Function"
    ]
    assert sorted(used) == sorted(roles)
    for name in roles:
        (trust,) = resources[name]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_times_fit_together() -> None:
    this = template()
    queue, dead = this.properties("Messages"), this.properties("DeadLetters")
    settings = sender_settings({**this.environment, "PROVIDER_URL": "http://x"})
    assert queue["VisibilityTimeout"] >= 6 * this.function_timeout
    # A whole batch of slow requests ends before the worker does.
    assert this.trigger.batch_size * settings.provider.timeout < this.function_timeout
    # A claim outlives its worker, and is over before its message is received again.
    assert this.function_timeout < settings.claim_time.total_seconds() < queue["VisibilityTimeout"]
    assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]
    kept = send_records.KEPT.total_seconds()
    assert kept > queue["MessageRetentionPeriod"] + dead["MessageRetentionPeriod"]
    assert this.trigger.reports_failed_items
    assert queue["RedrivePolicy"]["maxReceiveCount"] == settings.max_receives
    assert settings.provider.rate * this.trigger.workers == 20


def test_every_variable_of_the_function_comes_from_the_template() -> None:
    assert not any("<" in value for name, value in template().environment.items()
                   if name not in {"PROVIDER_URL", "PROVIDER_SECRET_ARN"})  # fmt: skip


def test_an_erased_address_is_in_no_backup() -> None:
    assert "PointInTimeRecoverySpecification" not in template().properties("Addresses")
    for name in ("Sends", "Outcomes", "Caps"):
        assert template().properties(name)["TimeToLiveSpecification"]["Enabled"] is True


def test_each_metric_of_an_alarm_is_one_that_its_service_emits() -> None:
    listed = yaml.safe_load((TEMPLATE.parent / "metric_names.yml").read_text(encoding="utf-8"))
    own = {"metrics": METRICS, "dimensions": ["service"]}
    listed["logmart/Messaging"] = own
    read = 0
    for name, alarm in template().of_type("AWS::CloudWatch::Alarm").items():
        for metric in metrics_of(alarm).values():
            read += 1
            assert metric.name in listed[metric.namespace]["metrics"], name
            assert metric.dimensions.keys() <= set(listed[metric.namespace]["dimensions"]), name
            assert len(metric.dimensions) == 1, name
    assert read == 12


def test_each_alarm_tells_the_function_that_knows_it() -> None:
    alarms = template().of_type("AWS::CloudWatch::Alarm")
    assert {one["AlarmName"].removeprefix("logmart-") for one in alarms.values()} == ALARMS.keys()
    for name, alarm in alarms.items():
        for actions in (alarm["AlarmActions"], alarm["OKActions"]):
            assert [one.rpartition(":")[2] for one in actions] == ["logmart-alarm"], name
    permission = template().properties("AlarmPermission")
    assert permission["Principal"] == "lambda.alarms.cloudwatch.amazonaws.com"


def test_parameters_fill_in_and_an_unknown_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGMART_MESSAGES_PREFIX", "bank")
    this = read_template({"BatchSize": 3})
    assert this.trigger.batch_size == 3
    assert this.queue_name == "bank-messages"
    assert this.table_names["caps"] == "bank-caps"
    with pytest.raises(TemplateError, match="no parameter BatchSizes"):
        read_template({"BatchSizes": 3})


def test_campaigns_and_texts_that_messages_name_are_there() -> None:
    assert is_campaign("card_after_transfers")
    assert not is_campaign("no_such")
    for campaign in (TEMPLATE.parent / "campaigns").glob("*.yml"):
        named = yaml.safe_load(campaign.read_text(encoding="utf-8"))["template"]
        title, body = template_text(named) or ("", "")
        assert title, campaign
        assert body, campaign
