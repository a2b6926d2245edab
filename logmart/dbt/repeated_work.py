"""Saves work that dbt repeats for every node, a part of a build that no setting of dbt reaches.

While dbt runs, functions of dbt and of the libraries below it are replaced by functions that give
the same results:

- a Jinja template is compiled once for all nodes and commands that have the same source
- the macros are put into a node's context in one pass; dbt makes this context two times a node
- the testers of the types of a result's columns are made once
- a debug event is dropped when no log takes it, but for those that tell where a build is
- the message of an event is made when it is read, so a dropped event has none
- a unit test's query is parsed up to its first `with`, where dbt puts the given rows
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

from dbt import compilation
from dbt.artifacts.resources.v1.components import InjectedCTE
from dbt.clients.jinja import MacroGenerator
from dbt.context.macro_resolver import TestMacroNamespace
from dbt.context.macros import MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt.contracts.graph.nodes import Macro
from dbt.graph.selector_methods import PathSelectorMethod
from dbt_common.clients import agate_helper
from dbt_common.clients.jinja import MacroFuzzEnvironment
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.contextvars import get_project_root
from dbt_common.events.event_manager import EventManager

from logmart.replaced_attributes import replaced_attributes

# The debug events that tell a callback, such as `Progress`, where a build is.
READ_EVENTS = frozenset({"NodeStart", "NodeFinished"})

_compile = MacroFuzzEnvironment.compile
_compiled: dict[tuple[type, str], CodeType] = {}
_fire_event = EventManager.fire_event
_make_message = BaseEvent.__init__
_inject_ctes = compilation.inject_ctes_into_sql
_to_dict = ManifestContext.to_dict
# Blanks and comments, and the `with` that they lead to.
_FIRST_WITH = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*with\s+(?=[^\s/-])(?!recursive\b)", re.IGNORECASE | re.DOTALL
)
_make_type_tester = lru_cache(agate_helper.build_type_tester)


@contextmanager
def repeated_work_saved() -> Iterator[None]:
    """Replace the functions until the context is left."""
    replacements: list[tuple[Any, str, Any]] = [
        (MacroFuzzEnvironment, "compile", _compile_once),
        (MacroNamespaceBuilder, "add_macros", _add_macros),
        (ManifestContext, "to_dict", _context_with_macros),
        (agate_helper, "build_type_tester", _type_tester),
        (EventManager, "fire_event", _fire_if_read),
        (BaseEvent, "__init__", _keep_fields),
        (BaseEvent, "__getattr__", _field_of_message),
        (compilation, "inject_ctes_into_sql", _inject_after_first_with),
    ]
    with replaced_attributes(replacements):
        yield


@contextmanager
def node_search_saved() -> Iterator[None]:
    """Find the nodes of a file by its path until the context is left. dbt reads the folder and
    compares the parsed paths of all nodes, once for each file that sqlfluff lints.
    """
    search = PathSelectorMethod.search

    def nodes_of_file(self: Any, included_nodes: Any, selector: str) -> Iterator[str]:
        root = Path(get_project_root() or "")  # type: ignore[no-untyped-call]
        if not selector.endswith(".sql") or not (root / selector).is_file():
            yield from search(self, included_nodes, selector)
            return
        for name, node in self.all_nodes(included_nodes):
            if node.original_file_path == selector:
                yield name

    with replaced_attributes([(PathSelectorMethod, "search", nodes_of_file)]):
        yield


def _compile_once(environment: Any, source: Any, *arguments: Any, **options: Any) -> Any:
    if not isinstance(source, str) or arguments or options:
        return _compile(environment, source, *arguments, **options)
    # The class decides how a template is compiled: each class has one set of filters in dbt.
    key = (type(environment), source)
    if key not in _compiled:
        _compiled[key] = _compile(environment, source)
    return _compiled[key]


def _add_macros(builder: Any, macros: Iterable[Macro], context: dict[str, Any]) -> None:
    for macro in macros:
        generator = MacroGenerator(macro, context, builder.node, builder.thread_ctx)
        package, name = macro.package_name, macro.name
        if package in builder.internal_package_names:
            builder.internal_packages.setdefault(package, {})[name] = generator
            continue
        builder.packages.setdefault(package, {})[name] = generator
        if package == builder.search_package:
            builder.locals[name] = generator
        elif package == builder.root_package:
            builder.globals[name] = generator


def _context_with_macros(self: Any) -> Any:
    if isinstance(self.namespace, TestMacroNamespace):
        return _to_dict(self)  # type: ignore[no-untyped-call]
    context = super(ManifestContext, self).to_dict()
    for macros in reversed(list(self.namespace._search_order())):
        context.update(macros)
    return context


def _type_tester(text_columns: Iterable[str], **options: Any) -> Any:
    return _make_type_tester(tuple(text_columns), **options)


def _fire_if_read(
    manager: Any, event: BaseEvent, level: EventLevel | None = None, *arguments: Any, **options: Any
) -> None:
    level_of_event = level or event.level_tag()
    is_read = type(event).__name__ in READ_EVENTS or level_of_event != EventLevel.DEBUG
    if is_read or manager.loggers or arguments or options.get("force_warn_or_error_handling"):
        _fire_event(manager, event, level, *arguments, **options)


def _keep_fields(event: BaseEvent, *arguments: Any, **fields: Any) -> None:
    event.__dict__["to_make_message"] = (arguments, fields)


def _field_of_message(event: BaseEvent, name: str) -> Any:
    # Python asks here for what the event does not have yet, such as its message.
    if "pb_msg" not in event.__dict__:
        arguments, fields = event.__dict__["to_make_message"]
        _make_message(event, *arguments, **fields)
    message = event.__dict__["pb_msg"]
    return message if name == "pb_msg" else getattr(message, name)


def _inject_after_first_with(sql: str, ctes: list[InjectedCTE]) -> str:
    first_with = _FIRST_WITH.match(sql)
    # dbt keeps the first of several statements alone.
    if not first_with or not ctes or ";" in sql:
        return _inject_ctes(sql, ctes)
    return _inject_ctes(first_with[0], ctes) + sql[first_with.end() :]
