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

make_venv() {
    python=$(find_python)
    # Debian ships Python without ensurepip; `-m venv` then fails half way and leaves a directory behind.
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        say "Python $version cannot make environments; installing python$version-venv"
        if ! sh scripts/apt.sh "python$version-venv" && ! sh scripts/apt.sh python3-venv; then
            say "please install it yourself: apt install python$version-venv" >&2
            exit 1
        fi
    fi
    rm -rf "$venv"
    "$python" -m venv "$venv"
}

if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    make_venv
fi
say "installing $lock (a few minutes the first time)"
pip="$venv/bin/python -m pip --disable-pip-version-check --quiet"
$pip install --require-hashes -r "$lock"
$pip install --no-deps --no-build-isolation -e .
