#!/usr/bin/env bash
# Builds the web pages into the package's static files.
set -euo pipefail
cd "$(dirname "$0")/../web"
echo "bluezone setup: building the web pages" >&2
../scripts/with-node.sh npm ci --no-audit --no-fund --loglevel=error </dev/null >&2
../scripts/with-node.sh npm run --silent build </dev/null >&2
