"""The reports that docs/pull-requests.md prints are those that the gate makes."""

from __future__ import annotations

import pytest

from branches import make_main
from documented_reports import PAGE, REPORTS, documented, printed


@pytest.mark.deep
@pytest.mark.parametrize("name", REPORTS)
def test_a_printed_report_is_the_one_that_the_gate_makes(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    main = make_main(tmp_path_factory.getbasetemp() / "gate")
    assert documented(PAGE.read_text(encoding="utf-8"), name) == printed(main, name)
