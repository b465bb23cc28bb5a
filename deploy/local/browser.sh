#!/usr/bin/env bash
# Builds the browser bundle with the Node of .venv; does nothing when no source has changed.
# Leaves what goes into the bundle to web/assets/build.mjs.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

export PATH="$ROOT/.venv/bin:$PATH"
locked=$(cat package.json package-lock.json | sha256sum)
sources=$(find web/assets -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)

# No install script runs: the only package that has one (esbuild) ships its program as a package.
if [[ "$(cat node_modules/.atlas 2>/dev/null)" != "$locked" ]]; then
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
    printf '%s' "$locked" >node_modules/.atlas
fi
if [[ ! -d web/static/web/dist || "$(cat node_modules/.atlas-bundle 2>/dev/null)" != "$locked$sources" ]]; then
    rm -f node_modules/.atlas-bundle
    npm run --silent build
    printf '%s' "$locked$sources" >node_modules/.atlas-bundle
fi
