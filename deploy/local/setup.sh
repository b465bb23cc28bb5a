#!/usr/bin/env bash
# Installs what running the product needs: packages, .venv, browser bundle; for the tests too on
# request.
#   setup.sh            the product
#   setup.sh --tests    the tests and the checks as well
# Leaves starting anything to demo.sh and its sisters.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

what=base
[[ ${1:-} != --tests ]] || what=dev
refuse_closed_folder
began=$EPOCHREALTIME
# Not a step: sudo may ask for a password, and what apt does is worth seeing.
"$ROOT/deploy/local/packages.sh" "$@"
printf '✓ paquets du système (%s)\n' "$(seconds_since "$began")"
step "environnement Python ($what)" "$ROOT/deploy/local/python.sh" "$what"
step 'scripts, styles et polices du navigateur' "$ROOT/deploy/local/browser.sh"
if [[ $what == dev ]]; then
    step 'Chromium pour les tests' "$ROOT/deploy/local/chromium.sh"
fi
