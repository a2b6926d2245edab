"""dbt's selection methods that need only the artifacts of one run. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import PurePosixPath

from logmart_catalog.errors import SelectionError
from logmart_catalog.records import Record

PUBLISHED_TYPES = frozenset({"model", "seed", "snapshot", "source", "exposure", "metric"})
_PARTS_OF_A_SOURCE = 3


@dataclass(frozen=True)
class Resource:
    """A node of dbt's graph: its record, its type, and the name of the project."""

    record: Record
    type: str
    project: str

    @property
    def is_published(self) -> bool:
        """Whether the resource becomes an entity of its own in the catalog."""
        return self.type in PUBLISHED_TYPES


def matcher(method: str, argument: str, value: str, where: str) -> Callable[[Resource], bool]:
    """Return a predicate: whether a method selects a resource.

    In: `method`, one of `METHODS`, with its `argument` (`materialized` of `config.materialized:`);
    `where`, the criterion's name in errors. Raises SelectionError on a value that the method does
    not take.
    """
    if method == "resource_type" and value not in PUBLISHED_TYPES:
        known = ", ".join(sorted(PUBLISHED_TYPES))
        raise SelectionError(
            f"{where}: resources of type {value!r} are not published on their own; known: {known}"
        )
    if method == "source" and value.count(".") >= _PARTS_OF_A_SOURCE:
        raise SelectionError(f"{where}: give source, source.table or package.source.table")
    if method == "config":
        if not argument:
            raise SelectionError(f"{where}: name the setting, as in config.materialized:table")
        return partial(_by_config, value, argument.split("."))
    return partial(_BY_VALUE[method], value)


def _by_name(value: str, resource: Resource) -> bool:
    """Match by name, path of folders or package, like dbt's method `fqn`."""
    path = resource.record.texts("fqn")
    if resource.type == "source" or not path:
        return False
    versioned = resource.record.values.get("version") is not None
    return any(_names(names, value, versioned) for names in (path, path[1:]) if names)


def _names(path: list[str], value: str, versioned: bool) -> bool:
    leaf = path[-2] if versioned and len(path) > 1 else path[-1]
    parts = value.split(".")
    if leaf == value or (versioned and "_".join(path[-2:]) == "_".join(parts[-2:])):
        return True
    flat = [part for segment in path for part in segment.split(".")]
    if len(flat) < len(parts):
        return False
    for place, part in enumerate(parts):
        if any(sign in part for sign in "*?[]"):
            if fnmatchcase(".".join(flat[place:]), ".".join(parts[place:])):
                return True
            return len(parts) == 1 and fnmatchcase(leaf, value)
        if flat[place] != part:
            return False
    return True


def _by_tag(value: str, resource: Resource) -> bool:
    return any(fnmatchcase(tag, value) for tag in resource.record.texts("tags"))


def _by_group(value: str, resource: Resource) -> bool:
    group = resource.record.text("group")
    return bool(group) and fnmatchcase(group, value)


def _by_package(value: str, resource: Resource) -> bool:
    wanted = resource.project if value == "this" else value
    return fnmatchcase(resource.record.text("package_name"), wanted)


def _by_source(value: str, resource: Resource) -> bool:
    if resource.type != "source":
        return False
    parts = value.split(".")
    package = parts.pop(0) if len(parts) == _PARTS_OF_A_SOURCE else "*"
    wanted = [package, parts[0], parts[1] if len(parts) > 1 else "*"]
    held = [resource.record.text(key) for key in ("package_name", "source_name", "name")]
    return all(fnmatchcase(name, other) for name, other in zip(held, wanted, strict=True))


def _by_type(value: str, resource: Resource) -> bool:
    return resource.type == value


def _by_use(kind: str, value: str, resource: Resource) -> bool:
    """Match the name of an exposure or metric, or `package.name`."""
    package, _, name = value.rpartition(".")
    record = resource.record
    return (
        resource.type == kind
        and fnmatchcase(record.text("name"), name)
        and fnmatchcase(record.text("package_name"), package or "*")
    )


def _by_file(value: str, resource: Resource) -> bool:
    path = PurePosixPath(resource.record.text("original_file_path"))
    return fnmatchcase(path.name, value) or fnmatchcase(path.stem, value)


def _by_path(value: str, resource: Resource) -> bool:
    """Match the file or a folder above it; the pattern may hold wildcards."""
    wanted = [part for part in value.split("/") if part not in ("", ".")]
    own = PurePosixPath(resource.record.text("original_file_path"))
    described = resource.record.text("patch_path").rpartition("://")[2]
    paths = [own, *own.parents, *([PurePosixPath(described)] if described else [])]
    return any(_fits(path.parts, wanted) for path in paths)


def _fits(parts: Iterable[str], wanted: list[str]) -> bool:
    held = list(parts)
    if not wanted or not held:
        return not wanted and not held
    if wanted[0] == "**":
        return _fits(held, wanted[1:]) or _fits(held[1:], wanted)
    return fnmatchcase(held[0], wanted[0]) and _fits(held[1:], wanted[1:])


def _by_config(value: str, path: list[str], resource: Resource) -> bool:
    held: object = dict(resource.record.record("config").values)
    for part in path:
        held = held.get(part) if isinstance(held, dict) else None
    values = held if isinstance(held, list) else [held]
    return any(setting is not None and _spelled(setting) == _spelled(value) for setting in values)


def _spelled(value: object) -> str:
    text = str(value)
    return text.lower() if text.lower() in ("true", "false") else text


_BY_VALUE: dict[str, Callable[[str, Resource], bool]] = {
    "fqn": _by_name,
    "tag": _by_tag,
    "group": _by_group,
    "package": _by_package,
    "source": _by_source,
    "resource_type": _by_type,
    "exposure": partial(_by_use, "exposure"),
    "metric": partial(_by_use, "metric"),
    "file": _by_file,
    "path": _by_path,
}
METHODS = frozenset({*_BY_VALUE, "config"})
