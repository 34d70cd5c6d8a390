#!/bin/sh
# Install Debian packages where that is possible without asking anybody: scripts/apt.sh PACKAGE…
#
# Ends with 1 when it is not possible: no apt, no right to use it, a package that does not exist, or KOUAN_NO_APT set.
set -eu

[ -z "${KOUAN_NO_APT:-}" ] || exit 1
command -v apt-get >/dev/null || exit 1
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root='sudo -n'
else
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$log" 2>&1
}
# The lists of a fresh machine or container are empty or old: then once more with new ones.
if ! install "$@"; then
    $as_root apt-get update >"$log" 2>&1 || true
    install "$@" || { tail -n 3 "$log" >&2; exit 1; }
fi
