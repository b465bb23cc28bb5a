"""Where the private cluster lives, whose it is, and what its configuration says.

Leaves the commands (start, stop, …) to `cluster.py`. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LOCAL = ROOT / ".local"
DATA = LOCAL / "pg"
LOG = LOCAL / "log" / "postgresql"

# The kernel allows 107 bytes in the address of a socket; libpq adds its own suffix to the folder.
MAX_SOCKET_PATH = 100
SOCKET_NAME = ".s.PGSQL.5432"
SYSTEM_ACCOUNT = "postgres"


class ClusterError(Exception):
    """The cluster cannot be made or started; the message says what to do, in French."""


def account() -> pwd.struct_passwd:
    """The system account that runs the server: the caller, or `postgres` when root calls."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        raise ClusterError(
            f"le compte système « {SYSTEM_ACCOUNT} » manque ; le paquet PostgreSQL le crée : "
            "lancez deploy/local/packages.sh."
        ) from None


def check_owner() -> None:
    """Refuse when `.local/` or the data belong to someone else than the caller's cluster."""
    wanted = account()
    if DATA.exists() and DATA.stat().st_uid != wanted.pw_uid:
        owner = _name(DATA.stat().st_uid)
        raise ClusterError(
            f"{DATA} a été créé par « {owner} » : relancez la commande "
            + ("avec sudo." if owner == SYSTEM_ACCOUNT else f"en tant que « {owner} ».")
        )


def check_local() -> None:
    """Create `.local/` or refuse with the reason."""
    if LOCAL.is_symlink():
        raise ClusterError(f"{LOCAL} est un lien : remplacez-le par un dossier.")
    try:
        LOCAL.mkdir(exist_ok=True)
    except OSError as error:
        raise ClusterError(f"{LOCAL} ne peut pas être créé : {error.strerror}.") from None
    if not os.access(LOCAL, os.W_OK):
        owner = _name(LOCAL.stat().st_uid)
        raise ClusterError(f"{LOCAL} appartient à « {owner} » : relancez avec ce compte.")


def lock_file() -> Path:
    """The file that serialises the commands of this checkout."""
    return LOCAL / "cluster.lock"


def prepare_folders(owner: pwd.struct_passwd) -> None:
    """Make the log folder, after checking that the server's account can reach this checkout."""
    check_traversal(owner)
    LOG.mkdir(parents=True, exist_ok=True)
    os.chown(LOG, owner.pw_uid, owner.pw_gid)


def check_traversal(owner: pwd.struct_passwd) -> None:
    """Refuse when a parent folder is closed to the server's account (root's home often is)."""
    if os.geteuid() != 0:
        return
    groups = set(os.getgrouplist(owner.pw_name, owner.pw_gid))
    for folder in (*reversed(ROOT.parents), ROOT, LOCAL):
        if folder.exists() and not _may_enter(folder.stat(), owner.pw_uid, groups):
            raise ClusterError(
                f"le compte système « {owner.pw_name} », qui porte le serveur quand root le lance, "
                f"ne peut pas entrer dans {folder}. Placez le dossier du projet ailleurs "
                f"(/srv par exemple), ou lancez : chmod o+x '{folder}', "
                "ou relancez sans sudo depuis votre compte."
            )


def socket_folder(owner: pwd.struct_passwd, *, create: bool = False) -> Path:
    """`.local/run`, or a short folder of this checkout when the socket's path would not fit."""
    wanted = LOCAL / "run"
    if len(os.fsencode(wanted / SOCKET_NAME)) > MAX_SOCKET_PATH:
        wanted = short_socket_folder()
    if create:
        try:
            wanted.mkdir(mode=0o700)
            os.chown(wanted, owner.pw_uid, owner.pw_gid)
        except FileExistsError:
            found = wanted.lstat()
            # In /tmp anyone may have made this folder first: never speak through theirs.
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.pw_uid:
                raise ClusterError(
                    f"{wanted} existe et n'est pas un dossier de « {owner.pw_name} » : "
                    "faites-le supprimer par son propriétaire."
                ) from None
            wanted.chmod(0o700)
    return wanted


def short_socket_folder() -> Path:
    """A folder of /tmp named after the caller and the checkout: two checkouts never share it."""
    digest = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]
    return Path("/tmp") / f"atlas-{os.geteuid()}-{digest}"


def bin_folder() -> Path:
    """The programs of the version that made the data; the newest before there is any."""
    marker = DATA / "PG_VERSION"
    if not marker.exists():
        return newest_bin()
    version = marker.read_text().strip()
    folder = Path("/usr/lib/postgresql") / version / "bin"
    if not (folder / "pg_ctl").exists():
        raise ClusterError(
            f"la base a été créée avec PostgreSQL {version}, qui n'est plus installé : "
            f"réinstallez postgresql-{version} et postgresql-{version}-postgis-3, "
            "ou repartez de zéro avec make reset."
        )
    return folder


def newest_bin() -> Path:
    """The newest installed PostgreSQL that has PostGIS."""
    found = [
        (int(folder.parent.name), folder)
        for folder in Path("/usr/lib/postgresql").glob("*/bin")
        if folder.parent.name.isdigit()
        and (folder / "initdb").exists()
        and Path(f"/usr/share/postgresql/{folder.parent.name}/extension/postgis.control").exists()
    ]
    if not found:
        raise ClusterError("PostgreSQL et PostGIS manquent : lancez deploy/local/packages.sh.")
    return max(found)[1]


def write_configuration(owner: pwd.struct_passwd, socket: Path) -> None:
    """Rewrite our settings and the access rules: the folder may have moved since the last time."""
    ours = (HERE / "pg" / "postgresql.conf.in").read_text()
    values = {
        "socket": str(socket),
        "log": str(LOG),
        "shared_buffers": "512MB" if memory_mb() >= 3000 else "128MB",
        "shared_memory": "posix" if _shm_mb() >= 256 else "mmap",
    }
    for key, value in values.items():
        ours = ours.replace(f"@{key}@", value.replace("'", "''"))
    main = DATA / "postgresql.conf"
    include = "include 'atlas.conf'\n"
    if include not in main.read_text():
        _write_as(main, main.read_text() + include, owner)
    _write_as(DATA / "atlas.conf", ours, owner)
    _write_as(DATA / "pg_hba.conf", "local all all peer map=atlas\n", owner)
    callers = {_name(os.geteuid()), owner.pw_name}
    lines = [f'atlas "{name}" {role}' for name in sorted(callers) for role in _roles(name, owner)]
    _write_as(DATA / "pg_ident.conf", "\n".join(lines) + "\n", owner)


def _roles(name: str, owner: pwd.struct_passwd) -> list[str]:
    """The server's own account alone may become superuser."""
    return [
        "atlas_owner",
        "atlas_app",
        "atlas_erase",
        *(["postgres"] if name == owner.pw_name else []),
    ]


def memory_mb() -> int:
    """Memory this machine (or its container) offers, in MiB."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        limit = "max"
    return min(pages, int(limit) if limit.isdigit() else pages) // 2**20


def _shm_mb() -> int:
    """Size of /dev/shm in MiB; containers often have 64, too little for parallel queries."""
    try:
        found = os.statvfs("/dev/shm")
    except OSError:
        return 0
    return found.f_blocks * found.f_frsize // 2**20


def postmaster_pid() -> int:
    """The recorded pid, 0 when there is none."""
    try:
        first = (DATA / "postmaster.pid").read_text().split("\n", 1)[0].strip()
    except OSError:
        return 0
    return int(first) if first.isdigit() else 0


def process_name(pid: int) -> str:
    """Name of a live process, empty when it is gone (or a zombie)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    name, _, rest = status.partition("(")[2].rpartition(")")
    return "" if rest.split()[0] == "Z" else name


def is_postmaster(pid: int) -> bool:
    """True when this live process is a PostgreSQL that works in our data folder."""
    return bool(pid) and process_name(pid) == "postgres" and _works_here(pid)


def orphan_pids() -> list[int]:
    """Server processes of our data folder whose postmaster is dead."""
    if is_postmaster(postmaster_pid()):
        return []
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if process_name(pid) == "postgres" and _works_here(pid)]


def _works_here(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(DATA)
    except OSError:
        return False


def log_tail(lines: int = 15) -> str:
    """The end of the newest log, to show with a failure."""
    logs = sorted(LOG.glob("*.log"), key=lambda path: path.stat().st_mtime)
    return "\n".join(line for path in logs[-2:] for line in path.read_text().splitlines()[-lines:])


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, in one step."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(temporary).rename(path)


def _write_as(path: Path, text: str, owner: pwd.struct_passwd) -> None:
    write_private(path, text)
    os.chown(path, owner.pw_uid, owner.pw_gid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _may_enter(found: os.stat_result, uid: int, groups: set[int]) -> bool:
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IXUSR)
    return bool(found.st_mode & (stat.S_IXGRP if found.st_gid in groups else stat.S_IXOTH))
