"""Messages through a queue, workers and a provider: on ElasticMQ and moto, as processes."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from threading import Timer

import pytest

from logmart.environment import changed_environment
from operations.messaging.dead_letters import NotUnknownError, is_of_no_use
from operations.messaging.local.stack import LocalStack
from operations.tests.messaging.message_desk import user_hash
from operations.tests.messaging.queue_desk import IMPATIENT, SHORT_LIVED, Queue, queue

HERE = Path(__file__).parent
KILLED_WORKER = (sys.executable, str(HERE / "killed_worker.py"))


def deliver_and_mend(this: Queue, ids: int, again: int, faults: int, poison: int) -> None:
    """Deliver ids, some of them twice, with faults and poison; mend the poison and redrive it."""
    this.add_users(range(ids))
    for number in range(faults):
        # Two of three kinds say that the message was not taken. After the third, nobody knows.
        this.provider.faults[f"m{number:05d}"] = [(429, 503, 503)[number % 3]]
    poisoned = {f"m{number:05d}" for number in range(ids - poison, ids)}
    this.provider.poison = set(poisoned)
    this.enqueue(range(ids))
    this.enqueue(range(again))
    this.drain(1200)

    assert this.left == (0, poison)
    healthy = {f"m{number:05d}": 1 for number in range(ids - poison)}
    assert this.taken() == healthy
    outcomes = this.outcomes()
    assert outcomes["sent", ""] == ids - poison
    assert outcomes["dead_letter", "refused_400"] == poison
    assert sum(outcomes["failed", reason] for reason in ("throttled", "unavailable")) == faults

    this.provider.poison.clear()
    letters = this.dead_letters
    for letter in letters.read():
        assert letter.reason == "refused_400"
        assert letter.message_id in poisoned
        letters.put_back(letter)
    this.drain(60)
    assert this.left == (0, 0)
    assert this.taken() == healthy | dict.fromkeys(poisoned, 1)
    assert this.outcomes()["sent", ""] == ids


def test_deliveries_with_faults_and_poison_are_sent_once_and_redriven(
    servers: Mapping[str, str], tmp_path: Path
) -> None:
    with queue(servers, tmp_path, {}) as this:
        deliver_and_mend(this, ids=40, again=4, faults=3, poison=2)
        assert this.places_with_an_address() == []


@pytest.mark.deep  # a minute
def test_1020_deliveries_of_1000_ids_with_50_faults_and_10_poison_ones(
    servers: Mapping[str, str], tmp_path: Path
) -> None:
    with queue(servers, tmp_path, {}) as this:
        deliver_and_mend(this, ids=1000, again=20, faults=50, poison=10)
        assert this.places_with_an_address() == []


def kill_20_of_200(this: Queue, folder: Path) -> Counter[str]:
    """Deliver 200 messages; kill the worker for 20 of them after the provider took them."""
    kills, killed = folder / "kills", folder / "killed"
    killed.mkdir()
    kills.write_text(" ".join(f"m{number:05d}" for number in range(0, 200, 10)))
    this.add_users(range(200))
    this.enqueue(range(200))
    with changed_environment({"KILLS": str(kills), "KILLED": str(killed)}):
        runs = this.drain(600, KILLED_WORKER)
    assert runs.unanswered >= 20
    assert len(list(killed.iterdir())) == 20
    return this.taken()


@pytest.mark.deep  # two minutes, most of it visibility timeouts
def test_20_kills_with_a_key_send_nothing_twice_and_lose_nothing(
    servers: Mapping[str, str], tmp_path: Path
) -> None:
    with queue(servers, tmp_path, SHORT_LIVED) as this:
        taken = kill_20_of_200(this, tmp_path)
        assert taken == {f"m{number:05d}": 1 for number in range(200)}
        assert this.left == (0, 0)
        assert this.outcomes() == {("sent", ""): 200}
        assert this.places_with_an_address() == []


@pytest.mark.deep  # two minutes, most of it visibility timeouts
def test_20_kills_without_a_key_are_20_dead_letters_and_nothing_is_sent_twice(
    servers: Mapping[str, str], tmp_path: Path
) -> None:
    with queue(servers, tmp_path, SHORT_LIVED, takes_key=False) as this:
        taken = kill_20_of_200(this, tmp_path)
        assert max(taken.values()) == 1
        assert len(taken) == 200
        assert this.left == (0, 20)
        assert this.outcomes() == {("sent", ""): 180, ("dead_letter", "outcome_unknown"): 20}
        settle_by_hand(this)


def settle_by_hand(this: Queue) -> None:
    """Settle each unknown outcome by the provider's own log; then nothing is left to decide."""
    letters = this.dead_letters
    found = list(letters.read())
    assert all(is_of_no_use(letter) for letter in found)
    before = this.taken()
    for letter in found[:-1]:
        letters.settle(letter.message_id, was_sent=True)
    letters.settle(found[-1].message_id, was_sent=False)
    with pytest.raises(NotUnknownError):
        letters.settle(found[0].message_id, was_sent=False)
    for letter in found:
        letters.put_back(letter)
    this.drain(60)
    assert this.left == (0, 0)
    assert this.taken() == before + Counter([found[-1].message_id])
    outcomes = this.outcomes()
    assert sum(outcomes[each] for each in outcomes if each[0] == "sent") == 200


@pytest.mark.deep  # the pacer itself is tested on a clock of its own
def test_a_provider_that_throttles_loses_nothing_and_its_rate_is_kept(
    servers: Mapping[str, str], tmp_path: Path
) -> None:
    limit = 30
    with queue(servers, tmp_path, {"ProviderRatePerSecond": 24}, limit=limit) as this:
        this.add_users(range(40))
        this.enqueue(range(40))
        this.drain()
        assert this.taken() == {f"m{number:05d}": 1 for number in range(40)}
        # The sender keeps below the limit by itself, so nothing was refused.
        assert this.provider.highest_rate() <= 24 + 2
        assert {status for _, status in this.provider.answers} == {202}


@pytest.mark.deep  # waits of seconds after each 429
def test_a_rate_that_is_set_too_high_is_slowed_down_by_the_provider(
    servers: Mapping[str, str], tmp_path: Path
) -> None:
    with queue(servers, tmp_path, {"ProviderRatePerSecond": 100}, limit=10) as this:
        this.add_users(range(60))
        this.enqueue(range(60))
        this.drain(900)
        assert this.left == (0, 0)
        assert this.taken() == {f"m{number:05d}": 1 for number in range(60)}
        assert 429 in {status for _, status in this.provider.answers}


@pytest.mark.deep  # a slow provider
@pytest.mark.parametrize("takes_key", [True, False])
def test_a_slow_provider_loses_nothing_and_takes_nothing_twice(
    servers: Mapping[str, str], tmp_path: Path, takes_key: bool
) -> None:
    with queue(servers, tmp_path, {}, takes_key=takes_key, delay=0.5) as this:
        this.add_users(range(40))
        this.enqueue(range(40))
        this.drain(900)
        assert this.left == (0, 0)
        assert this.taken() == {f"m{number:05d}": 1 for number in range(40)}


@pytest.mark.deep  # a provider that answers after the sender has hung up
@pytest.mark.parametrize("takes_key", [True, False])
def test_answers_that_come_too_late_are_repeated_under_the_key_or_left_to_a_person(
    servers: Mapping[str, str], tmp_path: Path, takes_key: bool
) -> None:
    with queue(servers, tmp_path, IMPATIENT, takes_key=takes_key, delay=1.0) as this:
        this.add_users(range(8))
        this.enqueue(range(8))

        def hurry() -> None:
            this.provider.delay = 0.0

        Timer(4, hurry).start()
        this.drain(900)
        taken, dead = this.taken(), this.left[1]
        assert taken == {f"m{number:05d}": 1 for number in range(8)}
        assert (dead == 0) if takes_key else (dead >= 1)
        outcomes = this.outcomes()
        assert outcomes["sent", ""] + outcomes["dead_letter", "outcome_unknown"] == 8
        assert outcomes["dead_letter", "outcome_unknown"] == dead


@pytest.mark.deep  # a provider that is down for eight seconds
def test_a_provider_that_is_down_for_a_while_loses_nothing(
    servers: Mapping[str, str], tmp_path: Path
) -> None:
    with queue(servers, tmp_path, {"BackoffSeconds": 2}, takes_key=False) as this:
        this.add_users(range(40))
        this.enqueue(range(40))
        this.provider.go_down()
        Timer(8, this.provider.go_up).start()
        this.drain(900)
        assert this.left == (0, 0)
        assert this.taken() == {f"m{number:05d}": 1 for number in range(40)}
        unreachable = sum(
            count for (status, reason), count in this.outcomes().items()
            if status == "failed" and reason.startswith("unreachable")
        )  # fmt: skip
        assert unreachable >= 40


@pytest.mark.deep  # the sender itself is tested on tables in memory
def test_consent_and_caps_that_change_while_messages_wait_are_honoured(
    servers: Mapping[str, str], tmp_path: Path
) -> None:
    with queue(servers, tmp_path, {}) as this:
        this.add_users(range(6))
        this.enqueue(range(6))
        # All of this happens after enqueueing.
        this.add_users([0], has_consent=False)
        this.add_users([1], unsubscribed_channels=["push"])
        this.stack.table("addresses").delete_item(Key={"user_hash": user_hash(2)})
        this.enqueue([3], message_id="another-campaign", campaign_id="quiet_customers")
        this.drain()
        assert this.left == (0, 0)
        taken = this.taken()
        assert sum(taken.values()) == 3
        assert taken["m00003"] + taken["another-campaign"] == 1
        outcomes = this.outcomes()
        assert outcomes == {
            ("sent", ""): 3,
            ("suppressed", "no_consent"): 1,
            ("suppressed", "unsubscribed"): 1,
            ("suppressed", "no_address"): 1,
            ("suppressed", "capped"): 1,
        }
        assert this.places_with_an_address() == []


@pytest.mark.deep  # deploys the whole template
def test_each_resource_of_the_template_is_there_and_not_only_said_to_be(
    servers: Mapping[str, str], tmp_path: Path
) -> None:
    with queue(servers, tmp_path, {}) as this:
        stack, template = this.stack, this.stack.template
        (deployed,) = stack.client("cloudformation").describe_stacks(
            StackName=stack.environment["LOGMART_MESSAGES_STACK"]
        )["Stacks"]
        outputs = {one["OutputKey"]: one["OutputValue"] for one in deployed["Outputs"]}
        assert outputs["QueueName"] == template.queue_name
        assert outputs["DeadLetterQueueName"] == template.dead_letter_queue_name
        assert outputs["CapsTable"] == template.table_names["caps"]
        assert_is_there(stack)


def assert_is_there(stack: LocalStack) -> None:
    """Ask each service for what the template makes, but for alarms, which moto leaves out."""
    template = stack.template
    tables = set(stack.client("dynamodb").list_tables()["TableNames"])
    assert set(template.table_names.values()) <= tables
    roles = {one["RoleName"] for one in stack.client("iam").list_roles()["Roles"]}
    assert len([one for one in roles if "Role" in one]) >= 2
    functions = stack.client("lambda").list_functions()["Functions"]
    by_name = {one["FunctionName"]: one for one in functions}
    for name, function in template.of_type("AWS::Lambda::Function").items():
        found = by_name[function["FunctionName"]]
        assert found["Timeout"] == function["Timeout"], name
        assert found["Handler"] == function["Handler"], name
    groups = stack.client("logs").describe_log_groups()["logGroups"]
    named = {one["LogGroupName"] for one in template.of_type("AWS::Logs::LogGroup").values()}
    assert named <= {one["logGroupName"] for one in groups}
    (mapping,) = [
        one
        for one in stack.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        if one["FunctionArn"].endswith(template.properties("Sender")["FunctionName"])
    ]
    assert mapping["BatchSize"] == template.trigger.batch_size
    queues = stack.client("sqs").list_queues()["QueueUrls"]
    assert {stack.queue_url, stack.dead_letter_url} <= set(queues)
    assert os.environ.get("AWS_ENDPOINT_URL") is None
