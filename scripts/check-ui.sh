#!/bin/sh
# Check the types of the screens; nothing to do where there are none.
set -eu

[ -f wms/web/package.json ] || exit 0
PATH=$(sh scripts/node-path.sh):$PATH
export PATH
cd wms/web
node_modules/.bin/tsc --noEmit
