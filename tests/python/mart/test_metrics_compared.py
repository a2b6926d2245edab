"""docs/metrics-compared.md claims nothing without a test that is there."""

from __future__ import annotations

import re

from mart_runs import PROJECT


def test_every_claim_names_a_test_that_is_there() -> None:
    page = (PROJECT / "docs/metrics-compared.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    claims = [row[2] for row in rows if row[0] != "| there"]
    assert len(claims) > 15
    known = _tests()
    for claim in claims:
        named = re.findall(r"`([a-z_]+)`", claim)
        assert named, claim
        for name in named:
            assert name in known, name


def _tests() -> set[str]:
    yaml = "\n".join(path.read_text("utf-8") for path in (PROJECT / "models").rglob("*.yml"))
    python = "\n".join(path.read_text("utf-8") for path in (PROJECT / "tests").rglob("test_*.py"))
    sql = {path.stem for path in (PROJECT / "tests").rglob("*.sql")}
    unit = set(re.findall(r"^  - name: (\w+)$", yaml, re.MULTILINE))
    return unit | sql | set(re.findall(r"^def (test_\w+)\(", python, re.MULTILINE))
