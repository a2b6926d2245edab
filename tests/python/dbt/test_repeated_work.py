from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from dbt import compilation
from dbt.artifacts.resources.v1.components import InjectedCTE
from dbt.context.macros import MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt_common.clients.agate_helper import table_from_data_flat
from dbt_common.clients.jinja import get_environment, get_template
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LoggerConfig
from dbt_common.events.types import Note

from logmart.dbt.repeated_work import repeated_work_saved

# Macros as (package, name): of the project, of another package, of the adapter and of dbt.
MACROS = (
    *(("shop", "only_here"), ("shop", "everywhere")),
    *(("helpers", "only_there"), ("helpers", "everywhere")),
    *(("dbt_duckdb", "of_both"), ("dbt_duckdb", "everywhere")),
    *(("dbt", "of_both"), ("dbt", "everywhere")),
)
STACK: Any = None


class Context(ManifestContext):
    """The context of a node of a package."""

    def _get_namespace_builder(self) -> MacroNamespaceBuilder:
        return MacroNamespaceBuilder("shop", self.search_package, STACK, ["dbt_duckdb", "dbt"])


def packages_by_name(search_package: str) -> dict[str, str]:
    """Return the package of the macro that each name stands for in a context."""
    macros: dict[str, dict[str, Any]] = {}
    for package, name in MACROS:
        macros.setdefault(package, {})[name] = SimpleNamespace(package_name=package, name=name)
    config: Any = SimpleNamespace(project_name="shop", cli_vars={}, to_target_dict=dict)
    manifest: Any = SimpleNamespace(get_macros_by_package=lambda: macros)
    context: Any = Context(config, manifest, search_package)
    made = context.to_dict()
    assert made["everywhere"].context is made
    packages = {
        f"{package}.{name}": generator.macro.package_name
        for package in macros
        for name, generator in made.get(package, {}).items()
    }
    names = {name for _, name in MACROS} & made.keys()
    return packages | {name: made[name].macro.package_name for name in names}


@pytest.mark.parametrize("search_package", ["shop", "helpers", "dbt"])
def test_a_name_stands_for_the_macro_that_dbt_would_take(search_package: str) -> None:
    of_dbt = packages_by_name(search_package)
    own = "helpers" if search_package == "helpers" else "shop"
    assert (of_dbt["everywhere"], of_dbt["of_both"]) == (own, "dbt_duckdb")
    with repeated_work_saved():
        assert packages_by_name(search_package) == of_dbt


def test_a_source_is_compiled_once_for_each_class_of_environment() -> None:
    source = "{{ '7' | as_number }}-{{ name }}"
    with repeated_work_saved():
        compiled = [get_environment().compile(source) for _ in range(2)]
        native = get_environment(native=True).compile(source)
        texts = [get_template(source, {"name": name}).render({}) for name in ("a", "b")]
    assert compiled[0] is compiled[1]
    assert native is not compiled[0]
    assert texts == ["7-a", "7-b"]


def test_a_result_has_the_types_that_dbt_would_give_it() -> None:
    rows: list[dict[str, Any]] = [
        {"number": 1, "text": "null", "day": "2026-03-31"},
        {"number": None, "text": "a", "day": ""},
    ]

    def columns() -> list[tuple[str, list[Any]]]:
        table = table_from_data_flat(rows, list(rows[0]))
        return [(type(one.data_type).__name__, list(one)) for one in table.columns]

    of_dbt = columns()
    with repeated_work_saved():
        assert [columns(), columns()] == [of_dbt, of_dbt]


def test_only_debug_events_that_nobody_reads_are_dropped() -> None:
    class NodeFinished(Note):
        """An event of the name that `Progress` reads."""

        PROTO_TYPES_MODULE: Any = SimpleNamespace(
            NodeFinished=Note.PROTO_TYPES_MODULE.Note,
            NodeFinishedMsg=Note.PROTO_TYPES_MODULE.NoteMsg,
        )

    def received(logs: bool) -> list[tuple[str, str]]:
        manager, messages = EventManager(), list[Any]()
        manager.add_callback(lambda message: messages.append(message.info))
        if logs:
            manager.add_logger(LoggerConfig(name="log", output_stream=io.StringIO()))
        for event in (Note(msg="note"), NodeFinished(msg="end")):
            for level in (EventLevel.DEBUG, EventLevel.INFO):
                manager.fire_event(event, level)
        return [(info.name, info.level) for info in messages]

    every = received(logs=False)
    assert len(every) == 4
    with repeated_work_saved():
        assert received(logs=False) == [one for one in every if one != ("Note", "debug")]
        assert received(logs=True) == every


def test_a_message_holds_what_its_event_was_made_with() -> None:
    def fields() -> list[Any]:
        note = Note(msg="all is well")
        return [note.msg, note.message(), note.to_json(), hasattr(note, "other")]

    of_dbt = fields()
    with repeated_work_saved():
        assert fields() == of_dbt
        unread = Note(msg="dropped")
        EventManager().fire_event(unread, EventLevel.DEBUG)
    assert "pb_msg" not in unread.__dict__


@pytest.mark.parametrize(
    "sql",
    [
        "with own as (select 1) select * from own",
        "-- with\n\n/* with\n */ WITH\n  own as (select 1)\nselect * from own",
        "with\n-- own\nown as (select 1) select * from own",
        "with recursive own as (select 1) select * from own",
        "with own as (select ';') select * from own; select 2",
        "select * from (with own as (select 1) select * from own)",
        "select 'with own'",
    ],
)
@pytest.mark.parametrize("given_names", [[], ["first"], ["first", "second"]])
def test_given_rows_come_where_dbt_would_put_them(sql: str, given_names: list[str]) -> None:
    given = [InjectedCTE(id=name, sql=f" {name} as (select 1)") for name in given_names]
    of_dbt = compilation.inject_ctes_into_sql(sql, given)
    with repeated_work_saved():
        assert compilation.inject_ctes_into_sql(sql, given) == of_dbt
