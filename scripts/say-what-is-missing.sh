#!/bin/sh
# One line for each thing that is missing and what it costs: scripts/say-what-is-missing.sh run|test
set -eu

has() { PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null; }

has mosquitto || echo 'missing: mosquitto (apt install mosquitto); the demonstration broker takes its place, good for ~3,000 messages/s'
PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null | grep -q 'libzbar.so.0' ||
    echo 'missing: libzbar0 (apt install libzbar0); labels are read by one decoder instead of two'
if [ "$1" = test ]; then
    has chromium || echo 'missing: chromium (apt install chromium); browser tests are skipped'
fi
exit 0
