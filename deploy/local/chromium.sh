#!/usr/bin/env bash
# Finds the Chromium that drives the browser tests, or gets one where apt has none.
#   chromium.sh --find     prints its path, fails when there is none
#   chromium.sh            the same, after Playwright's own download if need be (Ubuntu)
# Leaves Debian's package to packages.sh. ATLAS_CHROMIUM names a browser of your choice.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

find_browser() {
    local name path
    for name in "${ATLAS_CHROMIUM:-}" chromium google-chrome google-chrome-stable chromium-browser; do
        [[ -n $name ]] && path=$(command -v "$name") || continue
        # A snap sees neither the profile nor the files of a test.
        [[ $(readlink -f "$path") == */snap* ]] && continue
        grep -qsI '/snap/' "$path" && continue
        echo "$path"
        return
    done
    return 1
}

playwright_browser() {
    "$ROOT/.venv/bin/python" - <<'EOF'
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    path = pathlib.Path(playwright.chromium.executable_path)
print(path) if path.exists() else sys.exit(1)
EOF
}

find_browser && exit 0
[[ ${1:-} == --find ]] && exit 1
playwright_browser 2>/dev/null && exit 0
echo "Chromium n'existe ici qu'en snap, que les tests ne peuvent pas piloter : Playwright installe le sien." >&2
"$ROOT/.venv/bin/playwright" install --with-deps chromium >&2 || fail "Pas de navigateur pour les tests. Installez Google Chrome ou un Chromium hors snap,
ou donnez son chemin : ATLAS_CHROMIUM=/chemin/vers/chrome make test"
playwright_browser || fail "Playwright n'a pas pu installer Chromium."
