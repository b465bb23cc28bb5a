# The processes of a running checkout: database, worker, web server. To be sourced.
# Leaves what is installed to setup.sh and the data to demo.sh.
# shellcheck shell=bash

source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The demonstration is asked for by name: by make demo, or by ATLAS_DEMO=1. Elsewhere only a private
# base that it filled is served as one.
if [[ -z ${ATLAS_DEMO:-} ]]; then
    ATLAS_DEMO=0
    [[ -n ${DATABASE_URL:-} || ! -f $LOCAL/demo_accounts.json ]] || ATLAS_DEMO=1
fi
export ATLAS_DEMO PORT
PYTHON="$ROOT/.venv/bin/python"
WEB_PID="$LOCAL/web.pid"
WORKER_PID="$LOCAL/worker.pid"
DEMO_PID="$LOCAL/demo.pid"
PROVIDER_PID="$LOCAL/proconnect.pid"
CLUSTER_STARTED=''

cluster() {
    "$(find_python)" "$ROOT/deploy/local/cluster.py" "$@"
}

# With DATABASE_URL the database is someone else's: nothing is started.
start_cluster() {
    [[ -z ${DATABASE_URL:-} ]] || return 0
    cluster status >/dev/null 2>&1 || CLUSTER_STARTED=1
    step 'base de données' cluster start
}

refuse_taken_port() {
    if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then
        fail "Le port $PORT est déjà pris. Arrêtez ce qui l'occupe, ou choisissez-en un autre : PORT=8001 make ${1:-demo}"
    fi
}

# A fake ProConnect of our own beside the demonstration, where no other is named: one can see the
# whole of a sign-in there. Its port is the next one; when that is taken, it is not offered.
start_provider() {
    local port=$((PORT + 1)) waited=0
    [[ $ATLAS_DEMO == 1 && -z ${OIDC_ISSUER:-} ]] || return 0
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo "Le port $port est pris : ProConnect fictif non proposé." >&2
        return 0
    fi
    mkdir -p "$LOG"
    export OIDC_ISSUER="http://127.0.0.1:$port/api/v2" OIDC_CLIENT_ID=atlas-demonstration
    OIDC_CLIENT_SECRET="$("$PYTHON" -c 'import secrets; print(secrets.token_urlsafe(24))')"
    export OIDC_CLIENT_SECRET
    "$PYTHON" -m tests.fakes.proconnect --port "$port" --agents "$LOCAL/demo_agents.json" \
        --base "${BASE_URL:-http://127.0.0.1:$PORT}" >>"$LOG/proconnect.log" 2>&1 &
    echo $! >"$PROVIDER_PID"
    disown
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        [[ -n $(alive "$PROVIDER_PID") ]] && ((waited++ < 100)) ||
            fail "Le fournisseur d'identité fictif ne démarre pas :
$(tail -n 30 "$LOG/proconnect.log")"
        sleep 0.1
    done
}

start_worker() {
    mkdir -p "$LOG"
    "$PYTHON" manage.py worker >>"$LOG/worker.log" 2>&1 &
    echo $! >"$WORKER_PID"
    disown
}

start_web() {
    mkdir -p "$LOG"
    # The thread pool, not the clock, bounds a long print: a busy thread is not a dead worker.
    "$ROOT/.venv/bin/gunicorn" config.wsgi --bind "127.0.0.1:$PORT" --workers 2 --threads 4 \
        --timeout 120 --no-control-socket --log-level warning \
        --error-logfile "$LOG/web.log" >>"$LOG/web.log" 2>&1 &
    echo $! >"$WEB_PID"
    disown
}

wait_for_web() {
    local waited=0
    until (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
        [[ -n $(alive "$WEB_PID") ]] && ((waited++ < 300)) ||
            fail "Le serveur web ne démarre pas :
$(tail -n 30 "$LOG/web.log")"
        sleep 0.1
    done
}

# Everything this script started, the newest first; the database only if it was stopped before.
stop_started() {
    trap '' INT TERM
    end "$WEB_PID"
    end "$WORKER_PID"
    end "$PROVIDER_PID"
    [[ "$(cat "$DEMO_PID" 2>/dev/null)" != "$$" ]] || rm -f "$DEMO_PID"
    [[ -z $CLUSTER_STARTED ]] || cluster stop || true
}

# Whether the private server was killed: its file still names a process that is no more.
cluster_died() {
    local pid
    [[ -z ${DATABASE_URL:-} && -f $LOCAL/pg/postmaster.pid ]] || return 1
    pid=$(head -n 1 "$LOCAL/pg/postmaster.pid" 2>/dev/null)
    [[ $pid =~ ^[0-9]+$ && ! -d /proc/$pid ]]
}

# Runs until the web server ends; a worker or a database that dies is started again: jobs and data
# are in the base, and the base recovers by itself.
watch() {
    local died
    while [[ -n $(alive "$WEB_PID") ]]; do
        if [[ ${WATCH_WORKER:-} && -z $(alive "$WORKER_PID") ]]; then
            died=$((${died:-0} + 1))
            echo "Le processus de fond s'est arrêté ; il est relancé (journal : .local/log/worker.log)." >&2
            sleep "$((died > 10 ? 30 : 1))"
            start_worker
        fi
        if [[ ${WATCH_WORKER:-} ]] && cluster_died; then
            echo "La base de données s'est arrêtée ; elle est relancée (journal : .local/log/)." >&2
            cluster start || sleep 5
        fi
        sleep 1 &
        wait $! || true
    done
    fail "Le serveur web s'est arrêté :
$(tail -n 30 "$LOG/web.log")"
}
