#!/usr/bin/env bash
# Makes .venv from uv.lock; brings its own pinned uv when there is none on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
uv_version=0.13.9

python=$(find_python) || debian_install "Python 3.11 or newer" python3 python3-venv
python=$(find_python) || missing "Python 3.11 or newer" "this system's Python is older"

if command -v uv >/dev/null && uv --version | awk '{split($2, v, "."); exit !(v[1] > 0 || v[2] >= 9)}'; then
  uv=uv
else
  uv=.tools/uv/bin/uv
  if ! "$uv" --version >/dev/null 2>&1; then
    rm -rf .tools/uv
    "$python" -c 'import ensurepip, venv' 2>/dev/null || debian_install "Python's venv module" python3-venv
    echo "bluezone setup: installing uv $uv_version into .tools" >&2
    "$python" -m venv .tools/uv
    .tools/uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version" </dev/null
  fi
fi
echo "bluezone setup: Python packages from uv.lock into .venv" >&2
UV_PYTHON_DOWNLOADS=never "$uv" sync --locked --quiet --python "$python" </dev/null
