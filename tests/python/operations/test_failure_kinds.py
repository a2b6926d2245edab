from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmart.errors import TRANSIENT, TransientError
from logmart.failure_kinds import error_of, failure_kind, is_transient_text
from logmart.mart.preflight import check_database

TRANSIENT_LINES = [
    'IO Error: Could not set lock on file "/x": Conflicting lock is held in python (PID 7)',
    "http://127.0.0.1:1/api: PUT /v1/tables: answered 503: Service Unavailable",
    "http://127.0.0.1:1/api: GET /v1/tables: answered 429",
    "http://127.0.0.1:1/api: GET /v1/tables: cannot be reached; is the server up?",
    "http://127.0.0.1:1/api: GET /v1/tables: no answer in time; is the server overloaded?",
    "HTTP Error 502: Bad Gateway",
    *(os.strerror(code) for code in (errno.ECONNREFUSED, errno.ECONNRESET, errno.EAGAIN)),
    *(os.strerror(code) for code in (errno.EBUSY, errno.EMFILE, errno.EINTR, errno.ESTALE)),
]
PERMANENT_LINES = [
    "Compilation Error in model fct_events: 'columns' is undefined",
    "This model has an enforced contract that failed.",
    "Got 503 results, configured to fail if != 0",
    "dbt build failed: the lines above name what did",
    "http://127.0.0.1:1/api: GET /v1/tables: 401, not authorized",
    "http://127.0.0.1:1/api: PUT /v1/tables: answered 400: Bad Request",
    os.strerror(errno.ENOSPC),
    os.strerror(errno.EACCES),
    "",
]


@pytest.mark.parametrize("line", TRANSIENT_LINES)
def test_what_goes_away_by_itself_is_transient(line: str) -> None:
    assert failure_kind(1, line) == "transient"


@pytest.mark.parametrize("line", PERMANENT_LINES)
def test_what_somebody_must_change_is_permanent(line: str) -> None:
    assert failure_kind(1, line) == "permanent"


@given(st.text())
def test_the_exit_code_says_transient_whatever_the_line_says(line: str) -> None:
    assert failure_kind(TRANSIENT, line) == "transient"
    assert failure_kind(-9, line) == "transient"


@given(st.lists(st.sampled_from([*TRANSIENT_LINES, *PERMANENT_LINES])))
def test_a_failure_is_transient_when_all_of_its_causes_are(causes: list[str]) -> None:
    is_transient = bool(causes) and all(is_transient_text(cause) for cause in causes)
    assert isinstance(error_of("it failed", causes), TransientError) == is_transient


def test_a_database_that_another_process_holds_is_worth_another_try(tmp_path: Path) -> None:
    database = tmp_path / "build.duckdb"
    duckdb.connect(str(database)).close()
    code = f"import duckdb; c = duckdb.connect({str(database)!r}); print('held'); input()"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TransientError, match="is in use by"):
            check_database(database)
        holder.communicate("\n")
    check_database(database)


def test_a_command_ends_with_75_for_a_transient_error() -> None:
    code = (
        "from logmart.errors import *\n"
        "def fail(): raise TransientError('it is busy')\n"
        "run_command(fail)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (75, "logmart: it is busy\n")
