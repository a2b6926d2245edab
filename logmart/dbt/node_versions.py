"""Computes a version of every node of a project: what its relation or its test result depends on.

A node has two versions. Its code version covers the node itself, the unit tests of a model, the
macros and variables that it uses, and the code versions of its parents. Its data version covers its
code, the landed files of the sources above it, and the data versions of its parents. Nodes with an
equal version give equal results, so they need not run again.

A macro counts as used where the text names it before a parenthesis, or for `adapter.dispatch`. So a
node may seem to use more than it does, and then runs once too often.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Document = Mapping[str, Any]
# What a manifest says of a node that changes without the node.
_VOLATILE = frozenset(
    {
        *("created_at", "build_path", "compiled_path", "compiled", "compiled_code"),
        *("extra_ctes", "extra_ctes_injected"),
    }
)
# The parts of a manifest that a macro can read through `graph`.
_GRAPH = ("nodes", "sources", "exposures", "metrics", "groups", "saved_queries", "semantic_models")
# The SQL of a node's ancestors is in their versions, so what a macro reads of it through `graph`
# counts once. A node that calls code_hash() itself may read the SQL of any node.
_SQL = frozenset({"raw_code", "checksum"})
_READS_ANY_SQL = re.compile(r"\bcode_hash\(")
_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
_DISPATCH = re.compile(r"\bdispatch\(\s*['\"](\w+)['\"]")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_GRAPH_NAME = re.compile(r"\bgraph\b")
_VARIABLE = re.compile(r"\bvar\(\s*(?:(['\"])(\w+)\1\s*[,)])?")
_ENVIRONMENT = re.compile(r"\benv_var\(\s*['\"](\w+)['\"]")
_QUOTED = re.compile(r"['\"](\w{4,})['\"]")
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Version:
    """The versions of a node, as hashes."""

    code: str
    data: str


class NodeVersions:
    """The versions of a project's nodes.

    In: manifest.json as a document; the values of all variables; by name of a source, a hash of
    its landed files; a hash of everything else that results depend on, such as dbt's version.
    """

    def __init__(
        self,
        manifest: Document,
        variables: Mapping[str, object],
        landed: Mapping[str, str],
        engine: str,
    ) -> None:
        self._manifest = manifest
        self._variables = variables
        self._landed = landed
        self._engine = engine
        self._nodes: dict[str, Document] = {**manifest["nodes"], **manifest["sources"]}
        self._unit_tests: dict[str, list[Document]] = {}
        for test in manifest["unit_tests"].values():
            for model in test["depends_on"]["nodes"]:
                self._unit_tests.setdefault(model, []).append(test)
        self._found: dict[str, Version] = {}
        self._graph_hashes: dict[frozenset[str], str] = {}

    def of_all(self) -> dict[str, Version]:
        """Return the versions of the nodes that a build runs, by unique id, hooks included. A unit
        test's are those of its model.
        """
        found = {
            unique_id: self._version(unique_id)
            for unique_id, node in self._manifest["nodes"].items()
            if _is_run(node)
        }
        for model, tests in self._unit_tests.items():
            found |= {test["unique_id"]: found[model] for test in tests}
        return found

    def _version(self, unique_id: str) -> Version:
        """Return the versions of a node or source. Its parents come first: dbt has no cycles."""
        if unique_id not in self._found:
            node = self._nodes[unique_id]
            parents = [
                self._version(parent)
                for parent in sorted((node.get("depends_on") or {}).get("nodes") or [])
                if parent in self._nodes
            ]
            own = self._own_code(unique_id)
            code = _hash([own, *(parent.code for parent in parents)])
            landed = self._landed.get(node.get("source_name") or "", "")
            data = _hash([own, landed, *(parent.data for parent in parents)])
            self._found[unique_id] = Version(code, data)
        return self._found[unique_id]

    def macros_of(self, unique_id: str) -> set[str]:
        """Return the names of the project's macros that a node and its unit tests use."""
        return self._used_macros(self._texts(unique_id))

    def _own_code(self, unique_id: str) -> str:
        node = self._nodes[unique_id]
        content = [_content(each) for each in (node, *self._unit_tests.get(unique_id, []))]
        texts = self._texts(unique_id)
        texts += [self._macro_texts[name] for name in sorted(self._used_macros(texts))]
        read = [self._engine, self._used_variables(texts), self._used_graph(texts, node)]
        return _hash([*content, *texts, *read])

    def _texts(self, unique_id: str) -> list[str]:
        entries = (self._nodes[unique_id], *self._unit_tests.get(unique_id, []))
        return [_COMMENT.sub("", _text(entry)) for entry in entries]

    def _used_macros(self, texts: Iterable[str]) -> set[str]:
        """Return the project's macros that texts use, directly or through other macros."""
        used: set[str] = set()
        waiting = [name for text in texts for name in self._named_macros(text)]
        while waiting:
            name = waiting.pop()
            if name not in used:
                used.add(name)
                waiting += self._macros_used_by[name]
        return used

    def _named_macros(self, text: str) -> set[str]:
        called = {name for name in _CALL.findall(text) if name in self._macro_texts}
        for name in _DISPATCH.findall(text):
            called |= self._forms.get(name, set())
        return called

    @cached_property
    def _macro_texts(self) -> dict[str, str]:
        package = self._manifest["metadata"]["project_name"]
        return {
            macro["name"]: _COMMENT.sub("", macro["macro_sql"])
            for macro in self._manifest["macros"].values()
            if macro["package_name"] == package
        }

    @cached_property
    def _forms(self) -> dict[str, set[str]]:
        """The engines' forms of each macro: `duckdb__now` is one of `now`."""
        forms: dict[str, set[str]] = {}
        for name in self._macro_texts:
            forms.setdefault(name.partition("__")[2], set()).add(name)
        return forms

    @cached_property
    def _macros_used_by(self) -> dict[str, set[str]]:
        return {name: self._named_macros(text) for name, text in self._macro_texts.items()}

    def _used_variables(self, texts: Iterable[str]) -> str:
        """Return the used variables of the project and of the environment, with their values. Where
        a name is computed, they are those with a quoted word of the text in their name.
        """
        names: set[str] = set()
        for text in texts:
            found = {match[2] for match in _VARIABLE.finditer(text)}
            if None in found:
                words = _QUOTED.findall(text)
                found |= {name for name in self._variables if any(word in name for word in words)}
            names |= found - {None}
        places = {match[1] for text in texts for match in _ENVIRONMENT.finditer(text)}
        return _json(
            [
                {name: self._variables.get(name) for name in names},
                {name: os.environ.get(name) for name in places},
            ]
        )

    def _used_graph(self, texts: Sequence[str], node: Document) -> str:
        """Return the fields that texts name of all entries of `graph`; "" where none reads it."""
        if not any(_GRAPH_NAME.search(text) for text in texts):
            return ""
        words = {word for text in texts for word in _WORD.findall(text)}
        left_out = _VOLATILE
        if not _READS_ANY_SQL.search(node.get("raw_code") or ""):
            left_out = left_out | _SQL
        fields = frozenset((self._graph_fields & words) - left_out)
        if fields not in self._graph_hashes:
            self._graph_hashes[fields] = _hash(
                _json({field: entry.get(field) for field in sorted(fields)})
                for entry in self._graph_entries
            )
        return self._graph_hashes[fields]

    @cached_property
    def _graph_entries(self) -> list[Document]:
        parts = [self._manifest[part] for part in _GRAPH]
        return [entries[unique_id] for entries in parts for unique_id in sorted(entries)]

    @cached_property
    def _graph_fields(self) -> set[str]:
        return {field for entry in self._graph_entries for field in entry}


def _is_run(node: Document) -> bool:
    config = node.get("config") or {}
    is_run = node["resource_type"] != "analysis" and config.get("materialized") != "ephemeral"
    return is_run and bool(config.get("enabled", True))


def _content(entry: Document) -> str:
    return _json({key: value for key, value in entry.items() if key not in _VOLATILE})


def _text(node: Document) -> str:
    """Return what dbt renders of a node: its SQL, its configuration and a test's arguments."""
    config = node.get("config") or {}
    by_dbt = ["generate_schema_name()"]
    if config.get("incremental_strategy"):
        by_dbt += [
            "should_full_refresh()",
            f"get_incremental_{config['incremental_strategy']}_sql()",
        ]
    rendered = [config, node.get("test_metadata"), node.get("given")]
    return "\n".join([node.get("raw_code") or "", *by_dbt, *map(_json, rendered)])


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _hash(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
