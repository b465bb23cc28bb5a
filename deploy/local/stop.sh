#!/usr/bin/env bash
# Ends the web server, the worker and the private database of this checkout, and nothing else.
#   stop.sh            stops
#   stop.sh --reset    stops, then deletes .local/ (database, demonstration, logs)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/stack.sh"

end "$DEMO_PID"
end "$WEB_PID"
end "$WORKER_PID"
end "$PROVIDER_PID"
if [[ ${1:-} == --reset ]]; then
    cluster reset
    echo '.local/ est supprimé.'
else
    cluster stop
    echo 'Arrêté.'
fi
