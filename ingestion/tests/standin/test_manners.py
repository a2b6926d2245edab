"""The behaviours: each version of the stand-in has those that its table row says, and the README
lists all of them.

A test is named by the behaviour and the version; it runs the behaviour's probe, which
`logmart-catalog conformance` runs on a real server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from openmetadata_standin.behaviours import BEHAVIOURS
from openmetadata_standin.behaviours.behaviour import BEHAVIOUR_TESTS
from openmetadata_standin.behaviours.readme_table import behaviour_table
from openmetadata_standin.behaviours.versions import SERIES, nearest, server_version
from openmetadata_standin.conformance.probe import Probe
from openmetadata_standin.conformance.probes import PROBES
from openmetadata_standin.conformance.server import Server
from openmetadata_standin.conformance.workspace import Workspace, workspace
from openmetadata_standin.process import INGESTION, Process

TESTS = Path(__file__).parent


@pytest.fixture(scope="module")
def places(shared_standin: Callable[..., Process]) -> Iterator[Callable[[str], Workspace]]:
    """Returns the workspace of probes on the stand-in of a version."""
    opened: dict[str, Workspace] = {}
    with ExitStack() as stack:

        def give(version: str) -> Workspace:
            if version not in opened:
                server = Server(shared_standin(version).address, "any")
                opened[version] = stack.enter_context(workspace(server))
            return opened[version]

        yield give


@pytest.mark.parametrize("version", SERIES)
@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.behaviour.name)
def test_manner(places: Callable[[str], Workspace], probe: Probe, version: str) -> None:
    assert probe.run(places(version)) == probe.expected(server_version(version))


def test_every_manner_has_a_probe_of_its_name_or_a_test_of_its_own() -> None:
    names = [behaviour.name for behaviour in BEHAVIOURS]
    assert len(set(names)) == len(names)
    probed = {behaviour.name for behaviour in BEHAVIOURS if behaviour.test == BEHAVIOUR_TESTS}
    assert [
        probe.behaviour.name for probe in PROBES if probe.run.__name__ != probe.behaviour.name
    ] == []
    assert sorted(probe.behaviour.name for probe in PROBES) == sorted(probed)
    for behaviour in BEHAVIOURS:
        module, _, test = behaviour.test.partition("::")
        code = (TESTS / module).read_text(encoding="utf-8")
        assert f"def {test or 'test_manner'}(" in code, behaviour.test


def test_a_probe_can_tell_a_version_with_the_manner_from_one_without() -> None:
    for probe in PROBES:
        assert probe.holds != probe.otherwise
        lacking = [one for one in SERIES if not server_version(one).has(probe.behaviour)]
        assert (probe.otherwise is None) == (lacking == []), probe.behaviour.name


def test_the_readme_lists_the_manners_as_the_table_in_the_code() -> None:
    readme = (INGESTION / "openmetadata_standin" / "README.md").read_text(encoding="utf-8")
    assert behaviour_table() in readme, behaviour_table()


@pytest.mark.parametrize(
    ("release", "series"),
    [
        ("1.2.5", "1.2"),
        ("1.5.0", "1.2"),
        ("1.11.0", "1.12"),
        ("1.12.6", "1.12"),
        ("1.13.0-SNAPSHOT", "1.12"),
    ]
    + [("2.0.4", "2.0"), ("3.1", "2.0")],
)
def test_an_unknown_version_has_the_manners_of_the_nearest(release: str, series: str) -> None:
    assert nearest(release).series == series
