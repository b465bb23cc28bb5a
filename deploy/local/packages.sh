#!/usr/bin/env bash
# Installs the system packages that are missing (Debian 12 or later, Ubuntu 24.04 or later).
# Leaves existing PostgreSQL clusters alone and never lets the packaging create one.
#   packages.sh            what running the product needs
#   packages.sh --tests    Chromium too
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

DROP_IN=/etc/postgresql-common/createcluster.d/zz-atlas.conf
missing=()

library() { # LIBRARY PACKAGE
    grep -q "[[:space:]]$1\.so" <<<"$LIBRARIES" || missing+=("$2")
}

postgis_ready() {
    local control version
    for control in /usr/share/postgresql/*/extension/postgis.control; do
        version=${control#/usr/share/postgresql/}
        [[ -x /usr/lib/postgresql/${version%%/*}/bin/initdb ]] && return 0
    done
    return 1
}

look() {
    LIBRARIES=$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p)
    [[ -n $(find_python) ]] || missing+=(python3 python3-venv)
    if [[ -z ${DATABASE_URL:-} ]] && ! postgis_ready; then
        missing+=(postgresql postgresql-postgis)
    fi
    command -v ogrinfo >/dev/null || missing+=(gdal-bin)
    command -v fc-list >/dev/null || missing+=(fontconfig)
    command -v make >/dev/null || missing+=(make)
    library libgdal gdal-bin
    library libgeos_c gdal-bin
    library libproj gdal-bin
    library libpango-1.0 libpango-1.0-0
    library libpangoft2-1.0 libpangoft2-1.0-0
    library libharfbuzz-subset libharfbuzz-subset0
    [[ -e /etc/ssl/certs/ca-certificates.crt ]] || missing+=(ca-certificates)
    [[ ${1:-} != --tests ]] || look_for_browser
}

# Ubuntu has Chromium as a snap only, which a test cannot drive: see chromium.sh.
look_for_browser() {
    library libatomic libatomic1 # Playwright's driver
    if ! "$ROOT/deploy/local/chromium.sh" --find >/dev/null && [[ $ID == debian ]]; then
        missing+=(chromium chromium-sandbox)
    fi
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        sudo "$@"
    fi
}

can_be_root() {
    ((EUID == 0)) && return 0
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null || { [[ -t 0 ]] && id -nG | grep -qwE 'sudo|admin|wheel'; }
}

install() {
    # Without this the package starts a cluster named main on port 5432, which nobody asked for.
    if [[ " ${missing[*]} " == *" postgresql "* ]]; then
        as_root mkdir -p "${DROP_IN%/*}"
        trap 'as_root rm -f "$DROP_IN"' EXIT
        echo 'create_main_cluster = false' | as_root tee "$DROP_IN" >/dev/null
    fi
    mkdir -p "$LOG"
    apt update && apt install -y --no-install-recommends --no-upgrade "${missing[@]}" ||
        fail "apt a échoué ; la fin de son journal ($LOG/packages.log) :
$(tail -n 20 "$LOG/packages.log")"
}

# sudo asks for its password on the terminal itself: only what apt says goes to the log.
apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >>"$LOG/packages.log" 2>&1 </dev/null
}

ID=unknown
[[ -r /etc/os-release ]] && source /etc/os-release
look "$@"
((${#missing[@]})) || exit 0
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
command -v apt-get >/dev/null || fail "Il manque : ${missing[*]} (noms Debian). Ce système n'a pas apt :
installez leurs équivalents, puis relancez la commande."
can_be_root || fail "Il manque des paquets du système, et ni root ni sudo ne sont disponibles ici.
Faites lancer cette ligne par un administrateur, puis relancez la commande :

  $line
"
printf '… paquets du système, quelques minutes (journal : .local/log/packages.log) : %s\n' "${missing[*]}"
install
missing=()
look "$@"
((${#missing[@]} == 0)) || fail "Toujours absents après l'installation : ${missing[*]}.
Python 3.11, PostgreSQL 15 et PostGIS 3.3 au moins : Debian 12 ou Ubuntu 24.04."
