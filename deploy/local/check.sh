#!/usr/bin/env bash
# Runs the tests, the checks, the benchmarks or the long runs, after installing what they need.
#   check.sh test|lint|bench|soak [arguments…]
# Leaves what each one does to pyproject.toml and tests/.
set -euo pipefail
ATLAS_DEMO="${ATLAS_DEMO:-1}"
source "$(dirname "${BASH_SOURCE[0]}")/stack.sh"

bin="$ROOT/.venv/bin"
failed=()

# Every check runs, so that one call tells everything that is wrong.
check() { # NAME COMMAND…
    local name=$1 began=$EPOCHREALTIME
    shift
    if "$@"; then
        printf '✓ %s (%s)\n' "$name" "$(seconds_since "$began")"
    else
        printf '✗ %s (%s)\n' "$name" "$(seconds_since "$began")"
        failed+=("$name")
    fi
}

lint() {
    check 'ruff (règles)' "$bin/ruff" check --quiet .
    check 'ruff (mise en forme)' "$bin/ruff" format --quiet --check .
    check "imports (contrats d'étage)" "$bin/lint-imports"
    check 'types (mypy)' "$bin/mypy"
    check 'gabarits (djlint)' "$bin/djlint" --quiet --lint web atlas
    check 'migrations à jour' "$PYTHON" manage.py makemigrations --check --dry-run
    ((${#failed[@]} == 0)) || fail "Échecs : ${failed[*]}"
}

action=${1:-}
(($#)) && shift
"$ROOT/deploy/local/setup.sh" --tests
trap '[[ -z $CLUSTER_STARTED ]] || cluster stop' EXIT
start_cluster
case $action in
    lint) lint ;;
    # Two processes, each with its database: half the time, and browsers still win their races.
    test) ATLAS_CHROMIUM=$("$ROOT/deploy/local/chromium.sh") "$bin/pytest" -n 2 "$@" ;;
    soak) ATLAS_CHROMIUM=$("$ROOT/deploy/local/chromium.sh") "$bin/pytest" -m soak "$@" ;;
    bench) "$PYTHON" -m tests.bench "$@" ;;
    *) fail 'check.sh test|lint|bench|soak' ;;
esac
