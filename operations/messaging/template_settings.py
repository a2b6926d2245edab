"""Reads the CloudFormation template, with its parameters filled in.

What runs locally takes its settings from here, so that it runs with those of AWS. The intrinsic
functions that the template uses are known: Ref, GetAtt and Sub; another is an error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).resolve().parent / "template.yml"
PREFIX_VARIABLE = "LOGMART_MESSAGES_PREFIX"
_TABLES = ("Addresses", "Sends", "Outcomes", "Caps", "Alarms")
_ACCOUNT, _REGION = "123456789012", "us-east-1"
_SUB = re.compile(r"\$\{([A-Za-z:]+)\}")


class TemplateError(ValueError):
    """The template holds something that is not known here; the message names it."""


class _Loader(yaml.SafeLoader):
    """Reads the short forms of intrinsic functions as their long forms."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if not isinstance(node, yaml.ScalarNode):
        raise TemplateError(f"!{suffix} is used with something else than a text")
    value = loader.construct_scalar(node)
    if suffix == "GetAtt":
        return {"Fn::GetAtt": str(value).split(".", 1)}
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


yaml.add_multi_constructor("!", _intrinsic, Loader=_Loader)


@dataclass(frozen=True)
class Trigger:
    """How the queue's messages get to the function, as AWS does it."""

    batch_size: int
    workers: int
    reports_failed_items: bool


@dataclass(frozen=True)
class Template:
    """The template's resources, resolved: by logical id, each with its `Type` and `Properties`."""

    resources: Mapping[str, Mapping[str, Any]]

    def properties(self, logical_id: str) -> dict[str, Any]:
        """Return the properties of a resource. Raises KeyError for an unknown one."""
        properties: dict[str, Any] = self.resources[logical_id]["Properties"]
        return properties

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of all resources of a type, by logical id."""
        return {
            name: dict(resource["Properties"])
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    @property
    def queue_name(self) -> str:
        """Return the name of the queue."""
        return str(self.properties("Messages")["QueueName"])

    @property
    def dead_letter_queue_name(self) -> str:
        """Return the name of the queue of dead letters."""
        return str(self.properties("DeadLetters")["QueueName"])

    @property
    def table_names(self) -> dict[str, str]:
        """Return the names of the tables: addresses, sends, outcomes, caps, alarms."""
        return {name.lower(): str(self.properties(name)["TableName"]) for name in _TABLES}

    @property
    def trigger(self) -> Trigger:
        """Return how messages get to the function."""
        given = self.properties("SenderTrigger")
        return Trigger(
            batch_size=int(given["BatchSize"]),
            workers=int(given["ScalingConfig"]["MaximumConcurrency"]),
            reports_failed_items="ReportBatchItemFailures" in given["FunctionResponseTypes"],
        )

    @property
    def function_timeout(self) -> int:
        """Return after how many seconds a worker is ended."""
        return int(self.properties("Sender")["Timeout"])

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables of the function that sends."""
        variables = self.properties("Sender")["Environment"]["Variables"]
        return {name: str(value) for name, value in variables.items()}


def read_template(parameters: Mapping[str, object] | None = None) -> Template:
    """Return the template with parameters; those that are not given have their defaults.

    The prefix is that of LOGMART_MESSAGES_PREFIX, where it is set. Raises TemplateError for an
    unknown parameter, one that has no default and is used, and an unknown function.
    """
    document = read_document()
    given = dict(parameters or {})
    if PREFIX_VARIABLE in os.environ:
        given.setdefault("Prefix", os.environ[PREFIX_VARIABLE])
    declared = document["Parameters"]
    if unknown := given.keys() - declared.keys():
        raise TemplateError(f"the template has no parameter {sorted(unknown)[0]}")
    values = {
        name: given.get(name, parameter.get("Default", f"<{name}>"))
        for name, parameter in declared.items()
    }
    values |= {"AWS::AccountId": _ACCOUNT, "AWS::Region": _REGION}
    resolver = _Resolver(document["Resources"], values)
    return Template({name: resolver.resolve(one) for name, one in document["Resources"].items()})


def read_document() -> dict[str, Any]:
    """Return the template as it is written, intrinsic functions in their long forms."""
    document: dict[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Loader)
    return document


@dataclass(frozen=True)
class _Resolver:
    """Replaces intrinsic functions by what they stand for."""

    resources: Mapping[str, Any]
    values: Mapping[str, Any]

    def resolve(self, part: Any) -> Any:
        if isinstance(part, list):
            return [self.resolve(one) for one in part]
        if not isinstance(part, dict):
            return part
        if len(part) == 1:
            (function, argument), *_ = part.items()
            if function == "Ref":
                return self._referenced(argument)
            if function == "Fn::Sub":
                return _SUB.sub(lambda found: str(self._referenced(found[1])), argument)
            if function == "Fn::GetAtt":
                return self._attribute(*argument)
            if function.startswith("Fn::"):
                raise TemplateError(f"the function {function} is not known here")
        return {key: self.resolve(one) for key, one in part.items()}

    def _referenced(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        if name not in self.resources:
            raise TemplateError(f"the template has no parameter or resource {name}")
        return self._name(name)

    def _attribute(self, name: str, attribute: str) -> str:
        if attribute == "QueueName":
            return self._name(name)
        if attribute != "Arn":
            raise TemplateError(f"the attribute {name}.{attribute} is not known here")
        service = self.resources[name]["Type"].split("::")[1].lower()
        return f"arn:aws:{service}:{_REGION}:{_ACCOUNT}:{self._name(name)}"

    def _name(self, name: str) -> str:
        """Return the name that a resource is given; its logical id where it is given none."""
        properties = self.resources[name]["Properties"]
        named = [key for key in properties if key in _NAMES]
        return str(self.resolve(properties[named[0]])) if named else name


_NAMES = ("QueueName", "TableName", "FunctionName", "LogGroupName", "AlarmName")
