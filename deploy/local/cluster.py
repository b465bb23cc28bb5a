#!/usr/bin/env python3
"""The private PostgreSQL cluster of a checkout: init, start, stop, status, psql, reset.

Leaves the packages to `packages.sh` and the tables to the migrations. Standard library only: it
runs before the Python environment exists.

The address rule: `.local/cluster.env` (mode 0600, rewritten at each start) holds DATABASE_URL
(role atlas_app), DATABASE_OWNER_URL (role atlas_owner) and DATABASE_ERASE_URL (role atlas_erase).
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import cluster_files as files
from cluster_files import DATA, HERE, LOCAL, LOG, ClusterError

START_TIMEOUT_S = 120
LINGER_PATIENCE_S = 5
SQL_FILES = ("roles.sql", "database.sql")


def main(argv: list[str]) -> int:
    """Run one command; 0 done, 1 refused with a message, 3 for a `status` that is not running."""
    parser = argparse.ArgumentParser(description="Cluster PostgreSQL privé de ce dossier.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("init", "start", "stop", "status", "reset"):
        commands.add_parser(name)
    psql = commands.add_parser(
        "psql", help="psql dans la base atlas ; le reste de la ligne lui est passé", add_help=False
    )
    psql.add_argument(
        "--role", default="atlas_owner", help="atlas_owner, atlas_app, atlas_erase ou postgres"
    )
    options, rest = parser.parse_known_args(argv)
    if rest and options.command != "psql":
        parser.error(f"argument inconnu : {rest[0]}")
    try:
        if options.command == "status":
            return _status()
        if options.command == "psql":
            return _psql_shell(options.role, rest)
        with _lock():
            {"init": init, "start": start, "stop": stop, "reset": reset}[options.command]()
    except ClusterError as error:
        print(f"base de données : {error}", file=sys.stderr)
        return 1
    return 0


def init() -> None:
    """Create the cluster when absent. A half-made one (killed `initdb`) is started over."""
    files.check_owner()
    if (DATA / "PG_VERSION").exists():
        return
    account = files.account()
    files.prepare_folders(account)
    making = LOCAL / "pg.new"
    if making.exists():
        shutil.rmtree(making)
    making.mkdir(mode=0o700)
    os.chown(making, account.pw_uid, account.pw_gid)
    # The words of French sort as in French; everything else keeps the machine-neutral C.UTF-8.
    _run(
        [
            *(files.newest_bin() / "initdb", "-D", making, "-U", "postgres", "--auth=peer"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=fr"),
        ]
    )
    making.rename(DATA)


def start() -> None:
    """Start, wait until ready, apply roles and extensions, write `cluster.env`. Idempotent."""
    init()
    account = files.account()
    files.prepare_folders(account)
    socket = files.socket_folder(account, create=True)
    files.write_configuration(account, socket)
    if not running():
        _drop_foreign_pid_file()
        _launch()
    else:
        # A role of a newer version may call: who may be whom is read again.
        _run([files.bin_folder() / "pg_ctl", "reload", "-D", DATA])
    _bootstrap()
    base = f"postgresql:///atlas?host={quote(str(socket), safe='/')}&user="
    files.write_private(
        LOCAL / "cluster.env",
        f"DATABASE_URL='{base}atlas_app'\nDATABASE_OWNER_URL='{base}atlas_owner'\n"
        f"DATABASE_ERASE_URL='{base}atlas_erase'\n",
    )


def stop() -> None:
    """Stop fast and wait; nothing to do when it does not run."""
    if not running():
        return
    _run([files.bin_folder() / "pg_ctl", "stop", "-D", DATA, "-m", "fast", "-w", "-t", "60"])


def reset() -> None:
    """Stop, then delete `.local/` and the short socket folder, and nothing else."""
    if LOCAL.is_symlink():
        raise ClusterError(f"{LOCAL} est un lien : supprimez-le à la main.")
    if not LOCAL.exists():
        return
    files.check_owner()
    stop()
    short = files.short_socket_folder()
    if short.is_dir() and not short.is_symlink():
        shutil.rmtree(short)
    shutil.rmtree(LOCAL)


def running() -> bool:
    """True when a postmaster of this data folder is alive (and not only its pid file)."""
    return files.is_postmaster(files.postmaster_pid())


def _launch() -> None:
    """Start the postmaster; after a `kill -9`, wait for its orphans, then end them."""
    began = time.monotonic()
    command = [
        *(files.bin_folder() / "pg_ctl", "start", "-D", DATA, "-l", LOG / "start.log"),
        *("-w", "-t", str(START_TIMEOUT_S)),
    ]
    for attempt in range(60):
        done = _try(command)
        if done.returncode == 0:
            return
        orphans = files.orphan_pids()
        if not orphans:
            # The last orphan may have gone between the refusal and this look: one more try.
            if attempt and time.monotonic() - began > LINGER_PATIENCE_S:
                break
        elif time.monotonic() - began > LINGER_PATIENCE_S:
            late = time.monotonic() - began > 3 * LINGER_PATIENCE_S
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT if late else signal.SIGTERM)
        time.sleep(0.5)
    raise ClusterError(f"le serveur ne démarre pas ; son journal :\n{files.log_tail()}")


def _drop_foreign_pid_file() -> None:
    """After a reboot the recorded pid may belong to another program, and block the start."""
    pid = files.postmaster_pid()
    if pid and files.process_name(pid) not in {"", "postgres"}:
        (DATA / "postmaster.pid").unlink(missing_ok=True)


def _bootstrap() -> None:
    """Apply the SQL of the roles and databases when it changed since the last time."""
    texts = [(HERE / "pg" / name).read_text() for name in SQL_FILES]
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    marker = LOCAL / "cluster.sha256"
    if marker.exists() and marker.read_text() == digest + (DATA / "PG_VERSION").read_text():
        return
    roles, database = texts
    _superuser_sql("postgres", roles)
    _superuser_sql("template1", database)
    exists = _superuser_sql("postgres", "SELECT 1 FROM pg_database WHERE datname = 'atlas'")
    if exists.strip() != "1":
        _superuser_sql("postgres", "CREATE DATABASE atlas OWNER atlas_owner")
    _superuser_sql("atlas", database)
    files.write_private(marker, digest + (DATA / "PG_VERSION").read_text())


def _superuser_sql(database: str, sql: str) -> str:
    command = [
        *(files.bin_folder() / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1"),
        *("-h", files.socket_folder(files.account()), "-U", "postgres", "-d", database, "-f", "-"),
    ]
    return _run(command, text=f"SET client_min_messages = warning;\n{sql}")


def _psql_shell(role: str, args: list[str]) -> int:
    """Replace this process by psql, as the person who called (peer decides what they may be)."""
    account = files.account()
    socket = files.socket_folder(account)
    if role == "postgres" and os.geteuid() == 0:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        os.chdir("/")
    program = str(files.bin_folder() / "psql")
    os.execv(program, [program, "-h", str(socket), "-U", role, "-d", "atlas", *args])


def _status() -> int:
    if not running():
        print("arrêté")
        return 3
    print(f"en marche, processus {files.postmaster_pid()}")
    return 0


def _run(command: list[object], *, text: str | None = None) -> str:
    done = _try(command, text=text)
    if done.returncode:
        name = Path(str(command[0])).name
        raise ClusterError(f"{name} a échoué :\n{done.stderr or done.stdout}")
    return done.stdout


def _try(command: list[object], *, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run as the cluster's account, from `/` because that account may not read this folder."""
    account = files.account()
    drop: dict[str, object] = {}
    if os.geteuid() == 0:
        drop = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": account.pw_dir}
    return subprocess.run(
        [str(part) for part in command],
        cwd="/",
        env=environment,
        input=text,
        stdin=None if text is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **drop,  # type: ignore[call-overload]
    )


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """One command at a time: `make demo` and `make test` may be called together."""
    while True:
        files.check_local()
        path = files.lock_file()
        with path.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # A `reset` may have deleted the file while this command was waiting for it.
            if path.exists() and path.stat().st_ino == os.fstat(handle.fileno()).st_ino:
                yield
                return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
