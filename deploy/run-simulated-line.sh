#!/bin/sh
# One container with simulated machines and their gateway: pseudo-terminals do not cross the border of a container.
#
# Announces a manifest, sends its parcels down the line, and keeps both programs running until one of them ends.
set -eu

parcels=${KOUAN_SIM_PARCELS:-2000}
work=/var/lib/kouan/line
rm -rf "$work/spool" "$work/tty"
mkdir -p "$work/spool" "$work/tty" "$work/data"

python -m firmware_sim manifest suifenhe --parcels "$parcels" --seed "$(date +%s)" --out "$work/manifest.csv"
kouan announce "$work/manifest.csv" --site SFH-S
cp "$work/manifest.csv" "$work/spool/1.csv"

python -m firmware_sim run suifenhe --spool "$work/spool" --tty-dir "$work/tty" --sorter-port 4001 \
    --truth "$work/truth.jsonl" --rate "${KOUAN_SIM_RATE:-7200}" &
machines=$!
python -m gateway run --config /app/deploy/simulated-line.yaml &
gateway=$!
trap 'kill "$machines" "$gateway" 2>/dev/null' TERM INT
# `wait -n` is not in POSIX sh: look whether both still live.
while kill -0 "$machines" 2>/dev/null && kill -0 "$gateway" 2>/dev/null; do sleep 1; done
kill "$machines" "$gateway" 2>/dev/null || true
wait
exit 1
