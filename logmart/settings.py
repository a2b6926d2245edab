"""Paths from the environment, with the same defaults as profiles/profiles.yml, and variables."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parent.parent
TARGET_VARIABLE, PAGES_VARIABLE = "LOGMART_TARGET", "LOGMART_PAGES"
MIGRATION_VARIABLE = "LOGMART_MIGRATION"


@dataclass(frozen=True)
class Settings:
    """The paths of the landing zone, the database that dbt builds in, the published file, the
    folder of dbt's artifacts, the folder of the pages and that of the results of migrations.
    """

    landing: Path
    database: Path
    published: Path
    target: Path = Path("target")
    pages: Path = Path("data/pages")
    migration: Path = Path("data/migration")

    def within(self, folder: Path) -> Settings:
        """Return the same settings, each relative path as one of a folder."""
        return Settings(*(folder / getattr(self, field.name) for field in fields(self)))


def settings() -> Settings:
    """Return LOGMART_LANDING, LOGMART_DATABASE, LOGMART_PUBLISHED, LOGMART_TARGET, LOGMART_PAGES
    and LOGMART_MIGRATION of the environment.
    """
    return Settings(
        landing=Path(os.environ.get("LOGMART_LANDING", "data/landing")),
        database=Path(os.environ.get("LOGMART_DATABASE", "data/build/logmart.duckdb")),
        published=Path(os.environ.get("LOGMART_PUBLISHED", "data/logmart.duckdb")),
        target=Path(os.environ.get(TARGET_VARIABLE, "target")),
        pages=Path(os.environ.get(PAGES_VARIABLE, "data/pages")),
        migration=Path(os.environ.get(MIGRATION_VARIABLE, "data/migration")),
    )


def record_sources(variables: dict[str, Any]) -> list[str]:
    """Return the record sources of the project's variables; none when `app` is not a source,
    because their records are joined to the events of `app`.
    """
    return list(variables["record_sources"]) if "app" in variables["sources"] else []


def landed_sources(variables: dict[str, Any]) -> list[str]:
    """Return the sources whose files a build with these variables loads: events, then records."""
    return [*variables["sources"], *record_sources(variables)]


def project_variables() -> dict[str, Any]:
    """Return the variables of dbt_project.yml."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    variables: dict[str, Any] = project["vars"]
    return variables
