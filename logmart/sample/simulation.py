"""Simulates one person within the window, day by day."""

from dataclasses import replace
from random import Random

from logmart.sample.bank import record_customer
from logmart.sample.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, day_of_month, weekday
from logmart.sample.crawlers import crawl
from logmart.sample.crm import Visit, reach_out
from logmart.sample.journal import Journal, device_context
from logmart.sample.people import Device, Person, make_person, push_device
from logmart.sample.sessions import (
    Session,
    apply_for_card,
    link_account,
    log_in,
    open_app,
    open_push,
    sign_up,
    transfer_money,
    view_screens,
)
from logmart.sample.world import World

_WEEKDAYS = (1.0, 0.97, 0.98, 1.0, 1.1, 0.82, 0.74)
_PAYDAY = 25
_HOUR_WEIGHTS = (
    *(2, 1, 1, 1, 1, 2, 5, 10, 13, 11, 9, 9),
    *(13, 11, 8, 8, 8, 9, 12, 13, 14, 14, 11, 6),
)
_HOURS = tuple(hour for hour, weight in enumerate(_HOUR_WEIGHTS) for _ in range(weight))
_CRAWLER_EVERY = 40


def simulate(world: World, number: int) -> Journal:
    """Return the journal of the person `number`, counted from 0.

    It depends only on the parameters and the number. Every fortieth person comes with a crawler, so
    that the number of crawlers grows with the sample.
    """
    rng = Random(f"{world.parameters.seed}:person:{number}")
    journal = Journal(world, rng)
    person = make_person(world, number, rng)
    if number % _CRAWLER_EVERY == 0 and not world.parameters.is_clean:
        crawl(journal)
    if person.is_visitor:
        _visit(journal, person)
        return journal
    if person.is_new:
        person = replace(person, joins_ms=_join(journal, person))
    outreach = reach_out(journal, person)
    for visit in outreach.visits:
        _follow(journal, person, visit)
    record_customer(journal, person, outreach.unsubscribed_ms)
    _live(journal, person)
    return journal


def _live(journal: Journal, person: Person) -> None:
    """Draw the days on which a customer uses the app, and the sessions of each day."""
    world, rng = journal.world, journal.rng
    epoch_day = world.start_ms // DAY_MS
    local_start_ms = world.start_ms - person.offset_minutes * MINUTE_MS
    from_ms = max(world.start_ms, person.joins_ms + HOUR_MS)
    until_ms = min(world.end_ms, person.leaves_ms)
    for day in range(world.parameters.days + 1):
        midnight_ms = local_start_ms + day * DAY_MS
        if midnight_ms + DAY_MS <= from_ms:
            continue
        if midnight_ms >= until_ms:
            return
        chance = person.activity * _WEEKDAYS[weekday(epoch_day + day)]
        if day_of_month(epoch_day + day) == _PAYDAY:
            chance *= 1.4
        if rng.random() >= chance:
            continue
        for _ in range(1 + int(rng.random() * rng.random() * 3.2)):
            hour = _HOURS[int(rng.random() * len(_HOURS))]
            at_ms = midnight_ms + hour * HOUR_MS + int(rng.random() * HOUR_MS)
            if from_ms <= at_ms < until_ms:
                _use(_session(journal, person, at_ms, None), None)


def _session(journal: Journal, person: Person, at_ms: int, device: Device | None) -> Session:
    """Begin a session on a device; None draws one of the person's devices."""
    if device is None:
        is_main = len(person.devices) == 1 or journal.rng.random() < 0.75
        device = person.devices[0] if is_main else journal.rng.choice(person.devices[1:])
    return Session(journal, person, device_context(journal.world, person, device, at_ms), at_ms)


def _use(session: Session, visit: Visit | None) -> None:
    """Simulate one session; in about one of six the person signs in within the session."""
    rng = session.rng
    is_signed_out = rng.random() < 0.16
    if not is_signed_out:
        session.sign_in()
    if visit is None:
        open_app(session, None, None)
    else:
        if visit.launch_source == "push":
            open_push(session, visit.message_id, visit.campaign_id)
        open_app(session, visit.launch_source, visit.campaign_id)
    view_screens(session, 1 + int(rng.random() * 2))
    if is_signed_out:
        if rng.random() < 0.25:
            return
        log_in(session)
    view_screens(session, int(rng.random() * rng.random() * 7))
    goal = rng.random()
    if goal < 0.19:
        transfer_money(session)
        view_screens(session, 1)
    elif goal < 0.205:
        apply_for_card(session)
    elif goal < 0.22:
        link_account(session)


def _follow(journal: Journal, person: Person, visit: Visit) -> None:
    """Simulate a session that a campaign causes; a push is opened on the device it was sent to."""
    if visit.at_ms < min(journal.world.end_ms, person.leaves_ms):
        device = push_device(person) if visit.launch_source == "push" else None
        _use(_session(journal, person, visit.at_ms, device), visit)


def _join(journal: Journal, person: Person) -> int:
    """Sign up at about `joins_ms` and return the time of completion.

    Three in ten people also have a session without an account some days before.
    """
    rng = journal.rng
    if rng.random() < 0.3:
        before_ms = person.joins_ms - rng.randint(HOUR_MS, 4 * DAY_MS)
        _look_around(_session(journal, person, before_ms, person.devices[0]))
    session = _session(journal, person, person.joins_ms, person.devices[0])
    _look_around(session)
    completed_ms = sign_up(session, 3)
    session.wait(SECOND_MS, 20 * SECOND_MS)
    view_screens(session, 2)
    if rng.random() < 0.6:
        link_account(session)
        if rng.random() < 0.4:
            transfer_money(session)
    return completed_ms


def _visit(journal: Journal, person: Person) -> None:
    """Simulate a visitor: some screens, and sometimes a sign-up that is not finished."""
    session = _session(journal, person, person.joins_ms, person.devices[0])
    _look_around(session)
    sign_up(session, journal.rng.choices((0, 1, 2), (30, 45, 25))[0])


def _look_around(session: Session) -> None:
    open_app(session, None, None)
    view_screens(session, 1 + int(session.rng.random() * 3))
