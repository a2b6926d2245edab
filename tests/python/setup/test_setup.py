from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from logmart.settings import PROJECT

SHIM = "#!/bin/sh\necho 'pyenv: version 3.99 is not installed' >&2\nexit 127\n"
OLD = "#!/bin/sh\ncase $2 in *print*) echo 3.9 ;; *) exit 1 ;; esac\n"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "no {python} found: install Python 3.11 or newer"),
        (SHIM, "{python} is there but does not run: name another"),
        (OLD, "needs Python 3.11 or newer, and {python} is 3.9"),
    ],
)
def test_a_python_that_will_not_do_is_one_clear_line(
    tmp_path: Path, script: str | None, message: str
) -> None:
    python = tmp_path / "python3"
    if script is not None:
        python.write_text(script)
        python.chmod(0o755)
    done = subprocess.run(
        [PROJECT / "scripts/setup.sh", str(tmp_path / "environment"), "requirements.lock"],
        env={**os.environ, "PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("logmart: " + message.format(python=python))
    assert done.stderr.count("\n") == 1


FORGED_UV = """#!/bin/sh
touch forged-uv-ran
"""
# Records the arguments of a stand-in for uv, and its variables that name certificates.
ASKED = """#!/bin/sh
echo "$@" certificates=$UV_SYSTEM_CERTS >>asked
mkdir -p environment
"""


def a_project(folder: Path) -> Path:
    """Copy what setup.sh reads into a folder, and let its PATH have no uv."""
    folder.mkdir()
    for part in ("scripts/setup.sh", "rules/requirements.lock", "ingestion/requirements.lock"):
        (folder / part).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / part, folder / part)
    commands = folder / "bin"
    commands.mkdir()
    for command in ("sh", "awk", "rm", "mkdir", "touch"):
        found = shutil.which(command)
        assert found
        (commands / command).symlink_to(found)
    return folder


def run_setup(project: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["scripts/setup.sh", "environment", "rules/requirements.lock"],
        cwd=project,
        env={
            "PATH": str(project / "bin"),
            "PYTHON": str(Path(sys.executable).resolve()),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def forge_uv(project: Path, wheels: Path) -> None:
    """Make a wheel of the locked version of uv that is not the locked one."""
    lines = (project / "rules/requirements.lock").read_text().splitlines()
    (version,) = (line.split()[0].split("==")[1] for line in lines if line.startswith("uv=="))
    wheels.mkdir()
    info, script = f"uv-{version}.dist-info", f"uv-{version}.data/scripts/uv"
    with zipfile.ZipFile(wheels / f"uv-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(script, FORGED_UV)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: uv\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"{script},,\n{info}/METADATA,,\n{info}/WHEEL,,\n")


def test_a_uv_that_is_not_the_locked_one_is_not_installed(tmp_path: Path) -> None:
    project, wheels = a_project(tmp_path / "project"), tmp_path / "wheels"
    forge_uv(project, wheels)
    done = run_setup(project, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels))
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert "logmart: uv could not be installed" in done.stderr
    assert not (project / ".tools/uv").exists()
    assert not (project / "forged-uv-ran").exists()


@pytest.mark.parametrize("code", [None, "__version__ = '22.2.2'"], ids=["no pip", "an old pip"])
def test_a_python_without_a_pip_that_will_do_gets_one(tmp_path: Path, code: str | None) -> None:
    project, wheels, bare = (tmp_path / name for name in ("project", "wheels", "bare"))
    forge_uv(a_project(project), wheels)
    venv.create(bare, with_pip=False)
    if code is not None:
        pip = bare / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages/pip.py"
        pip.write_text(code)
    python = str(bare / "bin/python")
    done = run_setup(project, PYTHON=python, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels))
    assert "DO NOT MATCH THE HASHES" in done.stderr


@pytest.mark.parametrize(
    ("environment", "certificates"),
    [({}, "true"), ({"UV_SYSTEM_CERTS": "false"}, "false"), ({"SSL_CERT_FILE": "/none"}, "")],
    ids=["of the system", "of uv, by name", "of uv, where the system has none"],
)
def test_packages_come_with_hashes_over_certificates_of_the_system(
    tmp_path: Path, environment: dict[str, str], certificates: str
) -> None:
    project = a_project(tmp_path / "project")
    (project / "bin/uv").write_text(ASKED)
    (project / "bin/uv").chmod(0o755)
    (tmp_path / "bundle").write_text("the certificates of a system")
    found = {"SSL_CERT_FILE": str(tmp_path / "bundle"), "SSL_CERT_DIR": str(tmp_path / "none")}
    done = run_setup(project, **found | environment)
    assert done.returncode == 0, done.stderr
    made, synced = (project / "asked").read_text().splitlines()
    assert made.startswith("venv ")
    assert synced.startswith("pip sync --quiet --require-hashes --only-binary :all: ")
    assert " --build-constraints ingestion/requirements.lock " in synced
    assert synced.endswith(f"certificates={certificates}")


def test_commands_of_make_keep_compiled_modules_whatever_the_shell_says() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "--file", "-", "variables"],
        input="include Makefile\nvariables:\n\t@env\n",
        cwd=PROJECT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    variables = [line.partition("=")[0] for line in done.stdout.splitlines()]
    assert "PATH" in variables
    assert "PYTHONDONTWRITEBYTECODE" not in variables
