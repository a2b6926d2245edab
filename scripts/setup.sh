#!/bin/sh
# Makes an environment from a lock file: setup.sh <environment folder> <lock file> [<folder of a project>]
# The commands of the project, if one is given, are installed as links to its folder.
# It uses the uv on the PATH, or installs one in .tools/uv. When it fails, it prints one line and exits with 1.
# Every installed package has a hash in a lock file, uv and the build tools of packages included.
set -eu
environment=$1
lock=$2
project=${3:-}
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

# Trust the system's certificates, where there are any: they include those of a company's TLS proxy.
certificates=$("$python" -c '
import os, ssl
paths = ssl.get_default_verify_paths()
print(paths.cafile or (paths.capath if paths.capath and os.listdir(paths.capath) else ""))')
if [ -n "$certificates" ]; then
    export PIP_CERT="${PIP_CERT:-$certificates}" UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
fi
unreachable="is a Python package index in reach? Behind a TLS proxy, name its certificates with SSL_CERT_FILE=<path>"

if command -v uv >/dev/null 2>&1; then
    uv=uv
else
    uv=.tools/uv/bin/uv
    if [ ! -x "$uv" ]; then
        echo "logmart: no uv on the PATH, installing one in .tools/uv"
        rm -rf .tools/uv
        # A pip of this Python can install into the environment (since pip 22.3). Installing another takes 4 s.
        if "$python" -c 'import pip, sys; sys.exit([*map(int, pip.__version__.split(".")[:2])] < [22, 3])' 2>/dev/null; then
            without=--without-pip
            pip() { "$python" -m pip --python .tools/uv/bin/python "$@"; }
        else
            without=
            pip() { .tools/uv/bin/python -m pip "$@"; }
        fi
        "$python" -m venv $without .tools/uv ||
            fail "$python cannot make a virtual environment: install its venv module (Debian: python$version-venv)"
        # Take uv's entry from the lock, with its hashes.
        awk '/^uv==/ {found = 1} found {print} found && !/\\$/ {exit}' rules/requirements.lock >.tools/uv/uv.txt
        pip install --quiet --disable-pip-version-check \
            --require-hashes --only-binary :all: --requirement .tools/uv/uv.txt || {
            rm -rf .tools/uv
            fail "uv could not be installed: see the lines above; $unreachable"
        }
    fi
fi

echo "logmart: installing $lock into $environment"
rm -f "$environment/.locked"
UV_PYTHON_DOWNLOADS=never "$uv" venv --quiet --clear --python "$python" "$environment" ||
    fail "$environment could not be made: see the lines above"
# Three packages are published as source only. They are built with setuptools, which is locked with hashes too.
"$uv" pip sync --quiet --require-hashes --only-binary :all: \
    --no-binary antlr4-python3-runtime --no-binary dsnparse --no-binary halo \
    --build-constraints ingestion/requirements.lock --python "$environment" "$lock" ||
    fail "$lock could not be installed: see the lines above; is there room on the disk, and $unreachable"
if [ -n "$project" ]; then
    "$uv" pip install --quiet --no-deps --build-constraints ingestion/requirements.lock \
        --python "$environment" --editable "$project" ||
        fail "the commands of $project could not be installed: see the lines above; $unreachable"
fi
touch "$environment/.locked"
