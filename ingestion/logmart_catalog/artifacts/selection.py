"""Selects nodes in dbt's `--select` syntax. Pure functions.

dbt's own selector is not used: it only reads manifests of its own version, looks for paths in the
project's folder, and takes three seconds to import.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from logmart_catalog.artifacts.read import Artifacts
from logmart_catalog.artifacts.selection_methods import METHODS, Resource, matcher
from logmart_catalog.config import Choice
from logmart_catalog.errors import SelectionError

# dbt's grammar of one criterion: `@`, `1+`, `method:`, value, `+1`.
_CRITERION = re.compile(
    r"(?P<at>@)?(?P<parents>(?P<up>\d*)\+)?(?:(?P<method>[\w.]+):)?(?P<value>.*?)"
    r"(?P<children>\+(?P<down>\d*))?"
)


@dataclass(frozen=True)
class _Graph:
    """The resources of a project by unique id, with the parents and children of each."""

    resources: Mapping[str, Resource]
    parents: Mapping[str, frozenset[str]]
    children: Mapping[str, set[str]] = field(default_factory=dict)


def chosen_nodes(artifacts: Artifacts, choice: Choice) -> frozenset[str] | None:
    """Return the unique ids of the selected models, seeds, snapshots, sources, exposures and
    metrics; None when there is no choice. Tests, contracts and edges follow their table.

    Raises SelectionError on invalid syntax, on a method that needs more than the artifacts, when a
    criterion of `select` matches nothing, and when nothing is left in the end.
    """
    if choice == Choice():
        return None
    graph = _graph(artifacts)
    published = {
        unique_id for unique_id, resource in graph.resources.items() if resource.is_published
    }
    found = published
    if choice.select:
        found = set()
        for term in _terms(_without_empty_texts(choice.select)):
            matched = _intersection("select", term, graph) & published
            if not matched:
                raise SelectionError(f"select {term!r}: it matches nothing in the dbt project")
            found |= matched
    for term in _terms(choice.exclude):
        found = found - _intersection("exclude", term, graph)
    if not found:
        raise SelectionError(
            f"exclude {' '.join(choice.exclude)!r}: nothing that was selected is left"
        )
    return frozenset(found)


def _without_empty_texts(texts: Iterable[str]) -> Iterable[str]:
    """Yield the texts of `select`. Raises SelectionError on an empty text, as an unset variable
    gives.
    """
    for text in texts:
        if not text.strip():
            raise SelectionError(f"select {text!r}: it names no node")
        yield text


def _terms(texts: Iterable[str]) -> list[str]:
    return [term for text in texts for term in text.split()]


def _intersection(option: str, term: str, graph: _Graph) -> set[str]:
    """Return the nodes that match all comma-separated criteria of a term."""
    return set.intersection(*(_selected(option, criterion, graph) for criterion in term.split(",")))


def _selected(option: str, criterion: str, graph: _Graph) -> set[str]:
    match = _CRITERION.fullmatch(criterion)
    if match is None or not match["value"]:
        raise SelectionError(f"{option} {criterion!r}: it names no node")
    if match["at"] and match["parents"]:
        raise SelectionError(f"{option} {criterion!r}: give either @ or + before a name")
    method, _, argument = (match["method"] or _default_method(match["value"])).partition(".")
    if method not in METHODS:
        known = ", ".join(f"{name}:" for name in sorted(METHODS))
        raise SelectionError(
            f"{option} {criterion!r}: the method {method!r} needs more than the artifacts of one"
            f" run and is not supported; known: {known}"
        )
    matches = matcher(method, argument, match["value"], f"{option} {criterion!r}")
    found = {unique_id for unique_id, resource in graph.resources.items() if matches(resource)}
    if match["at"]:
        found |= _walk(found, graph.children, "")
        return found | _walk(found, graph.parents, "")
    above = _walk(found, graph.parents, match["up"]) if match["parents"] else set()
    below = _walk(found, graph.children, match["down"]) if match["children"] else set()
    return found | above | below


def _default_method(value: str) -> str:
    if "/" in value:
        return "path"
    return "file" if value.lower().endswith((".sql", ".py", ".csv")) else "fqn"


def _walk(start: set[str], ways: Mapping[str, Iterable[str]], depth: str) -> set[str]:
    """Return the nodes reached from `start` along `ways` in at most `depth` steps, "" for any."""
    reached: set[str] = set()
    edge, left = set(start), int(depth) if depth else -1
    while edge and left != 0:
        edge = {other for unique_id in edge for other in ways.get(unique_id, ())} - reached
        reached |= edge
        left -= 1
    return reached


def _graph(artifacts: Artifacts) -> _Graph:
    groups = {
        "source": artifacts.sources,
        "exposure": artifacts.exposures,
        "metric": artifacts.metrics,
        "semantic_model": artifacts.semantic_models,
        "test": artifacts.tests,
        "unit_test": artifacts.unit_tests,
        "": artifacts.nodes,
    }
    resources = {
        unique_id: Resource(record, kind or record.text("resource_type"), artifacts.project)
        for kind, records in groups.items()
        for unique_id, record in records.items()
    }
    parents = {
        unique_id: frozenset(resource.record.record("depends_on").texts("nodes")) & resources.keys()
        for unique_id, resource in resources.items()
    }
    children: dict[str, set[str]] = {}
    for unique_id, read in parents.items():
        for parent in read:
            children.setdefault(parent, set()).add(unique_id)
    return _Graph(resources, parents, children)
