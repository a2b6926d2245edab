"""Lines in the documented shapes of trackers' exports. Made for the tests: nobody's data."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def _at(number: int) -> datetime:
    return START + timedelta(minutes=number)


def json_lines(rows: Iterable[dict[str, Any]]) -> str:
    """Return rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def table(rows: list[dict[str, Any]], delimiter: str = ",", *, has_header: bool = True) -> str:
    """Return rows as a table."""
    file = io.StringIO(newline="")
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(file, names, delimiter=delimiter, lineterminator="\n", restval="")
    if has_header:
        writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def shop_rows(count: int = 60) -> list[dict[str, Any]]:
    """Return rows of an unknown log."""
    return [
        {
            "event_id": f"e{n}",
            "ts": f"{_at(n):%Y-%m-%dT%H:%M:%SZ}",
            "event": ("page_view", "add-to-cart", "Order Completed")[n % 3],
            "uid": f"u{n // 5}",
            "amount": n,
            "price": f"1,{n % 1000:03}",
            "email": f"a{n}@example.com",
            "ratio": n + 0.5,
            "is_new": n % 2 == 1,
            "zip": f"0{n % 100:04}",
        }
        for n in range(count)
    ]


def ga4_rows(count: int = 12) -> list[dict[str, Any]]:
    """Return events as BigQuery exports GA4's events_YYYYMMDD as JSON: 64-bit numbers are texts."""
    names = ("session_start", "page_view", "add_to_cart", "purchase")
    return [
        {
            "event_date": f"{_at(n):%Y%m%d}",
            "event_timestamp": str(int(_at(n).timestamp() * 1e6)),
            "event_name": names[n % 4],
            "event_params": [
                {"key": "ga_session_id", "value": {"int_value": str(1000 + n // 4)}},
                {"key": "page_location", "value": {"string_value": f"https://shop.example/{n}"}},
                {"key": "page_referrer", "value": {"string_value": "https://www.google.com/"}},
                {"key": "value", "value": {"double_value": 1.5 * n}},
            ],
            "user_pseudo_id": f"{n // 4}.17",
            "user_id": f"member{n // 8}" if n % 2 else None,
            "device": {
                "category": "mobile",
                "operating_system": "iOS",
                "web_info": {"browser": "Safari", "hostname": "shop.example"},
            },
            "geo": {"country": "South Korea", "city": "Seoul"},
            "app_info": {"version": "5.2.0"} if n % 3 else None,
            "traffic_source": {"name": "(direct)", "medium": "(none)", "source": "(direct)"},
            "collected_traffic_source": {
                "manual_source": "newsletter",
                "manual_medium": "email",
                "manual_campaign_name": "spring",
            },
            "platform": "WEB",
            "items": [],
        }
        for n in range(count)
    ]


def segment_rows(count: int = 12) -> list[dict[str, Any]]:
    """Return track and page calls as the specs of Segment and RudderStack have them."""
    return [
        {
            "type": "page" if n % 3 == 0 else "track",
            **({"name": "Home"} if n % 3 == 0 else {"event": "Order Completed"}),
            "messageId": f"ajs-{n}",
            "anonymousId": f"anon-{n // 4}",
            "userId": f"member{n // 4}" if n % 4 > 1 else None,
            "timestamp": f"{_at(n):%Y-%m-%dT%H:%M:%S}.120Z",
            "originalTimestamp": f"{_at(n):%Y-%m-%dT%H:%M:%S}.000Z",
            "sentAt": f"{_at(n):%Y-%m-%dT%H:%M:%S}.100Z",
            "receivedAt": f"{_at(n):%Y-%m-%dT%H:%M:%S}.900Z",
            "properties": {"total": 10 * n, "currency": "KRW", "title": "Home"},
            "context": {
                "ip": "203.0.113.7",
                "locale": "ko-KR",
                "userAgent": "Mozilla/5.0 (iPhone)",
                "page": {"url": f"https://shop.example/{n}", "path": f"/{n}", "referrer": ""},
                "campaign": {"source": "kakao", "medium": "social", "name": "spring"},
            },
            "channel": "web",
        }
        for n in range(count)
    ]


def tracks_rows(count: int = 12) -> list[dict[str, str]]:
    """Return rows of the table `tracks` that Segment and RudderStack write into a warehouse."""
    return [
        {
            "id": f"t-{n}",
            "anonymous_id": f"anon-{n // 4}",
            "user_id": f"member{n // 4}" if n % 2 else "",
            "event": "order_completed",
            "event_text": "Order Completed",
            "received_at": f"{_at(n):%Y-%m-%d %H:%M:%S}.5",
            "sent_at": f"{_at(n):%Y-%m-%d %H:%M:%S}",
            "timestamp": f"{_at(n):%Y-%m-%d %H:%M:%S}",
            "context_ip": "203.0.113.7",
            "context_campaign_source": "kakao",
            "context_campaign_medium": "social",
            "context_session_id": str(1000 + n // 4),
            "context_page_url": f"https://shop.example/{n}",
        }
        for n in range(count)
    ]


def amplitude_rows(count: int = 12) -> list[dict[str, Any]]:
    """Return events as Amplitude's export API has them; its times are in UTC, without an offset."""
    return [
        {
            "$insert_id": f"i-{n}",
            "uuid": f"u-{n}",
            "amplitude_id": 75805000264 + n // 4,
            "event_type": ("page_view", "add-to-cart", "Order Completed")[n % 3],
            "event_time": f"{_at(n):%Y-%m-%d %H:%M:%S}.120000",
            "server_received_time": f"{_at(n):%Y-%m-%d %H:%M:%S}.900000",
            "user_id": f"member{n // 4}@example.com",
            "device_id": f"d-{n // 4}",
            "session_id": 1772355600000 + n // 4,
            "platform": "iOS",
            "version_name": "5.2.0",
            "country": "South Korea",
            "event_properties": {"amount": 100 * n, "coupon": "WELCOME" if n % 2 else None},
            "user_properties": {"utm_source": "kakao", "utm_medium": "social"},
        }
        for n in range(count)
    ]
