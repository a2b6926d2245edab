#!/bin/sh
# Makes an environment from a lock file: setup.sh <environment folder> <lock file>
# With the uv on the PATH, else with one of the project's own. One clear line, and exit 1, when it cannot.
set -eu
environment=$1
lock=$2
python=${PYTHON:-python3}

fail() {
    echo "logmart: $1" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 ||
    fail "no $python found: install Python 3.11 or newer, or name one with PYTHON=<path>"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
    fail "$python is there but does not run: name another Python 3.11 or newer with PYTHON=<path>"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "needs Python 3.11 or newer, and $python is $version: name another with PYTHON=<path>"

if command -v uv >/dev/null 2>&1; then
    uv=uv
else
    uv=.tools/uv/bin/uv
    if [ ! -x "$uv" ]; then
        echo "logmart: no uv on the PATH, installing one in .tools/uv"
        rm -rf .tools/uv
        "$python" -m venv .tools/uv ||
            fail "$python cannot make a virtual environment: install its venv module (Debian: python$version-venv)"
        .tools/uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<0.14' || {
            rm -rf .tools/uv
            fail "uv could not be installed: see the lines above; is a Python package index in reach?"
        }
    fi
fi

echo "logmart: installing $lock into $environment"
rm -f "$environment/.locked"
UV_PYTHON_DOWNLOADS=never "$uv" venv --quiet --clear --python "$python" "$environment" ||
    fail "$environment could not be made: see the lines above"
"$uv" pip sync --quiet --require-hashes --python "$environment" "$lock" ||
    fail "$lock could not be installed: see the lines above; is a Python package index in reach, and room on the disk?"
touch "$environment/.locked"
