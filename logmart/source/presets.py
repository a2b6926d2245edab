"""Known exports: how their lines become events. Each names the fields that it is recognized by.

The fields are those of the vendors' documents: GA4's BigQuery export schema, Segment's spec and
warehouse schema (which RudderStack shares), and Amplitude's export API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logmart.source.mapping import LineMapping, Origin, Path
from logmart.source.sample import ACCESS_MAPPING, ACCESS_PARTS, Sample


def _path(text: str) -> Path:
    return tuple(text.split("."))


def _from(*paths: str, form: str = "") -> Origin:
    return Origin(tuple(_path(path) for path in paths), form=form)


def _paths(extras: Mapping[str, str]) -> dict[str, Path]:
    return {name: _path(text) for name, text in extras.items()}


@dataclass(frozen=True)
class Preset:
    """A known export: the fields that show it, its mapping, and the property of its session id."""

    name: str
    title: str
    shown_by: tuple[frozenset[str], ...]
    mapping: LineMapping
    session_property: str = ""


_GA4 = Preset(
    "ga4",
    "GA4 / Firebase, BigQuery export",
    (frozenset({"event_name", "event_timestamp", "user_pseudo_id", "event_params"}),),
    LineMapping(
        {
            "event_name": _from("event_name"),
            "user_id": _from("user_id"),
            "device_id": _from("user_pseudo_id"),
            "platform": _from("platform"),
            "app_version": _from("app_info.version"),
            "occurred_at": _from("event_timestamp", form="epoch_microseconds"),
        },
        container=("event_params",),
        container_kind="items",
        extras=_paths(
            {
                "utm_source": "collected_traffic_source.manual_source",
                "utm_medium": "collected_traffic_source.manual_medium",
                "utm_campaign": "collected_traffic_source.manual_campaign_name",
                "first_source": "traffic_source.source",
                "first_medium": "traffic_source.medium",
                "first_campaign": "traffic_source.name",
                "device_category": "device.category",
                "operating_system": "device.operating_system",
                "browser": "device.web_info.browser",
                "hostname": "device.web_info.hostname",
                "country": "geo.country",
                "city": "geo.city",
            }
        ),
        keeps_outer=False,
    ),
    session_property="ga_session_id",
)
_SEGMENT_EXTRAS = {
    "page_url": "context.page.url",
    "page_path": "context.page.path",
    "page_title": "context.page.title",
    "page_referrer": "context.page.referrer",
    "utm_source": "context.campaign.source",
    "utm_medium": "context.campaign.medium",
    "utm_campaign": "context.campaign.name",
    "utm_term": "context.campaign.term",
    "utm_content": "context.campaign.content",
    "ip": "context.ip",
    "locale": "context.locale",
    "session_id": "context.sessionId",
}
_SEGMENT = Preset(
    "segment",
    "Segment / RudderStack, events as JSON",
    (
        frozenset({"type", "messageId", "anonymousId", "context"}),
        frozenset({"type", "messageId", "userId", "context"}),
    ),
    LineMapping(
        {
            "event_id": _from("messageId"),
            "event_name": _from("event", "type"),
            "user_id": _from("userId"),
            "device_id": _from("anonymousId"),
            "platform": _from("channel", "context.os.name"),
            "app_version": _from("context.app.version"),
            "user_agent": _from("context.userAgent"),
            "occurred_at": _from("timestamp", "originalTimestamp"),
            "received_at": _from("receivedAt"),
        },
        container=("properties",),
        container_kind="object",
        extras=_paths(_SEGMENT_EXTRAS),
        keeps_outer=False,
    ),
    session_property="session_id",
)
_WAREHOUSE_TIMES = (
    "timestamp",
    "received_at",
    "sent_at",
    "original_timestamp",
    "uuid_ts",
    "loaded_at",
)


def _warehouse(name: str, title: str, shown_by: frozenset[str], event: Origin) -> Preset:
    """Return the preset of a table that Segment or RudderStack writes into a warehouse."""
    used = {"id", "anonymous_id", "user_id", "context_user_agent", "context_app_version"}
    return Preset(
        name,
        title,
        (shown_by,),
        LineMapping(
            {
                "event_id": _from("id"),
                "event_name": event,
                "user_id": _from("user_id"),
                "device_id": _from("anonymous_id"),
                "platform": _from("channel", "context_os_name"),
                "app_version": _from("context_app_version"),
                "user_agent": _from("context_user_agent"),
                "occurred_at": _from("timestamp", "original_timestamp"),
                "received_at": _from("received_at"),
            },
            extras=_paths(
                {
                    "utm_source": "context_campaign_source",
                    "utm_medium": "context_campaign_medium",
                    "utm_campaign": "context_campaign_name",
                    "utm_term": "context_campaign_term",
                    "utm_content": "context_campaign_content",
                    "session_id": "context_session_id",
                }
            ),
            removed=tuple(
                sorted(
                    {
                        *used, *_WAREHOUSE_TIMES, "event", "event_text", "channel",
                        "context_os_name", "context_session_id",
                        *(f"context_campaign_{n}"
                          for n in ("source", "medium", "name", "term", "content")),
                    }
                )
            ),
        ),
        session_property="session_id",
    )  # fmt: skip


_TRACKS = _warehouse(
    "segment_tracks",
    "Segment / RudderStack, table of tracks",
    frozenset({"id", "anonymous_id", "event", "received_at", "timestamp"}),
    _from("event_text", "event"),
)
_PAGES = _warehouse(
    "segment_pages",
    "Segment / RudderStack, table of pages",
    frozenset({"id", "anonymous_id", "url", "path", "received_at", "timestamp"}),
    Origin(constant="page_viewed"),
)
_AMPLITUDE = Preset(
    "amplitude",
    "Amplitude, exported events",
    (
        frozenset({"event_type", "event_time", "amplitude_id", "device_id"}),
        frozenset({"event_type", "event_time", "event_properties", "device_id"}),
    ),
    LineMapping(
        {
            "event_id": _from("$insert_id", "_insert_id", "insert_id", "uuid"),
            "event_name": _from("event_type"),
            "user_id": _from("user_id"),
            "device_id": _from("device_id"),
            "platform": _from("platform", "os_name"),
            "app_version": _from("version_name"),
            "occurred_at": _from("event_time"),
            "received_at": _from("server_received_time", "server_upload_time"),
        },
        container=("event_properties",),
        container_kind="text",
        extras=_paths(
            {
                "session_id": "session_id",
                "country": "country",
                "region": "region",
                "city": "city",
                "language": "language",
                "device_family": "device_family",
                "ip_address": "ip_address",
                "utm_source": "user_properties.utm_source",
                "utm_medium": "user_properties.utm_medium",
                "utm_campaign": "user_properties.utm_campaign",
                "page_referrer": "user_properties.referrer",
            }
        ),
        keeps_outer=False,
    ),
    session_property="session_id",
)
_ACCESS_LOG = Preset(
    "access_log",
    "web server's access log, combined format",
    (frozenset(ACCESS_PARTS),),
    LineMapping(
        {
            "event_name": Origin(constant="page_requested"),
            "user_id": _from("address"),
            "device_id": Origin((("address",), ("agent",)), is_joined=True),
            "platform": Origin(constant="web"),
            "user_agent": _from("agent"),
            "occurred_at": _from("time", form="%d/%b/%Y:%H:%M:%S %z"),
        },
        extras=_paths({name: name for name in ("method", "path", "status", "bytes", "referrer")}),
        keeps_outer=False,
        pattern=ACCESS_MAPPING.pattern,
        parts=ACCESS_PARTS,
    ),
)
PRESETS = {
    preset.name: preset for preset in (_GA4, _SEGMENT, _TRACKS, _PAGES, _AMPLITUDE, _ACCESS_LOG)
}


def recognized(sample: Sample) -> Preset | None:
    """Return the preset whose fields the sample has; None for an unknown log."""
    if sample.format == "access_log":
        return _ACCESS_LOG
    names = {name for row in sample.rows[:1_000] for name in row} | set(sample.columns)
    for preset in PRESETS.values():
        if preset is not _ACCESS_LOG and any(shown <= names for shown in preset.shown_by):
            return preset
    return None
