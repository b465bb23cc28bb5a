#!/usr/bin/env bash
# The demonstration from nothing to a page in the browser, in the foreground until Ctrl-C.
# Leaves installing to setup.sh and the processes to stack.sh.
set -euo pipefail
ATLAS_DEMO="${ATLAS_DEMO:-1}"
source "$(dirname "${BASH_SOURCE[0]}")/stack.sh"

began=$EPOCHREALTIME
[[ -z $(alive "$DEMO_PID") ]] ||
    fail "La démonstration est déjà en marche dans ce dossier ; make stop l'arrête."
# A demonstration that was killed may have left its processes; they are ours to end.
end "$WEB_PID"
end "$WORKER_PID"
end "$PROVIDER_PID"
refuse_taken_port demo
"$ROOT/deploy/local/setup.sh"
mkdir -p "$LOCAL"
echo $$ >"$DEMO_PID"
trap stop_started EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
start_cluster
step 'schéma de la base' "$PYTHON" manage.py migrate --database=owner --noinput
start_provider
step_shown 'territoires' "$PYTHON" manage.py import_territories
step_shown 'données de démonstration' "$PYTHON" manage.py demo_data
step_shown 'enrichissement des sites' "$PYTHON" manage.py enrich_sites
step 'fichiers statiques' "$PYTHON" manage.py collectstatic --noinput
start_worker
start_web
wait_for_web
printf '\nComptes de démonstration (inventés) :\n'
"$PYTHON" manage.py demo_accounts
printf '\nLeurs jetons, pour QGIS et les carnets : ATLAS_DEMO=1 .venv/bin/python manage.py demo_accounts --json\n(ou le fichier .local/demo_accounts.json)\n'
printf 'Prêt en %s : http://127.0.0.1:%s  (Ctrl-C arrête tout)\n' "$(seconds_since "$began")" "$PORT"
WATCH_WORKER=1
watch
