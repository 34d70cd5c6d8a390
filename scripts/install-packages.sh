#!/bin/sh
# Install the Debian packages that make things better but are not needed to start: scripts/install-packages.sh run|test
set -eu

has() { PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null; }
has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null | grep -q "$1"; }
install() { printf 'setup: installing %s\n' "$*"; sh scripts/apt.sh "$@" || true; }

case $1 in
run)
    has_library libzbar.so.0 || install libzbar0
    if ! has mosquitto; then
        install mosquitto
        # The package starts a broker of its own; ours is another one, on another port, with accounts.
        if has mosquitto && has systemctl && [ -d /run/systemd/system ]; then
            if [ "$(id -u)" = 0 ]; then as_root=; else as_root='sudo -n'; fi
            $as_root systemctl disable --now mosquitto >/dev/null 2>&1 || true
        fi
    fi
    ;;
test)
    has chromium || has chromium-browser || install chromium
    has mosquitto_pub || install mosquitto-clients
    has dcmdump || install dcmtk
    has socat || install socat
    [ -n "$(fc-list :lang=zh 2>/dev/null | head -n 1)" ] || install fonts-noto-cjk fontconfig
    ;;
esac
