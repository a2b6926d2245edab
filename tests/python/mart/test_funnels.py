"""Funnels that hold a property constant: late steps, and a property that a step lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from mart_runs import NO_UNIT_TESTS, Mart, Row, app_event, copy_project

FUNNELS = "seeds/funnels/funnels.csv"
STEPS = ("--select", "+fct_funnel_steps", "--indirect-selection", "cautious", *NO_UNIT_TESTS)
BODY = {"amount": 1000, "channel": "contact", "authMethod": "pin", "bankCode": "004"}
PLANNED = {"started": ("amount", "channel"), "confirmed": ("amount", "authMethod")}


def step(event_name: str, transfer: str, minute: int) -> dict[str, object]:
    """Return a line of the app's log: an event of a transfer, on the 1st at 09:<minute>."""
    named = PLANNED.get(event_name, ("amount", "bankCode"))
    return app_event(
        f"transfer_{event_name}",
        {"transferId": transfer, **{name: BODY[name] for name in named}},
        eventId=f"{event_name} {transfer}",
        occurredAt=f"2026-04-01T09:{minute:02}:00Z",
        receivedAt=f"2026-04-01T09:{minute:02}:01Z",
    )


def reached(mart: Mart) -> list[Row]:
    """Return how many minutes after 09:00 each attempt at a transfer reached its steps."""
    return mart.query(
        "select minute(entered_at), list(minute(reached_at) order by step_number)"
        " from marts.fct_funnel_steps where funnel = 'transfer' group by 1 order by 1"
    )


def test_a_step_that_lands_late_belongs_to_the_attempt_at_its_object(tmp_path: Path) -> None:
    mart = Mart(tmp_path)
    mart.land(
        "app/dt=2026-04-01/a.jsonl",
        [step("started", "t1", 1), step("started", "t2", 2), step("confirmed", "t2", 4)],
    )
    mart.build(*STEPS)
    assert reached(mart) == [(1, [1]), (2, [2, 4])]
    mart.land("app/dt=2026-04-02/b.jsonl", [step("completed", "t2", 6), step("completed", "t1", 7)])
    mart.build(*STEPS)
    assert reached(mart) == [(1, [1]), (2, [2, 4, 6])]
    mart.land("app/dt=2026-04-03/c.jsonl", [step("confirmed", "t1", 3)])
    mart.build(*STEPS)
    assert reached(mart) == [(1, [1, 3, 7]), (2, [2, 4, 6])]


@pytest.mark.parametrize(
    ("event_name", "held", "problem"),
    [
        ("transfer_confirmed", "transferID", "step 1: the plan of transfer_started"),
        ("app_opened", "transferId", "step 2: the plan of app_opened"),
    ],
    ids=["a misspelt property", "a step without it"],
)
def test_a_property_that_a_step_does_not_plan_stops_dbt(
    tmp_path: Path, event_name: str, held: str, problem: str
) -> None:
    project = copy_project(tmp_path / "project")
    seed = project / FUNNELS
    header = seed.read_text(encoding="utf-8").splitlines()[0]
    rows = [
        f"pay,{number},app,{event},,,{held},1,false"
        for number, event in enumerate(("transfer_started", event_name), start=1)
    ]
    seed.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    mart = Mart(tmp_path / "mart", project=project)
    mart.dbt("seed", "--select", "funnels")
    told = mart.failures("run", "--select", "fct_funnel_steps")
    assert f"{FUNNELS}: funnel pay, {problem} has no property {held}." in told
