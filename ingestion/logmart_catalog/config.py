"""The configuration: what `openmetadata.yaml` says to this sync, and what only the environment may.

The same file configures `metadata ingest`; there the client itself fills in `${VAR}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml  # type: ignore[import-untyped, unused-ignore]

from logmart_catalog.errors import ConfigError
from logmart_catalog.records import Record
from logmart_catalog.state.names import MAX_NAME_LENGTH

HOST_VARIABLE = "OPENMETADATA_HOST"
TOKEN_VARIABLE = "OPENMETADATA_JWT_TOKEN"
MAX_CONCURRENCY = 32
_OPTIONS = frozenset(
    {
        "targetPath",
        "databaseName",
        "databaseNames",
        "projectName",
        "createTeams",
        "createTags",
        "describeByDocBlocks",
        "tagClassification",
        "personalDataClassification",
        "personalDataClasses",
        "dashboardService",
        "maxRemovalShare",
        "concurrency",
        "acceptLeftOut",
        "testResults",
        "select",
        "exclude",
    }
)


@dataclass(frozen=True)
class Choice:
    """Which nodes are asked for: those of `select`, or all where it is empty, but for those of
    `exclude`. Each is a union of texts in dbt's spelling.
    """

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Config:
    """How a dbt project is published.

    `service` and `database` are names in the catalog, `database` of the database that holds most
    of the project; `database_names` gives names for other databases by their own; `project` is the
    name in our marks, "" for dbt's. With `create_teams`, teams that own a group are created where
    they are absent. `max_removal_share` (0 to 1) is the largest share of our tables that one apply
    may remove unasked. `concurrency` is how many calls are made at a time.

    dbt's tags become tags of `tag_classification`, the classes of personal data tags of
    `personal_data_classification`; with `create_tags` both are created where they are absent.
    `personal_data_classes` ranks the classes, the strictest first.
    With `describe_by_doc_blocks`, a column that neither has a description nor inherits one has that
    of the project's doc block of its name.
    Exposures become dashboards of `dashboard_service`, by default `<service>_exposures`.
    With `accept_left_out`, what a server has no place or word for is left out without failing.
    Of `test_results`, `all` are published, or those that are `changed` from the last one there.
    `choice` is which nodes are published.
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
    """Where the server is: the API's base address, and the token, which no text may show."""

    host: str
    token: str


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
    options = connection_options(source)
    unknown = sorted(set(options.values) - _OPTIONS)
    if unknown:
        raise ConfigError(
            f"{options.where}: unknown option {unknown[0]}; known: {', '.join(sorted(_OPTIONS))}"
        )
    config = Config(
        source.text("serviceName"),
        options.text("databaseName"),
        _names(options),
        options.text("projectName"),
        _flag(options, "createTeams"),
        _share(options),
        _count(options, "concurrency", Config.concurrency),
        _flag(options, "createTags"),
        options.text("tagClassification") or Config.tag_classification,
        options.text("personalDataClassification") or Config.personal_data_classification,
        _list(options, "personalDataClasses") or Config.personal_data_classes,
        options.text("dashboardService"),
        _flag(options, "describeByDocBlocks"),
        _flag(options, "acceptLeftOut"),
        _word(options, "testResults", ("all", "changed")),
        Choice(_terms(options, "select"), _terms(options, "exclude")),
    )
    return checked(config, options.where)


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
    """Return the configuration. Raises ConfigError when a name is missing or no catalog name."""
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


def _names(options: Record) -> dict[str, str]:
    """Parse `databaseNames`: `own=catalog` pairs, with commas between."""
    names = {}
    for pair in filter(None, (part.strip() for part in options.text("databaseNames").split(","))):
        own, sign, shown = (part.strip() for part in pair.partition("="))
        if not (own and sign and shown):
            raise ConfigError(f"{options.where}: databaseNames: {pair!r} is no `own=catalog` pair")
        names[own] = shown
    return names


def _list(options: Record, key: str) -> tuple[str, ...]:
    """Parse texts with commas between."""
    return tuple(one.strip() for one in options.text(key).split(",") if one.strip())


def _terms(options: Record, key: str) -> tuple[str, ...]:
    """Parse texts with spaces between."""
    return tuple(options.text(key).split())


def _flag(options: Record, key: str) -> bool:
    text = str(options.values.get(key, "false")).lower()
    if text not in {"true", "false"}:
        raise ConfigError(f"{options.where}: {key} must be true or false, not {text!r}")
    return text == "true"


def _word(options: Record, key: str, known: tuple[str, ...]) -> str:
    """Return which of some words an option gives, the first where it gives none."""
    word = options.text(key) or known[0]
    if word not in known:
        raise ConfigError(f"{options.where}: {key} must be {' or '.join(known)}, not {word[:40]!r}")
    return word


def _count(options: Record, key: str, default: int) -> int:
    text = str(options.values.get(key, default))
    if not text.isdecimal() or not 1 <= int(text) <= MAX_CONCURRENCY:
        raise ConfigError(
            f"{options.where}: {key} must be 1 to {MAX_CONCURRENCY}, not {text[:40]!r}"
        )
    return int(text)


def _share(options: Record) -> float:
    value = options.values.get("maxRemovalShare", Config.max_removal_share)
    try:
        share = float(str(value))
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ConfigError(f"{options.where}: maxRemovalShare must be 0 to 1, not {value!r}")
    return share
