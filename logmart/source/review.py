"""Prints a proposal as a table to review: what was guessed, from how many rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from logmart.source.folder import option_lines
from logmart.source.mapping import COLUMNS
from logmart.source.plan_proposal import EventGuess, PropertyGuess
from logmart.source.proposal import Proposal

_WIDEST = 76


def review(proposal: Proposal, business_time_zone: str) -> str:
    """Return the table of a proposal."""
    return "\n".join(
        [
            *_header(proposal),
            "",
            *_columns(proposal),
            "",
            *_events(proposal.events),
            *_remarks(proposal, business_time_zone),
        ]
    )


def _header(proposal: Proposal) -> Iterator[str]:
    sample = proposal.sample
    size = "all rows" if sample.is_whole else f"the first {max(sample.row_counts.values()):,} rows"
    what = proposal.preset.title if proposal.preset else f"{sample.format}, an unknown log"
    files = f"{len(sample.files)} file{'' if len(sample.files) == 1 else 's'}"
    yield f"{proposal.source}: {what}; {len(sample.rows):,} events read, {size} of {files}"


def _columns(proposal: Proposal) -> list[str]:
    rows: list[tuple[str, ...]] = [("canonical column", "from", "guessed because")]
    for name in COLUMNS:
        origin = proposal.mapping.origins.get(name)
        if origin:
            rows.append((name, origin.text(), origin.reason))
    missing = [name for name in ("event_id", "user_id", "device_id") if name not in
               proposal.mapping.origins]  # fmt: skip
    for name in missing:
        rows.append((name, "-", _MISSING[name]))
    return table(rows)


_MISSING = {
    "event_id": "no field has another value in each row: keyed by file and line",
    "user_id": "no field: name one with --field user_id=<field>",
    "device_id": "no field: sessions are built by user",
}


def _events(events: tuple[EventGuess, ...]) -> list[str]:
    rows: list[tuple[str, ...]] = [
        ("event, property", "type", "seen (guessed from)", "proposed rules", "personal data")
    ]
    for event in events:
        rows.append((event.name, "event", f"{event.count:,} rows", "", ""))
        for each in event.properties:
            rows.append(
                (
                    f"  {each.planned.name}",
                    each.planned.data_type,
                    each.counts(),
                    rules_text(each),
                    each.planned.personal_data,
                )
            )
    return table(rows)


def rules_text(guess: PropertyGuess) -> str:
    """Return the proposed rules of a property as text."""
    texts = []
    for name, value in guess.proposed.items():
        if name == "required":
            texts.append("required")
        elif name == "allowed" and isinstance(value, tuple):
            texts.append(f"allowed {'|'.join(str(each) for each in value)}")
        else:
            texts.append(f"{name} {value}")
    return ", ".join(texts + ([guess.remark] if guess.remark else []))


def _remarks(proposal: Proposal, business_time_zone: str) -> Iterator[str]:
    sample = proposal.sample
    first, last = (f"{each:%Y-%m-%d %H:%M}" for each in (proposal.earliest, proposal.latest))
    yield f"\nEvents from {first} to {last} UTC. Business dates are days in {business_time_zone}."
    if proposal.is_history:
        yield (
            "History: the events are older than the horizon, so the source declares history_until:"
            f" {proposal.options.history_until}. Files that land up to that date are not too late."
        )
    for name, value in option_lines(proposal).items():
        if name == "session_property":
            yield f"Sessions are those of the tracker: {value}."
    for count, text in (
        (sample.unreadable_count, "are no row of this format: rejected as unreadable_line"),
        (sample.broken_utf8_count, "have bytes that are not UTF-8: rejected as invalid_utf8;"
         " convert the file with `iconv -f <encoding> -t UTF-8`"),
        (sample.repeated_header_count, "repeat the header: rejected, because they have no time"),
        (proposal.untimed_count, "have no time: rejected as missing_required:occurred_at"),
        (proposal.unnamed_count, "have no event name: rejected as unplanned_event"),
        (proposal.duplicate_id_count, "repeat the event_id of another row: duplicates"),
    ):  # fmt: skip
        if count:
            yield f"{count:,} of {sample.line_count:,} rows {text}."
    times = proposal.mapping.origins["occurred_at"]
    if "without an offset" in times.reason:
        yield (
            f"The times have no offset and are taken as {proposal.mapping.time_zone}: name another"
            " zone with --times-in."
        )
    if proposal.not_planned:
        yield (
            "Not planned, because they hold objects, lists or values of several kinds: "
            f"{', '.join(proposal.not_planned[:20])}."
        )
    proposed = sum(len(each.proposed) for event in proposal.events for each in event.properties)
    if proposed:
        yield f"{proposed} rules are proposed and not written: --with-rules writes them."
    if proposal.latest - proposal.earliest > timedelta(days=3_650):
        yield "The events span more than ten years: check the field of the time."


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows as aligned text; a cell is cut where it is long."""
    cut = [tuple(_cut(cell) for cell in row) for row in rows]
    widths = [max(len(row[n]) for row in cut) for n in range(len(cut[0]))]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in cut
    ]
    return [f"  {line.rstrip()}" for line in lines]


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
