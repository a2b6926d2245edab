"""A watch that cannot judge says why in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from logmart.errors import CommandError
from logmart.operations import watch_database
from logmart.operations.watch_database import WatchDatabase
from test_watch import AT


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (dbtRunnerResult(True, result=Manifest()), "operations_records of .* is empty"),
        (dbtRunnerResult(False, exception=Exception("a\n  cause")), "a cause$"),
        (dbtRunnerResult(False), "the lines above name what failed$"),
    ],
)
def test_the_cause_is_named(
    result: dbtRunnerResult, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(*_: Any) -> dbtRunnerResult:
        return result

    monkeypatch.setattr(watch_database, "invoke_dbt", parse)
    with pytest.raises(CommandError, match=f"^the watch cannot judge: .*{why}"):
        WatchDatabase(tmp_path).build(AT)
