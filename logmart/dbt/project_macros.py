"""Renders SQL of the project for DuckDB without dbt, where starting dbt would take seconds.

It knows the macros of macros/engine/ and macros/quality/, whose results are texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2

from logmart.errors import CommandError

_FOLDERS = ("engine", "quality")


class ProjectMacros:
    """The macros of a dbt project, as DuckDB runs them."""

    def __init__(self, project: Path) -> None:
        files = [
            path
            for folder in _FOLDERS
            for path in sorted((project / "macros" / folder).glob("*.sql"))
        ]
        self._environment = jinja2.Environment(
            extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined
        )
        self._environment.globals.update(
            {
                "adapter": SimpleNamespace(dispatch=self._dispatch),
                "logmart": _Names(lambda name: self._macros[name]),
                "modules": SimpleNamespace(re=re),
                "return": lambda value: value,
                "tojson": json.dumps,
            }
        )
        text = "\n".join(path.read_text(encoding="utf-8") for path in files)
        module = self._environment.from_string(text).make_module()
        self._macros: dict[str, Any] = dict(vars(module))

    def render(self, path: Path, **names: Any) -> str:
        """Return the SQL of a file whose Jinja uses these macros and `names`.

        Raises CommandError when it uses another name.
        """
        try:
            template = self._environment.from_string(path.read_text(encoding="utf-8"))
            return template.render({**self._macros, **names})
        except jinja2.TemplateError as error:
            raise CommandError(f"{path} cannot be rendered without dbt: {error}") from error

    def call(self, name: str, *arguments: str) -> str:
        """Return the SQL that a macro makes."""
        return str(self._macros[name](*arguments))

    def _dispatch(self, name: str, _package: str = "") -> Any:
        own = self._macros.get(f"duckdb__{name}")
        return own if own is not None else self._macros[f"default__{name}"]


class _Names:
    """The macros as `logmart.<name>`."""

    def __init__(self, find: Callable[[str], Any]) -> None:
        self._find = find

    def __getattr__(self, name: str) -> Any:
        return self._find(name)
