"""Crawlers: robots that visit the web app; their user agent identifies them."""

from logmart.sample.clock import DAY_MS, HOUR_MS, SECOND_MS, iso
from logmart.sample.ids import make_id, make_uuid
from logmart.sample.journal import Journal
from logmart.sample.rows import Plant, Row

_EVERY_DAYS = 10
_USER_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 HeadlessChrome/140.0 Safari/537.36",
    "python-requests/2.32.3",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
)


def crawl(journal: Journal) -> None:
    """Let a crawler view some pages every tenth day; each of its rows is listed as planted."""
    world, rng = journal.world, journal.rng
    user_agent = rng.choice(_USER_AGENTS)
    device_id = make_id(rng, "d")
    for day in range(rng.randrange(_EVERY_DAYS), world.parameters.days, _EVERY_DAYS):
        at_ms = world.start_ms + day * DAY_MS + rng.randrange(DAY_MS - HOUR_MS)
        for page in range(rng.randint(3, 9)):
            at_ms += rng.randint(200, 2 * SECOND_MS)
            received_ms = at_ms + rng.randint(200, 900)
            event_id = make_uuid(rng)
            line = (
                f'{{"eventId":"{event_id}","eventName":"screen_viewed","userId":null,'
                f'"deviceId":"{device_id}","occurredAt":"{iso(at_ms)}",'
                f'"receivedAt":"{iso(received_ms)}","platform":"web","appVersion":"7.0.0",'
                f'"userAgent":"{user_agent}","properties":{{"screenName":"page_{page}"}}}}'
            )
            plant = Plant("bot", event_id, None, {"user_agent": user_agent})
            journal.rows.append(Row(received_ms, line, plant))
