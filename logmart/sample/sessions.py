"""The actions of people in the app: screens, sign-in, sign-up, transfers, cards, accounts."""

from dataclasses import dataclass
from random import Random

from logmart.sample.bank import Transfer, is_withheld, record_transfer
from logmart.sample.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, iso
from logmart.sample.ids import make_id
from logmart.sample.journal import SERVER, Context, Journal
from logmart.sample.people import Person

_BANK_CODES = ("004", "011", "020", "023", "081", "088", "090", "092")
_ERROR_CODES = ("insufficient_funds", "limit_exceeded", "bank_maintenance", "account_closed")
_SCREENS = (
    "home",
    "home",
    "home",
    "accounts",
    "accounts",
    "transfer",
    "history",
    "cards",
    "benefits",
    "settings",
    "혜택 모아보기",
    "송금 내역",
)
_LAUNCH_SOURCES = ("icon",) * 17 + ("widget",) * 2 + ("deeplink",)


@dataclass
class Session:
    """A running session: a clock that only moves forward, and the signed-in user.

    `user_json` is the user's id in quotes, or `null` before the sign-in.
    """

    journal: Journal
    person: Person
    context: Context
    clock_ms: int
    user_json: str = "null"
    screen_json: str = "null"

    @property
    def rng(self) -> Random:
        """Return the person's random generator."""
        return self.journal.rng

    def wait(self, shortest_ms: int, longest_ms: int) -> None:
        """Move the clock forward by `shortest_ms` to `longest_ms`."""
        self.clock_ms += shortest_ms + int(self.journal.rng.random() * (longest_ms - shortest_ms))

    def fire(self, name: str, properties: str) -> None:
        """Write a client event at the session's clock; `properties` is JSON without its braces."""
        self.journal.emit(name, self.clock_ms, self.context, self.user_json, properties)

    def sign_in(self) -> None:
        """Put the person's id into all following events."""
        self.user_json = f'"{self.person.user_id}"'


def open_app(session: Session, launch_source: str | None, campaign_id: str | None) -> None:
    """Open the app; a `launch_source` of None draws the icon, a widget or a deeplink."""
    source = launch_source or _LAUNCH_SOURCES[int(session.rng.random() * len(_LAUNCH_SOURCES))]
    campaign = f',"campaignId":"{campaign_id}"' if campaign_id else ""
    session.fire("app_opened", f'"launchSource":"{source}"{campaign}')
    session.wait(300, 3 * SECOND_MS)


def open_push(session: Session, message_id: str, campaign_id: str) -> None:
    """Open a push; the app opens after it."""
    session.fire("push_opened", f'"messageId":"{message_id}","campaignId":"{campaign_id}"')
    session.wait(200, SECOND_MS)


def view_screens(session: Session, count: int) -> None:
    """View `count` screens; a silent version sends no events for them."""
    random = session.rng.random
    silent = session.journal.world.silent
    for _ in range(count):
        screen_json = f'"{_SCREENS[int(random() * len(_SCREENS))]}"'
        duration_ms = 700 + int(random() ** 3 * 90 * SECOND_MS)
        if silent is None or not silent.drops(session.context.version, session.clock_ms):
            session.fire(
                "screen_viewed",
                f'"screenName":{screen_json},"previousScreen":{session.screen_json},'
                f'"durationMs":{duration_ms},"scrollDepth":{int(random() * 101) / 100}',
            )
        session.screen_json = screen_json
        session.clock_ms += duration_ms + int(random() * SECOND_MS)


def log_in(session: Session) -> None:
    """Sign in: from this event on the session carries the user."""
    method = session.rng.choice(("biometric", "biometric", "pin", "password"))
    session.sign_in()
    session.fire("logged_in", f'"method":"{method}"')
    session.wait(500, 4 * SECOND_MS)


def sign_up(session: Session, stages: int) -> int:
    """Go through the first `stages` of three sign-up stages; return the time of the last one."""
    rng = session.rng
    fired_ms = session.clock_ms
    if stages >= 1:
        session.fire(
            "signup_started", f'"referralCode":"{_code(rng)}"' if rng.random() < 0.25 else ""
        )
    if stages >= 2:
        session.wait(10 * SECOND_MS, 3 * MINUTE_MS)
        fired_ms = session.clock_ms
        method = rng.choice(("phone", "phone", "bank_account", "id_card"))
        attempts = 1 + int(rng.random() ** 4 * 4)
        session.fire("signup_identity_verified", f'"method":"{method}","attempts":{attempts}')
    if stages >= 3:
        session.wait(5 * SECOND_MS, 2 * MINUTE_MS)
        fired_ms = session.clock_ms
        session.sign_in()
        session.fire(
            "signup_completed", f'"marketingConsent":{_json(session.person.marketing_consent)}'
        )
    return fired_ms


def link_account(session: Session) -> None:
    """Link an account of another bank."""
    rng = session.rng
    kind = rng.choice(("checking", "checking", "savings", "brokerage"))
    optional = f',"isPrimary":{_json(rng.random() < 0.6)}'
    if rng.random() < 0.8:
        optional += f',"consentExpiresAt":"{iso(session.clock_ms + 365 * DAY_MS, 540)}"'
    session.fire(
        "account_linked", f'"bankCode":"{rng.choice(_BANK_CODES)}","accountType":"{kind}"{optional}'
    )
    session.wait(2 * SECOND_MS, 20 * SECOND_MS)


def transfer_money(session: Session) -> None:
    """Start a transfer. Most are confirmed; then the server logs the outcome."""
    rng = session.rng
    transfer_id = make_id(rng, "t")
    amount = 1_000 * (1 + int(rng.lognormvariate(3.9, 1.3)))
    if rng.random() < 0.2:
        amount += rng.randrange(1, 1_000)
    known = f'"transferId":"{transfer_id}","amount":{amount}'
    channel = rng.choice(("contact", "contact", "account", "qr"))
    session.fire("transfer_started", f'{known},"channel":"{channel}"')
    session.wait(4 * SECOND_MS, 60 * SECOND_MS)
    if rng.random() < 0.13:
        return
    method = "biometric" if rng.random() < 0.7 else "pin"
    session.fire("transfer_confirmed", f'{known},"authMethod":"{method}"')
    created_ms = session.clock_ms
    session.wait(400, 5 * SECOND_MS)
    error_code = rng.choice(_ERROR_CODES) if rng.random() < 0.045 else None
    bank_code = rng.choice(_BANK_CODES)
    fee = 0 if rng.random() < 0.85 else 500
    if error_code is None:
        name, properties = "transfer_completed", f'{known},"bankCode":"{bank_code}","fee":{fee}'
    else:
        name, properties = "transfer_failed", f'{known},"errorCode":"{error_code}"'
    fate = None
    if not is_withheld(session.journal):
        fate = session.journal.emit(name, session.clock_ms, SERVER, session.user_json, properties)
    transfer = Transfer(
        transfer_id,
        session.person.user_id,
        amount,
        bank_code,
        fee if error_code is None else 0,
        error_code,
        created_ms,
        session.clock_ms,
    )
    record_transfer(session.journal, transfer, fate)
    session.wait(SECOND_MS, 10 * SECOND_MS)


def apply_for_card(session: Session) -> None:
    """Start a card application. If it is submitted, the server decides within three days."""
    rng = session.rng
    known = f'"applicationId":"{make_id(rng, "a")}"'
    product = rng.choice(("check", "check", "credit", "prepaid"))
    session.fire("card_application_started", f'{known},"cardProduct":"{product}"')
    session.wait(30 * SECOND_MS, 4 * MINUTE_MS)
    if rng.random() < 0.35:
        return
    employment = rng.choice(("employed", "employed", "self_employed", "student", "other"))
    optional = f',"annualIncome":{rng.randrange(0, 120) * 1_000_000}' if rng.random() < 0.9 else ""
    session.fire("card_application_submitted", f'{known}{optional},"employment":"{employment}"')
    session.wait(SECOND_MS, 10 * SECOND_MS)
    if rng.random() < 0.08:
        return
    decided_ms = session.clock_ms + int(rng.random() ** 3 * 3 * DAY_MS) + HOUR_MS
    is_approved = rng.random() < 0.68
    limit = f',"creditLimit":{rng.randrange(1, 20) * 500_000}' if is_approved else ""
    session.journal.emit(
        "card_application_decided",
        decided_ms,
        SERVER,
        session.user_json,
        f'{known},"isApproved":{_json(is_approved)}{limit},"decidedAt":"{iso(decided_ms)}"',
    )


def _code(rng: Random) -> str:
    return "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=6))


def _json(value: bool) -> str:
    return "true" if value else "false"
