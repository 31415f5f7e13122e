#!/usr/bin/env bash
# Runs cargo on the native crate; where there is no cargo, says so and succeeds.
set -euo pipefail
cd "$(dirname "$0")/../native"
if ! command -v cargo >/dev/null; then
  echo "no cargo on PATH: skipped cargo $1" >&2
  exit 0
fi
export PYO3_PYTHON="${PWD%/native}/.venv/bin/python"
exec cargo "$@"
