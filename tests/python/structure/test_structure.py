"""The structure of the code: no import cycles between folders, short modules, few make targets."""

from __future__ import annotations

import ast
import importlib
import re
from graphlib import TopologicalSorter
from pathlib import Path

import click
import pytest

from logmart.__main__ import NOUNS, cli
from logmart.settings import PROJECT

PACKAGES = [PROJECT / "logmart", PROJECT / "ingestion/logmart_catalog"]
LONGEST_MODULE = 300
MOST_TARGETS = 20


def modules(package: Path) -> dict[str, Path]:
    """Return the files of a package by module."""
    names = {
        path: path.relative_to(package.parent).with_suffix("") for path in package.rglob("*.py")
    }
    return {".".join(name.parts).removesuffix(".__init__"): path for path, name in names.items()}


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules of `known` that a file imports, when loaded and in functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                found |= {one for one in (inner, node.module) if one in known}
    return found


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_no_module_imports_itself_by_way_of_others(package: Path) -> None:
    known = modules(package)
    TopologicalSorter(
        {module: imports(path, known) - {module} for module, path in known.items()}
    ).prepare()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_no_room_needs_another_that_needs_it(package: Path) -> None:
    known = modules(package)
    rooms = {path.parent.name: set[str]() for path in package.glob("*/__init__.py")}
    for module, path in known.items():
        room = module.split(".")[1] if module.count(".") else ""
        if room in rooms:
            needed = {one.split(".")[1] for one in imports(path, known) if one.count(".")}
            rooms[room] |= needed & rooms.keys() - {room}
    TopologicalSorter(rooms).prepare()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_module_can_be_read_at_one_sitting(package: Path) -> None:
    lengths = {
        module: len(path.read_text(encoding="utf-8").splitlines())
        for module, path in modules(package).items()
    }
    assert {one: length for one, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_a_yaml_file_of_models_is_named_after_its_folder_and_what_it_holds() -> None:
    misnamed = []
    for path in sorted((PROJECT / "models").rglob("*.yml")):
        folder = path.parent.name
        name = rf"_{folder}__(models|events|sources|exposures)\.yml"
        if folder == "semantic":
            name = r"_[a-z]+__(semantic|exposures)\.yml"
        if path.parent == PROJECT / "models":
            name = r"groups\.yml"
        if not re.fullmatch(name, path.name):
            misnamed.append(str(path.relative_to(PROJECT)))
    assert misnamed == []


def test_make_has_the_targets_of_every_day_and_each_says_what_it_does() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][a-z-]*):(?! export| LOGMART)(.*)$", makefile, re.MULTILINE)
    assert len(targets) <= MOST_TARGETS
    assert [name for name, rest in targets if " ## " not in f" {rest}"] == []


def test_every_verb_is_a_command_with_a_help_text_and_options_that_have_one() -> None:
    for verbs in (verbs for _, verbs in NOUNS.values()):
        for place, text in verbs.values():
            module, _, name = place.partition(":")
            command = getattr(importlib.import_module(module), name)
            assert isinstance(command, click.Command), place
            assert command.help, place
            assert text
    assert sorted(cli.commands) == sorted(NOUNS)
