#!/usr/bin/env bash
# Makes .venv from the pinned requirements: plain pip, hashes required. Called by `make setup`; with `browser`, by `make test`.
# What Debian lacks is installed when root asks for it; anybody else is told the exact line.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.11 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

install_packages() {
    if ! command -v apt-get >/dev/null; then
        say "Missing: $*. This machine has no apt-get: install them by its own means, then run make again."
        exit 1
    fi
    if [ "$(id -u)" != 0 ]; then
        say "Missing: $*. Run this line, then make again:"
        say "    sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
        exit 1
    fi
    say "Installing $*"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# `make test` drives a real browser; nothing else needs one.
if [ "${1:-}" = browser ]; then
    command -v chromium >/dev/null || install_packages chromium
    exit 0
fi

missing=()
python=$(find_python)
if [ -z "$python" ]; then
    missing+=(python3.11 python3.11-venv)
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    missing+=(python3.11-venv)
fi
# The database server refuses to run as root; setpriv gives it another user.
if [ "$(id -u)" = 0 ] && ! command -v setpriv >/dev/null; then
    missing+=(util-linux)
fi
if [ "${#missing[@]}" -gt 0 ]; then
    install_packages "${missing[@]}"
    python=$(find_python)
fi
if [ -z "$python" ]; then
    say "Python 3.11 is needed and was not found. Name it with: make setup PYTHON=/path/to/python3.11"
    exit 1
fi

if ! .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    say "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi
say "Installing the pinned packages (hashes are checked)"
.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-input --require-hashes -r requirements/dev.txt
.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
if ! .venv/bin/python -c 'import haidang.gateway.messages.ordinary' 2>/dev/null; then
    say "No C compiler or no headers of Python (gcc, python3.11-dev): messages are read by the decoder in Python alone, which answers the same and is slower."
fi
