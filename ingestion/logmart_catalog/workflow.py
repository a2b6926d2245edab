"""The engine as a connector of the official workflow: `metadata ingest -c openmetadata.yaml`.

The workflow's own sink has nothing to do: the engine writes to the server and fills the status.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from metadata.generated.schema.entity.services.ingestionPipelines.status import StackTraceError
from metadata.ingestion.api.models import Either
from metadata.ingestion.api.step import WorkflowFatalError
from metadata.ingestion.api.steps import Source
from metadata.ingestion.models.custom_pydantic import BaseModel
from metadata.ingestion.ometa.ometa_api import OpenMetadata

from logmart_catalog import engine
from logmart_catalog.command.render import apply_text, plan_text
from logmart_catalog.command.summary import Summary, summarize
from logmart_catalog.config import Config, Connection, connection_options, parse_config
from logmart_catalog.engine import Consent, Report
from logmart_catalog.errors import CatalogError, ConfigError
from logmart_catalog.lineage.project import COMPILE_FULL_REFRESH
from logmart_catalog.records import Record

logger = logging.getLogger("metadata.Ingestion")


class LogmartSource(Source):
    """Applies a dbt project to the server that the workflow is connected to.

    In its status, `records` are the tables that dbt publishes, `updated_records` the actions
    carried out, `warnings` the things left out.
    """

    def __init__(self, folder: Path, config: Config, connection: Connection) -> None:
        """In: dbt's target folder, how to publish it, and where."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._folder = folder
        self._config = config
        self._connection = connection
        self.summary: Summary | None = None

    @classmethod
    def create(
        cls,
        config_dict: Mapping[str, object],
        metadata: OpenMetadata[BaseModel, BaseModel],
        pipeline_name: str | None = None,
    ) -> LogmartSource:
        """Return the source of a workflow's `source` section. Raises ConfigError."""
        source = Record.of("the workflow's source", config_dict, ConfigError)
        target = connection_options(source).text("targetPath")
        if not target or "$" in target:
            raise ConfigError("connectionOptions: targetPath must name dbt's target folder")
        security = metadata.config.securityConfig
        token = getattr(security, "jwtToken", None)
        secret = token.get_secret_value() if token else ""
        connection = Connection(str(metadata.config.hostPort).rstrip("/"), secret)
        return cls(Path(target), parse_config(source), connection)

    def prepare(self) -> None:
        """Nothing to prepare."""

    def test_connection(self) -> None:
        """Nothing to test: no warehouse is read, and the first call tests the server."""

    def close(self) -> None:
        """Nothing to close."""

    def _iter(self) -> Iterable[Either[str]]:
        try:
            desired = engine.load(self._folder, self._config)
            report = engine.apply_server(
                desired,
                self._connection,
                self._config,
                consent=Consent(),
                show=lambda found: logger.info(plan_text(found)),
            )
        except CatalogError as error:
            self.status.failed(StackTraceError(name=type(error).__name__, error=str(error)))
            raise WorkflowFatalError(str(error)) from error
        self._tell(report)
        yield from ()

    def _leave_out(self, what: str, reason: str) -> None:
        if self._config.accept_left_out:
            self.status.warning(what, reason)
        else:
            self.status.failed(StackTraceError(name=what, error=reason))

    def _tell(self, report: Report) -> None:
        self.summary = summarize(report, drift=False)
        self.status.records.extend(report.desired.tables)
        self.status.updated_records.extend(action.name for action in report.plan.actions)
        for what, count in report.left_out.items():
            reason = f"left out: not in OpenMetadata {report.server_version}"
            self._leave_out(f"{what}, {count} times", reason)
        for node, reason in report.notes.left_out.items():
            self._leave_out(node, f"left out: {reason}")
        for node, reason in report.notes.outdated.items():
            self._leave_out(node, f"may be out of date: {reason}")
        for node in report.notes.reads_itself:
            self.status.warning(node, f"SQL of an incremental run: {COMPILE_FULL_REFRESH}")
        for reason in report.notes.malformed:
            self._leave_out(reason, "left out: malformed in dbt")
        for kind, names in report.missing.items():
            for name in names:
                self.status.warning(name, f"left out: no such {kind}")
        for what, count in report.notes.unplaced.items():
            self.status.warning(what, f"no place in the catalog, {count} times")
        for kind, count in report.notes.unknown_types.items():
            self.status.warning(kind, f"type not understood, in {count} columns")
        for column, reason in report.notes.untraced.items():
            self.status.warning(column, f"lineage not traced: {reason}")
        logger.info(apply_text(self.summary))
        logger.info("Summary: %s", json.dumps(asdict(self.summary), ensure_ascii=False))
