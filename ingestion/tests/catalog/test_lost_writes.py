"""Every kind of write of an apply, lost once: the apply reports it, `verify` sees it, and the next
apply repairs it. The kinds are those of a recorded apply.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
import requests

from logmart_catalog import engine
from logmart_catalog.config import Config, Connection
from logmart_catalog.desired.build import Desired
from logmart_catalog.engine import Consent
from logmart_catalog.errors import CatalogError
from logmart_catalog.server.transport import ConnectionBrokenError, Transport
from openmetadata_standin.behaviours.versions import DEFAULT
from openmetadata_standin.process import start

from .support import TOKEN, StandIn, copied, editing, remove_node

Kind = tuple[str, str]
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_NAME = re.compile(r"(?<=testCaseResults/).*")
_READING = "GET"
FEW = 3
NOT_MADE = "no such call was made"
CONFIG = Config("", "mart", create_teams=True, create_tags=True)
MOVING, STAYING = "model.orchard.harvest_days", "model.orchard.stg_baskets"
CONTRACTED = "model.orchard.dim_pickers"
STATUSES = {"refused": 400, "failed": 500, "dropped": 0}


def kind_of(method: str, path: str) -> Kind:
    """The kind of a call: its method, and its path without ids and names."""
    return method, _NAME.sub("{name}", _ID.sub("{id}", path.partition("?")[0]))


@dataclass
class Losing:
    """Loses the first write of a kind, with all its retries, and records all kinds."""

    kind: Kind | None = None
    status: int = 0
    kinds: set[Kind] = field(default_factory=set)
    lost: tuple[str, str, str | None] | None = None
    _lock: Lock = field(default_factory=Lock)

    def loses(self, call: tuple[str, str, str | None]) -> bool:
        found = kind_of(*call[:2])
        with self._lock:
            if call[0] != _READING:
                self.kinds.add(found)
            if found == self.kind and self.lost is None:
                self.lost = call
            return call == self.lost

    @contextmanager
    def at_work(self) -> Iterator[None]:
        original: Callable[..., requests.Response] = Transport._once

        def once(
            transport: Transport, method: str, path: str, data: str | None, headers: Any
        ) -> requests.Response:
            if not self.loses((method, path, data)):
                return original(transport, method, path, data, headers)
            if not self.status:
                raise ConnectionBrokenError(f"{method} {path}: broken")
            answer = requests.Response()
            answer.status_code = self.status
            answer._content = b'{"message": "lost"}'
            return answer

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Transport, "_once", once)
            yield


@dataclass(frozen=True)
class Scene:
    """A server and the desired states of a project: at first, with a table less, and after a large
    change.
    """

    standin: StandIn
    config: Config
    first: Desired
    before: Desired
    after: Desired

    def apply(self, desired: Desired) -> int:
        """Apply; return the number of writes."""
        consent = Consent(removals=True)
        connection = Connection(self.standin.host, TOKEN)
        return engine.apply_server(
            desired, connection, self.config, consent=consent, show=lambda _: None
        ).writes

    def drift(self, desired: Desired) -> list[str]:
        """The entities that `verify` names."""
        connection = Connection(self.standin.host, TOKEN)
        plan = engine.plan_server(desired, connection, self.config).plan
        return [f"{one.verb.value} {one.kind} {one.name}" for one in plan.actions]

    def prepare(self) -> None:
        """Bring the server to the state before the change, with a follower on a table."""
        self.apply(self.first)
        self.apply(self.before)
        user = self.standin.call("GET", "users/loggedInUser")["id"]
        table = self.standin.table(f"{self.config.service}.mart.once.harvest_days")["id"]
        self.standin.call("PUT", f"tables/{table}/followers", user)

    def without_profile(self, desired: Desired) -> list[str]:
        """The tables whose profile lacks the rows that dbt reports."""
        lacking = []
        for key, table in desired.state.tables.items():
            if table.run and table.run.rows is not None:
                found = self.standin.call("GET", f"tables/{key}/tableProfile/latest")
                lacking += [key] if found["profile"]["rowCount"] != table.run.rows else []
        return lacking

    def problem(self, desired: Desired, kind: Kind, status: int) -> str:
        """Apply, lose a write of a kind, and apply again; return the first problem, "" for none."""
        losing, told = Losing(kind, status), ""
        try:
            with losing.at_work():
                self.apply(desired)
        except CatalogError as error:
            told = str(error)
        if losing.lost is None:
            return NOT_MADE
        drift = self.drift(desired)
        if bool(drift) != bool(told) and not (told and kind[0] == "DELETE"):
            # The entity to delete may be gone already with its table.
            return f"{kind}: told {told!r}, drift {drift}"
        self.apply(desired)
        left = self.drift(desired), self.apply(desired), self.without_profile(desired)
        return "" if left == ([], 0, []) else f"{kind}: drift, writes, lost profiles {left}"


def scene(standin: StandIn, service: str, folder: Path) -> Scene:
    """The orchard without some parts, and then complete, with changes, renames and removals."""
    config = replace(
        CONFIG,
        service=service,
        # Names of this test alone, so that they are created and not found.
        tag_classification=f"tags_{service}",
        personal_data_classification=f"data_{service}",
    )
    folders = [copied("orchard", folder / one) for one in ("first", "before", "after")]
    for artifacts in folders:
        with editing(artifacts, "manifest.json") as manifest:
            manifest["groups"]["group.orchard.harvest"]["owner"]["name"] = f"Harvest {service}"
            for one in manifest["metrics"].values():
                one["name"] += f"_{service}"
            for unique_id in ("unique_stg_baskets_basket_id.03d92bfa02", "every_basket_is_weighed"):
                one = manifest["nodes"][f"test.orchard.{unique_id}"]
                one["name"] += f"_{service}"
                if one.get("test_metadata"):
                    one["test_metadata"]["name"] += f"_{service}"
    first, before, after = folders
    _without_much(first)
    _without_much(before)
    remove_node(before, "model.orchard.calendar")
    _changed(after)
    states = [engine.load(one, config, mixed=True) for one in folders]
    return Scene(standin, config, *states)


def _without_much(folder: Path) -> None:
    """Remove the nodes that the change is to add."""
    remove_node(folder, "seed.orchard.pickers")
    with editing(folder, "manifest.json") as manifest:
        for unique_id in (*manifest["nodes"],):
            if unique_id.startswith("test.") and "positive" not in unique_id:
                del manifest["nodes"][unique_id]
        manifest["groups"]["group.orchard.harvest"]["owner"]["name"] += " once"
        manifest["metrics"].pop("metric.orchard.active_pickers")
        manifest["exposures"].pop("exposure.orchard.phone_list")
        manifest["nodes"][STAYING]["tags"] = []
        for one in (manifest["nodes"][CONTRACTED], *manifest["metrics"].values()):
            one["description"] = "What was said before."
        manifest["exposures"]["exposure.orchard.harvest_board"]["label"] = "Before"
        manifest["nodes"][MOVING]["schema"] = "once"
    with editing(folder, "catalog.json") as catalog:
        catalog["nodes"][MOVING]["metadata"]["schema"] = "once"


def _changed(folder: Path) -> None:
    """Rename a model, which leaves its schema empty, and remove another model and an exposure."""
    with editing(folder, "manifest.json") as manifest:
        node = manifest["nodes"][MOVING]
        node["config"]["meta"] = {"previous_name": "once.harvest_days"}
        del manifest["exposures"]["exposure.orchard.yield_forecast"]
        del manifest["metrics"]["metric.orchard.kilograms_per_picker"]
        test = next(one for one in manifest["nodes"] if "positive" in one)
        del manifest["nodes"][test]
        manifest["nodes"][CONTRACTED]["columns"]["picker_id"]["description"] = "Another."
    remove_node(folder, "model.orchard.orchard_totals")


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> list[list[Kind]]:
    """The kinds of write that only an apply on an empty catalog makes, and those of the change."""
    folder = tmp_path_factory.mktemp("recorded")
    before, change = Losing(), Losing()
    with fresh_server(folder / "server") as server:
        one = scene(server, "recorded", folder)
        with before.at_work():
            one.prepare()
        with change.at_work():
            one.apply(one.after)
    return [sorted(before.kinds - change.kinds), sorted(change.kinds)]


@contextmanager
def fresh_server(folder: Path) -> Iterator[StandIn]:
    """A server without any writes so far."""
    server = start(folder, "--server", DEFAULT, "--token", TOKEN)
    try:
        yield StandIn(server.address)
    finally:
        server.stop()


@pytest.mark.parametrize("manner", STATUSES)
def test_a_profile_that_is_lost_is_put_again(
    manner: str, standin: StandIn, service: str, tmp_path: Path
) -> None:
    one = scene(standin, service, tmp_path)
    kind = ("PUT", "/tables/{id}/tableProfile")
    assert one.problem(one.first, kind, STATUSES[manner]) == ""


@pytest.mark.parametrize("manner", ["refused", "failed"])
def test_an_old_table_whose_followers_are_lost_stays_and_so_does_its_schema(
    manner: str, standin: StandIn, service: str, tmp_path: Path
) -> None:
    one = scene(standin, service, tmp_path)
    one.prepare()
    assert one.problem(one.after, ("PUT", "/tables/{id}/followers"), STATUSES[manner]) == ""
    assert len(standin.table(f"{service}.mart.main.harvest_days")["followers"]) == 1


@pytest.mark.deep
@pytest.mark.parametrize("manner", STATUSES)
def test_every_kind_of_write_that_is_lost_is_made_up_for(
    manner: str, kinds: list[list[Kind]], standin: StandIn, service: str, tmp_path: Path
) -> None:
    """The apply reports the lost write, or makes up for it by another."""
    of_first, of_change = kinds
    assert len(of_first) > FEW
    assert len(of_change) > FEW
    problems = []
    for number, kind in enumerate(of_first):
        one = scene(standin, f"{service}_{number}", tmp_path / str(number))
        problem = one.problem(one.first, kind, STATUSES[manner])
        if problem == NOT_MADE:
            # It is created once for each server.
            with fresh_server(tmp_path / f"server_{number}") as server:
                fresh = replace(one, standin=server)
                problem = fresh.problem(one.first, kind, STATUSES[manner])
        problems.append(problem)
    for number, kind in enumerate(of_change):
        one = scene(standin, f"{service}_c{number}", tmp_path / f"c{number}")
        one.prepare()
        problems.append(one.problem(one.after, kind, STATUSES[manner]))
    assert [one for one in problems if one] == []
