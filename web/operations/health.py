"""`/healthz`: the process answers. `/readyz`: database, migrations, worker and disk are well.

For machines: JSON, no account, nothing about the data. Leaves metrics to another page.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)

FREE_BYTES = 500_000_000
SILENT_S = 60
LATE_S = 600


class NotReady(Exception):
    """What is missing, in French, fit for anyone."""


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process lives."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Each check with its state; 503 when one fails."""
    checks: dict[str, Callable[[], str]] = {
        "database": database,
        "migrations": migrations,
        "worker": worker,
        "disk": disk,
    }
    found = {name: _state(name, check) for name, check in checks.items()}
    ready = all(state["ok"] for state in found.values())
    body = {"status": "ok" if ready else "fail", "checks": found}
    return JsonResponse(body, status=200 if ready else 503)


def database() -> str:
    """It answers, and the role that asks owns nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        (powerful,) = cursor.fetchone()
        cursor.execute(
            "SELECT bool_or(proleakproof) FROM pg_proc WHERE proname = 'geometry_overlaps'"
            " AND proargtypes[0] = 'geometry'::regtype AND proargtypes[1] = 'geometry'::regtype"
        )
        (marked,) = cursor.fetchone()
    if powerful:
        raise NotReady("le rôle applicatif a trop de droits")
    # Lost with an update of the extension or a restore, and refused by hosts without a superuser.
    return "répond" if marked else "répond, mais lit les cartes sans index (docs/access.md)"


def migrations() -> str:
    """Every migration of this code is in the database."""
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        raise NotReady(f"{missing} migration(s) à passer")
    return "à jour"


def worker() -> str:
    """A worker gives signs of life, and no job that is due waits for long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => %s)),"
            " EXISTS (SELECT 1 FROM procrastinate_jobs j JOIN procrastinate_events e"
            " ON e.job_id = j.id AND e.type = 'deferred'"
            " WHERE j.status = 'todo' AND coalesce(j.scheduled_at, e.at)"
            " < now() - make_interval(secs => %s))",
            [SILENT_S, LATE_S],
        )
        alive, late = cursor.fetchone()
    if not alive:
        raise NotReady("aucun processus de fond en marche")
    if late:
        raise NotReady("traitements en retard")
    return "en marche"


def disk() -> str:
    """Some room is left where we write."""
    folder = settings.LOCAL_DIR if settings.LOCAL_DIR.exists() else settings.BASE_DIR
    if shutil.disk_usage(folder).free < FREE_BYTES:
        raise NotReady("moins de 500 Mo libres")
    return "assez de place"


def _state(name: str, check: Callable[[], str]) -> dict[str, object]:
    try:
        return {"ok": True, "detail": check()}
    except NotReady as error:
        return {"ok": False, "detail": str(error)}
    except (DatabaseError, OSError) as error:
        logger.warning("readyz: %s fails (%s)", name, type(error).__name__)
        return {"ok": False, "detail": "ne répond pas"}
