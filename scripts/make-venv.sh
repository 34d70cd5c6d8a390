#!/bin/sh
# Make .venv with exactly the packages of a lock: scripts/make-venv.sh requirements.lock
#
# Every archive is checked against its hash. Our own package is installed as a link to this checkout, with the build tools
# of the lock, so that nothing unhashed is ever downloaded.
set -eu

lock=$1
venv=.venv

say() { printf 'setup: %s\n' "$*"; }

find_python() {
    for name in ${KOUAN_PYTHON:-} python3 python3.11 python3.12 python3.13 python3.14; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$name"
            return
        fi
    done
    say 'Python 3.11 or newer is needed; none was found (set KOUAN_PYTHON to one)' >&2
    exit 1
}

# Debian ships Python without ensurepip: `-m venv` then fails half way and leaves a directory behind.
with_ensurepip() { rm -rf "$venv" && "$1" -m venv "$venv" >/dev/null 2>&1; }

# The system's pip can fill an environment that has none of its own.
with_system_pip() {
    rm -rf "$venv" && "$1" -m pip --version >/dev/null 2>&1 && "$1" -m venv --without-pip "$venv" >/dev/null 2>&1 &&
        "$1" -m pip --disable-pip-version-check --quiet --python "$venv/bin/python" install pip
}

make_venv() {
    python=$(find_python)
    if with_ensurepip "$python"; then return; fi
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    say "$python cannot make environments; installing $package"
    sh scripts/apt.sh "$package" || sh scripts/apt.sh python3-venv || true
    if with_ensurepip "$python" || with_system_pip "$python"; then return; fi
    rm -rf "$venv"
    say "please install it yourself: apt install $package" >&2
    exit 1
}

if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    make_venv
fi
say "installing $lock (a few minutes the first time)"
pip="$venv/bin/python -m pip --disable-pip-version-check --quiet"
$pip install --require-hashes -r "$lock"
$pip --quiet install --no-deps --no-build-isolation -e .
