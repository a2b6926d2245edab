"""Moments and shards, for all inputs."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from logmart.sample.clock import DAY_MS, day_of_month, epoch_ms, iso, utc_date_text, weekday
from logmart.sample.shard import make_shards

MOMENTS = st.integers(epoch_ms(date(1971, 1, 2)), epoch_ms(date(8999, 12, 30)))


def as_datetime(moment_ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment_ms)


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_iso_text_is_that_of_datetime(moment_ms: int, offset: int) -> None:
    local = as_datetime(moment_ms).astimezone(timezone(timedelta(minutes=offset)))
    expected = local.isoformat(timespec="milliseconds")
    assert iso(moment_ms, offset) == (expected if offset else expected.replace("+00:00", "Z"))


@given(MOMENTS)
def test_days_are_those_of_datetime(moment_ms: int) -> None:
    day = as_datetime(moment_ms).date()
    assert utc_date_text(moment_ms) == day.isoformat()
    assert weekday(moment_ms // DAY_MS) == day.weekday()
    assert day_of_month(moment_ms // DAY_MS) == day.day


@given(st.integers(1, 10_000_000))
def test_shards_cover_everybody_once(people: int) -> None:
    shards = make_shards(people)
    assert [shard.number for shard in shards] == list(range(shards[0].count))
    assert shards[0].first == 0
    assert shards[-1].last == people
    assert all(one.last == other.first for one, other in zip(shards, shards[1:], strict=False))
    assert all(shard.first < shard.last for shard in shards)
    assert len(shards) <= 32
