#!/usr/bin/env bash
# What the tests need beside Python and Node: a Chromium and a PostgreSQL server.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
packages=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
  || packages+=(chromium)
[ -n "$(fc-list :lang=vi 2>/dev/null | head -1)" ] || packages+=(fontconfig fonts-dejavu-core)
# The driver that steers Chromium is a Node of its own, linked against this.
/sbin/ldconfig -p 2>/dev/null | grep -q 'libatomic\.so\.1' || packages+=(libatomic1)
[ -n "${BLUEZONE_TEST_POSTGRES_URL:-}" ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages+=(postgresql)
[ ${#packages[@]} = 0 ] || debian_install "${packages[*]} for the tests" "${packages[@]}"
