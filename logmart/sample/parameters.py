"""The parameters of a sample: the same parameters give the same bytes."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from logmart.sample import GENERATOR_VERSION
from logmart.sample.clock import DAY_MS, day_text, epoch_ms


class FileFormat(StrEnum):
    """How landing files are written: gzip JSON lines, or Parquet with one column of such lines."""

    JSONL = "jsonl"
    PARQUET = "parquet"

    @property
    def suffix(self) -> str:
        """Return the suffix of landing files in this format."""
        return ".jsonl.gz" if self is FileFormat.JSONL else ".parquet"


@dataclass(frozen=True)
class Parameters:
    """The parameters of a sample.

    `users` counts the people simulated, some of whom never finish signing up; `start` is the first
    landed UTC day and `days` the number of landed days. In a clean sample nothing is planted.

    Raises:
        ValueError: a parameter is out of its range.
    """

    users: int
    days: int
    seed: int
    start: date
    file_format: FileFormat
    is_clean: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.users <= 10_000_000:
            raise ValueError(f"--users must be 1 to 10,000,000, not {self.users}")
        if not 1 <= self.days <= 1_000:
            raise ValueError(f"--days must be 1 to 1,000, not {self.days}")
        if self.start.year < 1971 or self.start + timedelta(days=self.days) > date(9000, 1, 1):
            raise ValueError(f"--start must lie in the years 1971 to 8999, not {self.start}")

    @property
    def start_ms(self) -> int:
        """Return the moment at which the first landed day begins."""
        return epoch_ms(self.start)

    @property
    def end_ms(self) -> int:
        """Return the moment at which the last landed day ends."""
        return self.start_ms + self.days * DAY_MS

    @property
    def expected_events(self) -> int:
        """Return the approximate number of events: 80 for each person in 60 days."""
        return round(self.users * self.days * 80 / 60)

    def day_text(self, index: int) -> str:
        """Return the ISO date of the landed day `index`, counted from 0."""
        return day_text(self.start_ms // DAY_MS + index)

    def as_json(self) -> dict[str, str | int]:
        """Return the content of `sample.json`: the parameters and the generator's version.

        Only a clean sample says whether it is clean.
        """
        return {
            "generator_version": GENERATOR_VERSION,
            "users": self.users,
            "days": self.days,
            "seed": self.seed,
            "start": self.start.isoformat(),
            "format": self.file_format.value,
            **({"clean": True} if self.is_clean else {}),
        }
