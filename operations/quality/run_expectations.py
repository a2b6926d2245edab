"""Validates typed batches with Great Expectations, in one process a run.

Each line of standard input is a JSON object: `batch`, the Parquet file to read, whose column `row`
numbers its rows; `expectations`, a list of {check, kind, column, arguments, where}; and `keys`, the
Parquet file to write the flagged rows to, with the columns `position` (of the expectation) and
`row`. Each line of standard output answers one: {"results": [...]}, in the order of the
expectations, of {outcome, failure_count, checked_count, raised}. `outcome` is `passed`, `failed`,
or `error` for an expectation that raised, which says nothing about the data; `raised` is then the
class of the exception, because its message may hold a value. No answer holds a value of the batch.

It needs Great Expectations, so it runs in the environment of operations/.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "False"

import duckdb
import great_expectations as gx
import great_expectations.expectations as gxe
import numpy as np
import pandas as pd
from great_expectations.expectations.row_conditions import Column

# With pyarrow installed, pandas matches patterns by RE2, which knows no `(?a)`.
pd.set_option("mode.string_storage", "python")

# Of a flagged row only its number is returned.
RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": ["row"],
    "exclude_unexpected_values": True,
    "include_unexpected_rows": False,
}
_EXCEPTION = re.compile(r"^(?:\w+[.])*(\w+(?:Error|Exception|Warning))\b", re.MULTILINE)


def main() -> None:
    """Answer each line with one line."""
    # What libraries print must not come between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("landed").add_dataframe_asset("batch")
    definition = asset.add_batch_definition_whole_dataframe("whole")
    for line in sys.stdin:
        job = json.loads(line)
        batch = definition.get_batch({"dataframe": read_frame(job["batch"])})
        print(json.dumps({"results": validate(batch, job)}), file=answers, flush=True)


def read_frame(path: str) -> pd.DataFrame:
    """Return a Parquet file as a frame whose whole numbers stay whole where some are missing."""
    with duckdb.connect() as connection:
        columns = connection.execute("from read_parquet($path)", {"path": path}).fetchnumpy()
    return pd.DataFrame({name: _series(values) for name, values in columns.items()})


def _series(values: Any) -> Any:
    if not np.ma.isMaskedArray(values):
        return values
    if values.dtype.kind in "iu":
        whole = values.filled(0).astype(np.int64)
        return pd.arrays.IntegerArray(whole, np.ma.getmaskarray(values))
    if values.dtype.kind == "b":
        return pd.arrays.BooleanArray(values.filled(False), np.ma.getmaskarray(values))
    if values.dtype.kind == "f":
        return values.filled(np.nan)
    return pd.Series(values.tolist(), dtype=object)


def validate(batch: Any, job: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of the expectations, and write the rows that they flag."""
    suite = gx.ExpectationSuite(
        name="suite",
        expectations=[
            expectation(position, each) for position, each in enumerate(job["expectations"])
        ],
    )
    found = {
        result.expectation_config.meta["position"]: result
        for result in batch.validate(suite, result_format=RESULT_FORMAT).results
    }
    flagged = {position: _flagged(result) for position, result in found.items()}
    _write_keys(job["keys"], flagged)
    return [_answer(found[position], flagged[position]) for position in range(len(found))]


def expectation(position: int, given: dict[str, Any]) -> Any:
    """Return the expectation of Great Expectations that a job describes."""
    options = dict(given["arguments"])
    if given["where"]:
        column = Column(given["where"]["column"])
        state = given["where"]["state"]
        options["row_condition"] = (
            column.is_not_null() if state == "not_null" else column == (state == "true")
        )
    return getattr(gxe, given["kind"])(
        column=given["column"], meta={"position": position}, **options
    )


def _answer(result: Any, flagged: list[int]) -> dict[str, Any]:
    raised = _raised(result.exception_info)
    counts = result.result or {}
    checked = counts.get("element_count", 0) - counts.get("missing_count", 0)
    outcome = "error" if raised else "passed" if result.success else "failed"
    return {
        "outcome": outcome,
        "failure_count": len(flagged),
        "checked_count": checked,
        "raised": raised,
    }


def _raised(information: dict[str, Any]) -> str:
    """Return the class of the exception that made an expectation raise, else ""."""
    each = [information] if "raised_exception" in information else list(information.values())
    for one in each:
        if one["raised_exception"]:
            named = _EXCEPTION.findall(one["exception_traceback"] or "")
            return named[0] if named else "Exception"
    return ""


def _flagged(result: Any) -> list[int]:
    return [
        int(row)
        for each in (result.result or {}).get("unexpected_index_list") or []
        for row in (each["row"] if isinstance(each["row"], list) else [each["row"]])
    ]


def _write_keys(path: str, flagged: dict[int, list[int]]) -> None:
    keys = pd.DataFrame(
        {
            "position": np.repeat(
                np.array(list(flagged), dtype=np.int64), [len(rows) for rows in flagged.values()]
            ),
            "row": np.array([row for rows in flagged.values() for row in rows], dtype=np.int64),
        }
    )
    with duckdb.connect() as connection:
        connection.register("keys", keys)
        connection.execute(f"copy keys to '{path.replace(chr(39), chr(39) * 2)}' (format parquet)")


if __name__ == "__main__":
    main()
