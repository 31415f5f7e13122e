"""``/healthz``: this process answers. ``/readyz``: all that it needs is there, and its work gets done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from bluezone.authority import runtime
from bluezone.authority.key_store import holds, key_store
from bluezone.authority.keys.export_storage import StorageUnavailable, export_storage
from bluezone.authority.keys.state_queries import (
    ExportState,
    export_signers,
    export_states,
    regions_without_export,
)
from bluezone.authority.read_only import read_only
from bluezone.authority.secret_files import unreadable_secrets

__all__ = ["export_fault", "healthz", "readyz"]

OK = "ok"
PERIODS_LATE = 2
_CLOCK_TOLERANCE = timedelta(minutes=5)

_TOLD_ONLY = {"regions", "storage"}
"""Servers share a bucket and tables: were all taken out of service for it, nobody could send a key at all."""

_no_migration_missing = False
"""Once none is, none will be for as long as this process runs."""


@never_cache
@read_only
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all: else it is to be started again."""
    return JsonResponse({"status": OK})


@never_cache
@read_only
def readyz(request: HttpRequest) -> JsonResponse:
    """200 while the server can do its work, else 503, and what it cannot. No secret and no path is told."""
    checks: dict[str, Callable[[datetime], str]] = {
        "database": _database,
        "migrations": _migrations,
        "exports": _exports,
        "regions": _regions,
        "secrets": _secrets,
        "storage": _storage,
    }
    now = runtime.now()
    states = {name: _checked(check, now) for name, check in checks.items()}
    ready = all(state == OK for name, state in states.items() if name not in _TOLD_ONLY)
    reply = {"status": "ready" if ready else "not ready", "checks": states}
    return JsonResponse(reply, status=200 if ready else 503)


def _checked(check: Callable[[datetime], str], now: datetime) -> str:
    try:
        return check(now)
    except DatabaseError:
        return "no answer from the database"


def _database(_now: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def _migrations(_now: datetime) -> str:
    global _no_migration_missing
    if not _no_migration_missing:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            return f"{len(missing)} missing: run `bluezone setup`"
        _no_migration_missing = True
    return OK


def _exports(now: datetime) -> str:
    states = export_states()
    if not states:
        return "no region has exports: run `bluezone setup`"
    faults = [f"{one.region}: {fault}" for one in states if (fault := export_fault(one, now))]
    return "; ".join(faults) or OK


def export_fault(state: ExportState, now: datetime) -> str:
    """What is wrong with a region's exports; empty: nothing."""
    late = now - PERIODS_LATE * state.period
    if state.last_window_end is None:
        return "none built yet"
    if state.last_window_end > now + _CLOCK_TOLERANCE:
        return "the last window ends in the future: the clock is or was wrong"
    if state.last_window_end < late:
        return f"the last window ended at {_text(state.last_window_end)}, over {PERIODS_LATE} periods ago"
    if state.oldest_open_end is not None and state.oldest_open_end < late:
        return f"the files of the window that ended at {_text(state.oldest_open_end)} are not out"
    return ""


def _regions(now: datetime) -> str:
    faults = [
        f"{region or 'no region'} has no export, so keys of {', '.join(names)} never go out"
        for region, names in regions_without_export(now).items()
    ]
    return "; ".join(faults) or OK


def _secrets(now: datetime) -> str:
    missing = list(unreadable_secrets())
    store = key_store()
    missing += [name for name, pem in export_signers(now) if not holds(store, name, pem)]
    return f"cannot be read: {', '.join(missing)}" if missing else OK


def _storage(_now: datetime) -> str:
    try:
        export_storage().check()
    except StorageUnavailable:
        return "cannot be used: `bluezone export build` says why"
    return OK


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
