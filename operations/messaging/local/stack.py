"""Runs the template's resources on loopback: queues on ElasticMQ, all else on moto.

The template is deployed by moto's CloudFormation, so that its outputs are those of AWS. Queues that
are used are ElasticMQ's, made with the properties that the template gives them.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from logmart.errors import CommandError
from operations.messaging.local.elasticmq import elasticmq, free_port, wait_until_answers
from operations.messaging.template_settings import TEMPLATE, Template, read_template

STACK_NAME = "logmart-messages"
STACK_VARIABLE = "LOGMART_MESSAGES_STACK"
_CODE_KEY = "handler.zip"
_TOKEN = "token-of-the-stand-in"
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "loopback",
    "AWS_SECRET_ACCESS_KEY": "loopback",
    "AWS_DEFAULT_REGION": "us-east-1",
}
# What ElasticMQ knows of a queue's properties.
_QUEUE_PROPERTIES = ("VisibilityTimeout", "ReceiveMessageWaitTimeSeconds", "RedrivePolicy")


@dataclass(frozen=True)
class LocalStack:
    """A stack that runs. `environment` is what a client needs to reach it."""

    template: Template
    environment: Mapping[str, str]
    queue_url: str
    dead_letter_url: str

    def client(self, service: str) -> Any:
        """Return a client of a service; `sqs` is ElasticMQ's."""
        return _client(service, self.environment)

    def table(self, name: str) -> Any:
        """Return a table by its name in `Template.table_names`."""
        session = _session(self.environment)
        resource = session.resource("dynamodb", endpoint_url=self.environment["AWS_ENDPOINT_URL"])
        return resource.Table(self.template.table_names[name])

    @property
    def function_environment(self) -> dict[str, str]:
        """Return the environment of the function that sends, with the queue of ElasticMQ."""
        given = {**self.template.environment, "QUEUE_URL": self.queue_url}
        return {**given, **self.environment}


@contextlib.contextmanager
def local_servers(folder: Path) -> Iterator[dict[str, str]]:
    """Start the servers, yield the environment of their clients, and end the servers.

    In: `folder`, for logs. Raises CommandError.
    """
    with contextlib.ExitStack() as servers, ThreadPoolExecutor(2) as pool:
        queue_server = pool.submit(servers.enter_context, elasticmq(folder))
        table_server = pool.submit(servers.enter_context, _moto(folder))
        yield {
            **_CREDENTIALS,
            "AWS_ENDPOINT_URL": table_server.result(),
            "AWS_ENDPOINT_URL_SQS": queue_server.result(),
        }


@contextlib.contextmanager
def local_stack(folder: Path, parameters: Mapping[str, object]) -> Iterator[LocalStack]:
    """Start the servers, deploy the template on them, yield the stack, and end the servers.

    In: `folder`, for logs; `parameters`, at least ProviderUrl. Raises CommandError.
    """
    with local_servers(folder) as servers:
        yield deploy(servers, parameters)


def deploy(
    servers: Mapping[str, str], parameters: Mapping[str, object], name: str = STACK_NAME
) -> LocalStack:
    """Deploy the template on servers that run.

    In: `servers`, their environment; `parameters`, at least ProviderUrl, and Prefix for a second
    stack; `name`, the stack's. Raises CommandError when a table is missing.
    """
    environment = {**servers, STACK_VARIABLE: name}
    secret = _client("secretsmanager", environment).create_secret(Name=name, SecretString=_TOKEN)
    given = {
        "CodeBucket": name,
        "CodeKey": _CODE_KEY,
        "ProviderSecretArn": secret["ARN"],
        **parameters,
    }
    template = read_template(given)
    given["Prefix"] = template.queue_name.removesuffix("-messages")
    _put_code(_client("s3", environment), name)
    _client("cloudformation", environment).create_stack(
        StackName=name,
        TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": key, "ParameterValue": str(value)} for key, value in given.items()
        ],
    )
    # moto reports a stack as complete although it leaves out what it does not know.
    tables = set(_client("dynamodb", environment).list_tables()["TableNames"])
    if missing := set(template.table_names.values()) - tables:
        raise CommandError(f"moto made no table {sorted(missing)[0]}: the template names it")
    sqs = _client("sqs", environment)
    dead_letter_url = _create_queue(sqs, template, "DeadLetters")
    queue_url = _create_queue(sqs, template, "Messages", dead_letter_url)
    return LocalStack(template, environment, queue_url, dead_letter_url)


def _create_queue(sqs: Any, template: Template, logical_id: str, dead_letter_url: str = "") -> str:
    """Make a queue with the template's properties; return its address."""
    properties = template.properties(logical_id)
    attributes = {key: properties[key] for key in _QUEUE_PROPERTIES if key in properties}
    if "RedrivePolicy" in attributes:
        facts = sqs.get_queue_attributes(QueueUrl=dead_letter_url, AttributeNames=["QueueArn"])
        policy = {**attributes["RedrivePolicy"]}
        policy["deadLetterTargetArn"] = facts["Attributes"]["QueueArn"]
        attributes["RedrivePolicy"] = json.dumps(policy)
    texts = {key: str(value) for key, value in attributes.items()}
    url: str = sqs.create_queue(QueueName=properties["QueueName"], Attributes=texts)["QueueUrl"]
    return url


def _put_code(s3: Any, bucket: str) -> None:
    """Put an empty package where the template looks for the code."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("empty", "")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=_CODE_KEY, Body=content.getvalue())


@contextlib.contextmanager
def _moto(folder: Path) -> Iterator[str]:
    """Start a server of moto, yield its address, and end it. Raises CommandError."""
    port, log = free_port(), folder / "moto.log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_answers(process, f"{address}/moto-api/data.json", "moto", log)
        yield address
    finally:
        process.terminate()
        process.wait()


def _session(environment: Mapping[str, str]) -> Any:
    return boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )


def _client(service: str, environment: Mapping[str, str]) -> Any:
    name = "AWS_ENDPOINT_URL_SQS" if service == "sqs" else "AWS_ENDPOINT_URL"
    config = Config(retries={"mode": "standard"}, max_pool_connections=20)
    return _session(environment).client(service, endpoint_url=environment[name], config=config)
