#!/usr/bin/env bash
# Runs the analyst's notebook against the demonstration that is serving, after installing what
# notebooks need; the result is a .ipynb to read.
# Leaves serving to demo.sh.
set -euo pipefail
ATLAS_DEMO="${ATLAS_DEMO:-1}"
source "$(dirname "${BASH_SOURCE[0]}")/stack.sh"

source_file="$ROOT/notebooks/analyse_departement.py"
result="$LOCAL/notebooks/analyse_departement.ipynb"
step "environnement Python (carnets)" "$ROOT/deploy/local/python.sh" dev
(exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null ||
    fail "Rien ne répond sur le port $PORT : lancez d'abord « make demo » dans un autre terminal."
export ATLAS_URL="${ATLAS_URL:-http://127.0.0.1:$PORT}" PYTHONPATH="$ROOT/notebooks"
# Without a token of one's own: that of the demonstration's local administrator of the 93.
ATLAS_TOKEN="${ATLAS_TOKEN:-$("$PYTHON" manage.py demo_accounts --json | "$PYTHON" -c '
import json, sys
print(next(a["token"] for a in json.load(sys.stdin)
           if (a["role"], a["territory"]) == ("local_admin", "93")))')}"
export ATLAS_TOKEN
mkdir -p "${result%/*}"
step 'carnet en .ipynb' "$ROOT/.venv/bin/jupytext" --to ipynb --output "$result" "$source_file"
cd "$ROOT/notebooks"
step "exécution du carnet" "$ROOT/.venv/bin/jupyter" execute --inplace "$result"
printf '\nCarnet exécuté : %s\n' "$result"
