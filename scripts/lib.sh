# Sourced by the setup scripts: say what is missing in one line, install Debian packages where unavoidable.

missing() { # missing WHAT HOW
  printf 'bluezone setup: %s is missing; %s\n' "$1" "$2" >&2
  exit 1
}

debian_install() { # debian_install WHAT PACKAGE…: as root or with sudo, without questions
  local what=$1 as=()
  shift
  command -v apt-get >/dev/null || missing "$what" "install it and run make again"
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || missing "$what" "run: sudo apt-get install $*"
    as=(sudo -n)
  fi
  echo "bluezone setup: installing $* (Debian)" >&2
  # Without an index the install finds nothing; with a stale one it may ask for files that are gone.
  { "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update \
    && "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@"; } \
    </dev/null >&2 || missing "$what" "apt-get could not install $*"
}

find_python() { # prints a Python of 3.11 or newer
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null \
      && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}
