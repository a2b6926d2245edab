"""The configuration: options from `openmetadata.yaml`, host and token from the environment alone.

The same file configures `metadata ingest`; there the client itself fills in `${VAR}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import yaml  # type: ignore[import-untyped, unused-ignore]
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from logmart_catalog.errors import ConfigError
from logmart_catalog.records import Record
from logmart_catalog.state.names import MAX_NAME_LENGTH

HOST_VARIABLE = "OPENMETADATA_HOST"
TOKEN_VARIABLE = "OPENMETADATA_JWT_TOKEN"
MAX_CONCURRENCY = 32


@dataclass(frozen=True)
class Choice:
    """Which nodes are published: those that `select` matches (all when it is empty), except those
    that `exclude` matches. Each is a union of criteria in dbt's spelling.
    """

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Config:
    """How a dbt project is published.

    `service` and `database` are names in the catalog: `database` is that of the database which
    holds most of the project, `database_names` maps the warehouse's names of other databases to
    theirs. `project` is the project name in our marks, "" for dbt's. With `create_teams`, teams
    that own a group are created when they are absent. `max_removal_share` (0 to 1) is the largest
    share of our tables that one apply may remove without consent. `concurrency` is how many calls
    are made at a time.

    dbt's tags become tags of `tag_classification`, classes of personal data become tags of
    `personal_data_classification`; with `create_tags` both are created when they are absent.
    `personal_data_classes` ranks the classes, the strictest first.
    With `describe_by_doc_blocks`, a column without an own or inherited description gets the text
    of the project's doc block of the same name.
    Exposures become dashboards of `dashboard_service`, by default `<service>_exposures`.
    With `accept_left_out`, the exit code is 0 although something was left out.
    `test_results` is `all`, or `changed`: only results that differ from the last one in the catalog
    are published. `choice` is which nodes are published.
    """

    service: str
    database: str
    database_names: Mapping[str, str] = field(default_factory=dict)
    project: str = ""
    create_teams: bool = False
    max_removal_share: float = 0.3
    concurrency: int = 4
    create_tags: bool = False
    tag_classification: str = "dbtTags"
    personal_data_classification: str = "PersonalData"
    personal_data_classes: tuple[str, ...] = ("SpecialCategory", "DirectIdentifier", "Personal")
    dashboard_service: str = ""
    describe_by_doc_blocks: bool = False
    accept_left_out: bool = False
    test_results: str = "all"
    choice: Choice = field(default_factory=Choice)


@dataclass(frozen=True, repr=False)
class Connection:
    """Where the server is: the API's base address, and the token, which is never printed."""

    host: str
    token: str


def _flag(value: object) -> bool:
    word = str(value).lower()
    if word not in {"true", "false"}:
        raise ValueError(word)
    return word == "true"


def _pairs(value: object) -> dict[str, str]:
    names = {}
    for pair in filter(None, (part.strip() for part in str(value).split(","))):
        own, _, shown = (part.strip() for part in pair.partition("="))
        if not (own and shown):
            raise ValueError(pair)
        names[own] = shown
    return names


def _with_commas(value: object) -> tuple[str, ...]:
    return tuple(part.strip() for part in str(value).split(",") if part.strip())


def _with_spaces(value: object) -> tuple[str, ...]:
    return tuple(str(value).split())


_Flag = Annotated[bool, BeforeValidator(_flag), Field(description="true or false")]
_Pairs = Annotated[
    dict[str, str],
    BeforeValidator(_pairs),
    Field(description="`own=catalog` pairs with commas between"),
]
_Listed = Annotated[tuple[str, ...], BeforeValidator(_with_commas)]
_Terms = Annotated[tuple[str, ...], BeforeValidator(_with_spaces)]
_Text = Annotated[str, Field(strict=True, description="a text")]
_Share = Annotated[float, Field(ge=0, le=1, description="0 to 1")]
_Count = Annotated[int, Field(ge=1, le=MAX_CONCURRENCY, description=f"1 to {MAX_CONCURRENCY}")]
_Results = Annotated[Literal["all", "changed"], Field(description="all or changed")]
_NOT_IN_CONFIG = {"target_path", "database_name", "project_name", "select", "exclude"}


class _Options(BaseModel):
    """The options in the file. All except _NOT_IN_CONFIG become the Config fields of their name."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    target_path: _Text = ""
    database_name: _Text = ""
    database_names: _Pairs = Field(default_factory=dict)
    project_name: _Text = ""
    create_teams: _Flag = False
    max_removal_share: _Share = Config.max_removal_share
    concurrency: _Count = Config.concurrency
    create_tags: _Flag = False
    tag_classification: _Text = ""
    personal_data_classification: _Text = ""
    personal_data_classes: _Listed = ()
    dashboard_service: _Text = ""
    describe_by_doc_blocks: _Flag = False
    accept_left_out: _Flag = False
    test_results: _Results = "all"
    select: _Terms = ()
    exclude: _Terms = ()


def _sentence(error: ValidationError) -> str:
    """Return the first validation error of the options as a sentence."""
    first = error.errors(include_url=False)[0]
    option = str(first["loc"][0])
    fields = {field.alias: field for field in _Options.model_fields.values()}
    if option not in fields:
        return f"unknown option {option}; known: {', '.join(sorted(map(str, fields)))}"
    return f"{option} must be {fields[option].description}, not {str(first['input'])[:40]!r}"


def read_config(path: Path) -> Config:
    """Read the configuration file. Raises ConfigError when it is missing or does not fit."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path}: the configuration cannot be read: {error.strerror}; name it with --config"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no YAML: {error}") from error
    return parse_config(Record.of(str(path), document, ConfigError).record("source"))


def connection_options(source: Record) -> Record:
    """Return the `connectionOptions` of the file's `source` section."""
    return source.record("serviceConnection").record("config").record("connectionOptions")


def parse_config(source: Record) -> Config:
    """Return the configuration that the `source` section gives.

    Raises ConfigError naming the option that is missing, unknown or does not fit.
    """
    given = connection_options(source)
    try:
        present = {key: value for key, value in given.values.items() if value is not None}
        options = _Options.model_validate(present)
    except ValidationError as error:
        raise ConfigError(f"{given.where}: {_sentence(error)}") from error
    fields = options.model_dump(exclude=_NOT_IN_CONFIG)
    config = Config(
        service=source.text("serviceName"),
        database=options.database_name,
        project=options.project_name,
        choice=Choice(options.select, options.exclude),
        # An empty option counts as absent.
        **{name: value for name, value in fields.items() if value not in ("", (), {})},
    )
    return checked(config, given.where)


def override(
    config: Config, service: str | None, database: str | None, choice: Choice | None = None
) -> Config:
    """Return the configuration with names and a choice of nodes given on the command line."""
    changed = replace(
        config,
        service=service or config.service,
        database=database or config.database,
        choice=choice or config.choice,
    )
    return checked(changed, "--service, --database")


def checked(config: Config, where: str) -> Config:
    """Return the configuration. Raises ConfigError when a name is missing or not allowed."""
    for option, name in (("serviceName", config.service), ("databaseName", config.database)):
        if not 0 < len(name) <= MAX_NAME_LENGTH or '"' in name or "::" in name or "\n" in name:
            raise ConfigError(
                f'{where}: {option} {name[:40]!r} is no name: 1 to 256 characters, no " and no ::'
            )
    return config


def read_connection(environment: Mapping[str, str], needed_by: str) -> Connection:
    """Return where the server is.

    In: `needed_by`, the command that needs it. Raises ConfigError when the host is not set or is
    no address.
    """
    host = environment.get(HOST_VARIABLE, "").strip().rstrip("/")
    if not host:
        raise ConfigError(
            f"{needed_by} needs a server: set {HOST_VARIABLE} to the API's base address,"
            " such as http://127.0.0.1:8585/api"
        )
    if not host.startswith(("http://", "https://")):
        raise ConfigError(f"{HOST_VARIABLE} must begin with http:// or https://")
    return Connection(host, environment.get(TOKEN_VARIABLE, ""))
