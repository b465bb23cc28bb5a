#!/usr/bin/env bash
# The web server or the worker alone, in the foreground.
#   serve.sh web|worker
# Leaves the data to demo.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/stack.sh"

"$ROOT/deploy/local/setup.sh"
trap stop_started EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
case ${1:-} in
    web)
        WORKER_PID=/nonexistent
        [[ -z $(alive "$WEB_PID") ]] || fail "Le serveur web de ce dossier est déjà en marche (processus $(alive "$WEB_PID"))."
        refuse_taken_port serve
        start_cluster
        step 'fichiers statiques' "$PYTHON" manage.py collectstatic --noinput
        end "$PROVIDER_PID"
        start_provider
        start_web
        wait_for_web
        echo "http://127.0.0.1:$PORT  (Ctrl-C arrête)"
        watch
        ;;
    worker)
        WEB_PID=/nonexistent
        PROVIDER_PID=/nonexistent
        [[ -z $(alive "$WORKER_PID") ]] || fail "Le processus de fond de ce dossier est déjà en marche (processus $(alive "$WORKER_PID"))."
        start_cluster
        echo 'Processus de fond en marche (Ctrl-C arrête).'
        start_worker
        while [[ -n $(alive "$WORKER_PID") ]]; do
            sleep 1 &
            wait $! || true
        done
        fail "Le processus de fond s'est arrêté :
$(tail -n 30 "$LOG/worker.log")"
        ;;
    *) fail 'serve.sh web|worker' ;;
esac
