# Shared by the scripts of this folder: where the checkout is, and how a step is told.
# To be sourced; leaves every decision to the script that sources it.
# shellcheck shell=bash

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
LOCAL="$ROOT/.local"
LOG="$LOCAL/log"
PORT="${PORT:-8000}"
cd "$ROOT" || exit 1

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# The first Python that is recent enough and can make an environment; empty when none.
find_python() {
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
            >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
}

# As root the database belongs to « postgres »: said before minutes of installing, not after. Before
# that account exists only the modes can tell; cluster.py checks again.
refuse_closed_folder() {
    local folder=$ROOT open
    ((EUID == 0)) && [[ -z ${DATABASE_URL:-} ]] || return 0
    while [[ $folder != / ]]; do
        if id postgres >/dev/null 2>&1; then
            runuser -u postgres -- test -x "$folder" && open=1 || open=0
        else
            open=$((8#$(stat -c %a "$folder") & 1))
        fi
        ((open)) || fail "Lancée par root, la base de données appartient au compte système « postgres », qui ne peut pas entrer dans $folder. Lancez « chmod o+x '$folder' », ou placez le dossier du projet ailleurs (/srv par exemple), ou relancez sans sudo depuis votre compte."
        folder=$(dirname "$folder")
    done
}

seconds_since() { # start in EPOCHREALTIME form
    local now=${EPOCHREALTIME/[.,]/} then=${1/[.,]/}
    local tenths=$(((now - then) / 100000))
    printf '%d,%d s' $((tenths / 10)) $((tenths % 10))
}

# step LABEL COMMAND…: one line with the duration; what the command says goes to the log, whose
# end is shown when it fails.
step() {
    local label=$1 began=$EPOCHREALTIME code=0
    shift
    mkdir -p "$LOG"
    printf '── %s\n' "$label" >"$LOG/step.out"
    "$@" >>"$LOG/step.out" 2>&1 || code=$?
    cat "$LOG/step.out" >>"$LOG/setup.log"
    if ((code)); then
        printf '✗ %s (%s)\n' "$label" "$(seconds_since "$began")"
        tail -n +2 "$LOG/step.out" | tail -n 40 >&2
        exit "$code"
    fi
    printf '✓ %s (%s)\n' "$label" "$(seconds_since "$began")"
}

# The same for a command that shows its own progress.
step_shown() {
    local label=$1 began=$EPOCHREALTIME code=0
    shift
    printf '… %s\n' "$label"
    "$@" || code=$?
    ((code == 0)) || fail "✗ $label ($(seconds_since "$began")), code $code"
    printf '✓ %s (%s)\n' "$label" "$(seconds_since "$began")"
}

# alive PIDFILE: prints the pid when it is a live process that works in this checkout.
alive() {
    local pid=''
    [[ -f $1 ]] && pid=$(<"$1")
    [[ $pid =~ ^[0-9]+$ && "$(readlink "/proc/$pid/cwd" 2>/dev/null)" == "$ROOT" ]] && echo "$pid"
}

# end PIDFILE: TERM, twenty seconds, then KILL.
end() {
    local pid waited=0
    pid=$(alive "$1") || { rm -f "$1"; return 0; }
    kill -TERM "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null && ((waited++ < 200)); do sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
    rm -f "$1"
}
