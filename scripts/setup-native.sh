#!/usr/bin/env bash
# Builds the native matching engine into .venv when Rust is there; without it the reference engine matches.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v cargo >/dev/null; then
  echo "bluezone setup: no cargo on PATH, so matching uses the reference engine" >&2
  exit 0
fi
echo "bluezone setup: building the native matching engine" >&2
# maturin hands the wheel to uv: the one on PATH, else ours.
export PATH="$PATH:$PWD/.tools/uv/bin" VIRTUAL_ENV="$PWD/.venv"
cd native
said=$(../.venv/bin/maturin develop --release --locked --uv </dev/null 2>&1) || {
  printf '%s\n' "$said" >&2
  echo "bluezone setup: the native engine could not be built, so matching uses the reference engine" >&2
  exit 1
}
