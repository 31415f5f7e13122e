"""Metrics: the right numbers, for the right eyes, across worker processes, and nobody's data."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from bluezone.authority.access.audit import SYSTEM
from bluezone.authority.keys import services, verify_api
from bluezone.authority.keys.models import ExportBatch, ExportConfig, ImportSource, StatisticCount
from bluezone.authority.keys.urls import urlpatterns

BLUEZONE = Path(sys.executable).with_name("bluezone")
DOCS = Path(__file__).parents[2] / "docs"
TOKEN = "a-token-of-thirty-two-characters"


def numbers(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by name and the values of its labels, read by the library's own parser."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read() -> dict[tuple[str, tuple[str, ...]], float]:
    answer = Client().get("/metrics", HTTP_HOST="localhost")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return numbers(answer.content.decode())


@pytest.mark.django_db
class TestNumbers:
    @pytest.fixture(autouse=True)
    def working(self, authority: Path, authority_clock: Any) -> None:
        services.add_own_authority(authority_clock.now())
        services.configure_export("VN", period=timedelta(hours=4))
        for limit in (verify_api.VERIFY_LIMIT, verify_api.WRONG_CODES, verify_api.WRONG_CODE_DELAY):
            limit.reset()

    def test_requests_by_route_and_status(self) -> None:
        before = read()
        for _ in range(3):
            Client().get("/login/")
        Client().get("/no/such/page")
        Client().get("/jwks/somebody.somewhere")
        after = read()

        def more(route: str, status: str) -> float:
            name = ("bluezone_request_seconds_count", (route, status))
            return after.get(name, 0) - before.get(name, 0)

        assert more("login/", "200") == 3
        assert more("other", "404") == 1
        assert more("jwks/<str:issuer>", "404") == 1
        assert not any("somebody" in label for _, labels in after for label in labels)

    def test_wrong_codes_and_the_alarm(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verify_api.WRONG_CODES, "threshold", 2)
        before = read()
        assert before["bluezone_wrong_code_alarm", ()] == 0
        for _ in range(2):
            Client().post("/api/verify", '{"code": "00000000"}', content_type="application/json")
        after = read()
        assert after["bluezone_wrong_codes_total", ()] - before["bluezone_wrong_codes_total", ()] == 2
        assert after["bluezone_wrong_code_alarm", ()] == 1
        verify_api.WRONG_CODES.reset()

    def test_publishes_and_codes_are_told_by_days_that_are_over(self) -> None:
        for day, measure, count in (
            (9, "publishes", 7),
            (9, "keys-by-age", 98),
            (9, "chaff", 5),
            (10, "publishes", 1000),  # today: by the minute they would tell who sent only noise
            (10, "chaff", 1000),
            (10, "codes-issued", 12),
            (10, "codes-claimed", 1),
            (9, "codes-issued", 13),
            (9, "codes-claimed", 11),
        ):
            StatisticCount.objects.create(day=date(2021, 3, day), area_path="*", measure=measure, count=count)
        found = read()
        assert found["bluezone_publishes_total", ()] == 7
        assert found["bluezone_published_keys_total", ()] == 98
        assert found["bluezone_chaff_total", ()] == 5
        assert found["bluezone_codes_total", ("issued",)] == 13
        assert found["bluezone_codes_total", ("claimed",)] == 11
        assert found["bluezone_codes_total", ("expired",)] == 0

    def test_state_of_the_work(self, authority_clock: Any) -> None:
        now = authority_clock.now()  # 8:17 UTC
        services.build_exports(now)
        config = ExportConfig.objects.get()
        for hours, status in ((9, "published"), (5, "published"), (1, "open")):
            end = now - timedelta(hours=hours)
            ExportBatch.objects.create(
                config=config, start_at=end, end_at=end, max_keys_per_file=1, status=status
            )
        ImportSource.objects.create(name="a", index_url="https://a", region="VN", last_error="gone")
        ImportSource.objects.create(name="b", index_url="https://b", region="VN")
        found = read()
        assert found["bluezone_export_window_age_seconds", ("VN",)] == 17 * 60  # ended at 8:00
        assert found["bluezone_newest_export_age_seconds", ("VN",)] == 5 * 3600
        assert found["bluezone_export_period_seconds", ("VN",)] == 4 * 3600
        assert found["bluezone_open_batches", ("VN",)] == 1
        assert found["bluezone_messages", ("waiting",)] == found["bluezone_messages", ("failed",)] == 0
        assert found["bluezone_import_sources_failing", ()] == 1
        assert found["bluezone_database_bytes", ()] > 100_000  # the empty tables alone take more

    def test_unsealed_entries(self, authority_clock: Any) -> None:
        from bluezone.authority.access.audit import seal_audit
        from bluezone.authority.keys.models import ApiKind

        seal_audit(authority_clock.now())  # configuring the export was noted
        services.create_api_key("Lab", ApiKind.ADMIN, "01/009", by=SYSTEM, now=authority_clock.now())
        assert read()["bluezone_audit_unsealed_entries", ()] == 1
        seal_audit(authority_clock.now())
        assert read()["bluezone_audit_unsealed_entries", ()] == 0


@pytest.mark.django_db
class TestAccess:
    """Whoever may not read is told that there is nothing."""

    @pytest.fixture(autouse=True)
    def working(self, authority: Path) -> None:
        pass

    def status(self, **request: Any) -> int:
        return Client().get("/metrics", **request).status_code

    def test_this_machine_only(self, settings: Any) -> None:
        settings.ALLOWED_HOSTS = ["*"]
        assert self.status() == 404  # the test client calls itself testserver
        assert self.status(HTTP_HOST="localhost:8000") == 200
        assert self.status(HTTP_HOST="[::1]:8000", REMOTE_ADDR="::1") == 200
        assert self.status(HTTP_HOST="localhost", REMOTE_ADDR="203.0.113.9") == 404
        # a proxy on this machine passes on the name it is asked for
        assert self.status(HTTP_HOST="bluezone.example.vn") == 404

    def test_a_public_server_without_a_named_proxy_believes_nobody(self, settings: Any) -> None:
        settings.BLUEZONE_BASE_URL = "https://bluezone.example.vn"
        assert self.status(HTTP_HOST="localhost") == 404
        settings.BLUEZONE_TRUSTED_PROXY = "127.0.0.1"
        assert self.status(HTTP_HOST="localhost") == 200

    def test_with_a_token(self, settings: Any) -> None:
        settings.BLUEZONE_METRICS_TOKEN = TOKEN
        settings.ALLOWED_HOSTS = ["*"]
        bearer = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}
        assert self.status(HTTP_HOST="bluezone.example.vn", REMOTE_ADDR="203.0.113.9", **bearer) == 200
        assert self.status(HTTP_HOST="localhost") == 404
        for wrong in (f"Bearer {TOKEN}x", TOKEN, "Bearer ", "Bearer é"):
            assert self.status(HTTP_HOST="localhost", HTTP_AUTHORIZATION=wrong) == 404


@contextmanager
def serving(data: Path, workers: int) -> Iterator[str]:
    environment = {**os.environ, "BLUEZONE_DATA": str(data), "DATABASE_URL": ""}
    command = [BLUEZONE, "serve", "--port", "0", "--workers", str(workers)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert line.startswith("serving on http://127.0.0.1:"), line + process.stderr.read()
        yield line.split()[2]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.mark.parametrize("workers", [1, 3])
def test_all_workers_are_counted_together(tmp_path: Path, workers: int) -> None:
    with serving(tmp_path / "data", workers) as url:
        for _ in range(20):  # each on a new connection, so that several workers answer
            assert httpx.get(f"{url}/healthz").status_code == 200
            httpx.post(f"{url}/v1/publish", content=b"x", headers={"Content-Type": "application/json"})
        found = numbers(httpx.get(f"{url}/metrics").text)
        assert found["bluezone_request_seconds_count", ("healthz", "200")] == 20
        assert found["bluezone_request_seconds_count", ("v1/publish", "400")] == 20
        folders = list((tmp_path / "data").glob("run/*"))
        assert len(folders) == (1 if workers > 1 else 0)
    assert list((tmp_path / "data").glob("run/*")) == []


@pytest.mark.django_db
def test_alert_rules_and_their_guide_agree_with_the_metrics(authority: Path, authority_clock: Any) -> None:
    """Every metric that a rule looks at is there, and every alarm has its paragraph."""
    services.add_own_authority(authority_clock.now())
    services.configure_export("VN")
    now = authority_clock.now()
    services.build_exports(now)
    config = ExportConfig.objects.get()
    ExportBatch.objects.create(
        config=config, start_at=now, end_at=now, max_keys_per_file=1, status="published"
    )
    Client().get("/healthz")
    there = {name for name, _ in read()}
    rules = yaml.safe_load((DOCS / "monitoring" / "alerts.yml").read_text())["groups"][0]["rules"]
    guide = (DOCS / "monitoring.md").read_text()
    routes = {str(pattern.pattern) for pattern in urlpatterns}
    for rule in rules:
        for name in re.findall(r"bluezone_\w+", rule["expr"]):
            assert name in there, rule["alert"]
        assert re.search(rf"^### .*\b{rule['alert']}\b", guide, re.MULTILINE), rule["alert"]
        for route in re.findall(r'route="([^"]+)"', rule["expr"]):
            assert route in routes
    headings = re.findall(r"^### (.+)$", guide, re.MULTILINE)
    assert {name for line in headings for name in line.split(", ")} == {rule["alert"] for rule in rules}
    for name in re.findall(r"`(bluezone_\w+)[`{]", guide):
        assert name in there or f"{name}_count" in there
