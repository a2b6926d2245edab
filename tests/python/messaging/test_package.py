"""The package holds what the functions need, and the same content gives the same file."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from logmart.errors import CommandError
from logmart.messaging import package as package_module
from logmart.messaging.package import REQUIREMENTS, package
from logmart.settings import PROJECT

LOCK = PROJECT / "operations/requirements.lock"


def entries(text: str) -> dict[str, str]:
    """Return the entries of a lock: version and hashes by package."""
    found = re.findall(
        r"^([a-z0-9-]+)(==\S+ \\\n(?:    --hash=\S+(?: \\)?\n)+)", text, re.MULTILINE
    )
    return dict(found)


def test_the_functions_run_what_the_tests_run() -> None:
    required = entries(REQUIREMENTS.read_text(encoding="utf-8"))
    locked = entries(LOCK.read_text(encoding="utf-8"))
    assert required.keys() == {
        "aws-lambda-powertools",
        "jmespath",
        "typing-extensions",
        "tzdata",
    }
    assert required == {name: locked[name] for name in required}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("package") / "handler.zip"
    package(path)
    return path


def test_the_same_content_gives_the_same_file(archive: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    package(again)
    assert again.read_bytes() == archive.read_bytes()


def test_both_functions_are_found_by_the_names_of_the_template(
    archive: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(archive) as packed:
        names = set(packed.namelist())
        packed.extractall(tmp_path)
    handlers = re.findall(
        r"Handler: (\S+)", (PROJECT / "operations/messaging/template.yml").read_text("utf-8")
    )
    assert len(handlers) == 2
    for handler in handlers:
        module, _, function = handler.rpartition(".")
        path = module.replace(".", "/") + ".py"
        assert path in names
        assert f"\ndef {function}(" in (tmp_path / path).read_text(encoding="utf-8")
    assert {"seeds/frequency_caps.csv", "tzdata/zones"} <= names
    assert any(name.startswith("operations/messaging/campaigns/") for name in names)
    assert not any("tests" in name or "local" in name.split("/") for name in names)
    # The settings find the texts and caps where the package has them.
    code = (
        "from operations.messaging.handler.settings import frequency_caps, is_campaign\n"
        "assert frequency_caps()['push'].most == 1 and is_campaign('card_after_transfers')\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_a_requirement_that_cannot_be_fetched_leaves_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "requirements.txt"
    wrong.write_text(f"jmespath==1.1.0 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(package_module, "REQUIREMENTS", wrong)
    with pytest.raises(CommandError, match="could not be installed"):
        package(tmp_path / "handler.zip")
    assert not list(tmp_path.glob("*.zip*"))
