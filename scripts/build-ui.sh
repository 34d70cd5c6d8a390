#!/bin/sh
# Build the screens: wms/web/dist from its sources, with the packages of its lock.
set -eu

PATH=$(sh scripts/node-path.sh):$PATH
export PATH NPM_CONFIG_UPDATE_NOTIFIER=false
cd wms/web
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    echo 'setup: installing the packages of the screens'
    npm ci --no-audit --no-fund --loglevel=error
fi
echo 'setup: building the screens'
npm run --silent build
