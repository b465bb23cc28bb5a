#!/usr/bin/env bash
# Makes .venv from the locked requirements; does nothing when they have not changed.
#   python.sh base|dev
# Leaves Python itself to packages.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

what=${1:?base ou dev}
venv="$ROOT/.venv"

stamp_of() { # the environment holds absolute paths, so a moved checkout needs a new one
    printf '%s %s %s' "$ROOT" "$(readlink -f "$venv/bin/python")" "$(sha256sum <"requirements/$1.txt")"
}

installed() {
    [[ -f $venv/.atlas-$1 && "$(<"$venv/.atlas-$1")" == "$(stamp_of "$1")" ]]
}

# The tests' lock holds the product's, at the same versions.
if "$venv/bin/python" -c '' 2>/dev/null && { installed "$what" || installed dev; }; then
    exit 0
fi
python=$(find_python)
[[ -n $python ]] || fail "Python 3.11 ou plus récent est nécessaire, avec le module venv (paquet python3-venv)."
if [[ ! -x $venv/bin/python ]] || ! "$venv/bin/python" -c 'import sys, pip
sys.exit(sys.version_info < (3, 11))' 2>/dev/null || [[ "$(cat "$venv/.atlas-root" 2>/dev/null)" != "$ROOT" ]]; then
    rm -rf "$venv"
    "$python" -m venv "$venv"
    printf '%s' "$ROOT" >"$venv/.atlas-root"
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --only-binary :all: --require-hashes -r "requirements/$what.txt"
stamp_of "$what" >"$venv/.atlas-$what"
