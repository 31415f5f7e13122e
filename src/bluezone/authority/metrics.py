"""``/metrics`` for Prometheus: what requests cost, and in what state the server's work is.

How many publishes and codes were real and how many publishes were only noise is told by whole days that are
over: told by the minute, whoever sees both the metrics and the network could tell one from the other.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bluezone.authority import runtime
from bluezone.authority.access.queries import unsealed_entries
from bluezone.authority.access.rate_limit import client_address
from bluezone.authority.keys.state_queries import (
    export_states,
    failing_authorities,
    failing_sources,
    message_counts,
)
from bluezone.authority.keys.statistics_queries import counted_codes, counted_publishes
from bluezone.authority.keys.verify_api import WRONG_CODES
from bluezone.authority.read_only import read_only
from bluezone.authority.request_metrics import register_request_metrics

__all__ = ["metrics"]

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@never_cache
@read_only
def metrics(request: HttpRequest) -> HttpResponse:
    """``/metrics``: for whoever has the token, or without one for this machine only; else it is not there."""
    if not _may_read(request):
        raise Http404
    registry = CollectorRegistry()
    register_request_metrics(registry)
    registry.register(_State(runtime.now()))
    return HttpResponse(generate_latest(registry), CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if settings.BLUEZONE_METRICS_TOKEN:
        wanted = f"Bearer {settings.BLUEZONE_METRICS_TOKEN}".encode()
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), wanted)
    # Behind a proxy that is not named in the settings everybody seems to come from this machine.
    public = urlsplit(settings.BLUEZONE_BASE_URL).hostname not in _LOOPBACK
    if public and not settings.BLUEZONE_TRUSTED_PROXY:
        return False
    host = urlsplit(f"//{request.get_host()}").hostname
    return client_address(request) in _LOOPBACK and host in _LOOPBACK


class _State(Collector):
    """Numbers read at this moment."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        yield from _publish_counts(self._now)
        yield from _code_counts(self._now)
        yield from _export_states(self._now)
        yield from _message_counts()
        yield _gauge(
            "bluezone_wrong_code_alarm",
            "1 while there are so many wrong codes that somebody may be guessing.",
            WRONG_CODES.is_raised(self._now),
        )
        yield _gauge("bluezone_import_sources_failing", "Followed sources with an error.", failing_sources())
        yield _gauge(
            "bluezone_health_authorities_failing",
            "Health authorities whose keys could not be fetched.",
            failing_authorities(),
        )
        yield _gauge("bluezone_audit_unsealed_entries", "Audit entries not sealed yet.", unsealed_entries())
        yield _gauge("bluezone_database_bytes", "Size of the database.", _database_bytes())


def _publish_counts(now: datetime) -> Iterator[Metric]:
    counts = counted_publishes(now)
    for name, text, value in (
        ("bluezone_publishes", "Publish requests that brought keys, until yesterday.", counts.publishes),
        ("bluezone_published_keys", "Keys published, until yesterday.", counts.keys),
        ("bluezone_chaff", "Publish requests that were only noise, until yesterday.", counts.chaff),
    ):
        yield CounterMetricFamily(name, text, value=value)


def _code_counts(now: datetime) -> Iterator[Metric]:
    text = "Codes, by what became of them, until yesterday."
    codes = CounterMetricFamily("bluezone_codes", text, labels=["event"])
    for event, count in counted_codes(now).items():
        codes.add_metric([event], count)
    yield codes


def _export_states(now: datetime) -> Iterator[Metric]:
    window = GaugeMetricFamily(
        "bluezone_export_window_age_seconds",
        "Since the last window looked into ended.",
        labels=["region"],
    )
    newest = GaugeMetricFamily(
        "bluezone_newest_export_age_seconds", "Since the end of the newest files' window.", labels=["region"]
    )
    period = GaugeMetricFamily(
        "bluezone_export_period_seconds", "How often exports are due.", labels=["region"]
    )
    waiting = GaugeMetricFamily(
        "bluezone_open_batches", "Batches whose files are not published yet.", labels=["region"]
    )
    for one in export_states():
        for metric, since in ((window, one.last_window_end), (newest, one.newest_end)):
            if since is not None:
                metric.add_metric([one.region], (now - since) / timedelta(seconds=1))
        period.add_metric([one.region], one.period / timedelta(seconds=1))
        waiting.add_metric([one.region], one.open_batches)
    yield from (window, newest, period, waiting)


def _message_counts() -> Iterator[Metric]:
    messages = GaugeMetricFamily("bluezone_messages", "Messages of some weeks, by state.", labels=["state"])
    for state, count in message_counts().items():
        messages.add_metric([state], count)
    yield messages


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _database_bytes() -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            (size,) = cursor.fetchone()
        return int(size)
    file = Path(connection.settings_dict["NAME"])
    parts = (file, file.with_name(f"{file.name}-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())
