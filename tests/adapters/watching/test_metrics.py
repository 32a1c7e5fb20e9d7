"""Metrics are what Prometheus reads: from a file that is replaced whole, or over HTTP on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reconciler.adapters.watching import MetricsFile, MetricsServer, open_metrics
from reconciler.model.errors import UsageError, WorldError
from reconciler.model.watch import Tally
from tests.adapters.watching.promtool import needed, promtool
from tests.injections import INJECTIONS

TALLY = Tally(
    interval=300,
    findings={("farol", "Category", "new"): 2, ("_platform", "Bundle", "waived"): 0},
    managed=7,
    rounds={"complete": 3, "failed": 1},
    transitions={"finding.appeared": 2},
    deliveries={"delivered": 1},
    pending=0,
    duration=0.25,
    last_round=1_781_524_800.0,
    last_complete=1_781_524_800.0,
)


def read(url: str, **more: str) -> str:
    asked = Request(url, **more)  # type: ignore[arg-type]  # noqa: S310  # loopback
    with build_opener(ProxyHandler({})).open(asked, timeout=10) as answer:
        return str(answer.read().decode())


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def filed(folder: Path) -> MetricsFile:
    found = open_metrics("drift.prom", folder=folder, version="1", environment="staging")
    assert isinstance(found, MetricsFile)
    return found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MetricsServer]:
    found = open_metrics(":0", folder=tmp_path, version="1")
    assert isinstance(found, MetricsServer)
    yield found
    found.close()


def test_a_file_says_what_was_counted(tmp_path: Path) -> None:
    filed(tmp_path).show(TALLY)
    found = samples((tmp_path / "drift.prom").read_text(encoding="utf-8"))
    labels = frozenset({("tenant", "farol"), ("kind", "Category"), ("state", "new")})
    assert found["reconciler_drift_findings", labels] == 2
    assert found["reconciler_build_info", frozenset({("version", "1"), ("environment", "staging")})] == 1
    assert found["reconciler_drift_rounds_total", frozenset({("outcome", "failed")})] == 1
    assert found["reconciler_drift_rounds_total", frozenset({("outcome", "partial")})] == 0
    assert found["reconciler_drift_last_success_timestamp_seconds", frozenset()] == 1_781_524_800.0
    assert not [name for name, _ in found if name.endswith("_created")]
    assert [one.name for one in tmp_path.iterdir()] == ["drift.prom"]


def test_before_a_round_was_complete_there_is_no_time_of_one(tmp_path: Path) -> None:
    filed(tmp_path).show(Tally(interval=1, last_round=5.0, rounds={"failed": 1}))
    text = (tmp_path / "drift.prom").read_text(encoding="utf-8")
    assert "last_round_timestamp" in text
    assert "last_success_timestamp" not in text


@needed
def test_promtool_finds_nothing_wrong(tmp_path: Path) -> None:
    filed(tmp_path).show(TALLY)
    assert promtool("check", "metrics", given=(tmp_path / "drift.prom").read_text(encoding="utf-8")) == ""


def test_a_label_is_a_label_whatever_it_says(tmp_path: Path) -> None:
    for payload in INJECTIONS:
        text = payload.text.encode("utf-8", "replace").decode()
        filed(tmp_path).show(Tally(interval=1, findings={(text, "Category", "new"): 4}))
        found = samples((tmp_path / "drift.prom").read_bytes().decode())
        values = {name: value for (name, _), value in found.items() if name == "reconciler_drift_findings"}
        assert values == {"reconciler_drift_findings": 4}
        assert {name for name, _ in found} >= {"reconciler_build_info", "reconciler_drift_interval_seconds"}


def test_a_file_that_cannot_be_written_is_told_and_the_old_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = filed(tmp_path)
    metrics.show(TALLY)
    before = (tmp_path / "drift.prom").read_bytes()
    full = OSError(28, "No space left on device")

    def refuse(*_words: object) -> None:
        raise full

    monkeypatch.setattr(os, "rename", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(WorldError, match="No space left") as told:
        metrics.show(TALLY)
    assert told.value.code == "WCH-02"
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"drift.prom": before}


@pytest.mark.parametrize(
    "place", ["", " ", ".", "none/drift.prom", "/dev/null", "/dev/stdout", ":99999", ":http", "no.invalid:1"]
)
def test_a_place_that_is_none_is_refused_at_once(tmp_path: Path, place: str) -> None:
    with pytest.raises(UsageError) as told:
        open_metrics(place, folder=tmp_path, version="1")
    assert told.value.code == "WCH-02"
    assert list(tmp_path.iterdir()) == []


BESIDE_MEMORY = tuple(f"/dev/{one}" for one in ("shm/../stdout", "shm/../drift.prom", "./shm/../fd/1"))


@pytest.mark.parametrize("place", BESIDE_MEMORY)
def test_memory_is_no_way_to_the_devices_beside_it(tmp_path: Path, place: str) -> None:
    """In a process of its own, whose standard output is a file."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from reconciler.adapters.watching import open_metrics\n"
        "from reconciler.model.errors import UsageError\n"
        "try:\n"
        f"    open_metrics({place!r}, folder=Path({str(tmp_path)!r}), version='1')\n"
        "except UsageError as told:\n"
        "    sys.exit(told.code != 'WCH-02')\n"
        "sys.exit('taken')"
    )
    with (tmp_path / "log").open("wb") as log:
        assert subprocess.run([sys.executable, "-c", program], stdout=log, check=False).returncode == 0


@pytest.mark.parametrize("place", ["x" * 300, "loop"], ids=["long", "circle"])
def test_a_name_that_leads_nowhere_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError) as told:
        open_metrics(place, folder=tmp_path, version="1")
    assert told.value.code == "WCH-02"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "drift.prom").symlink_to(tmp_path / "there" / "real.prom")
    filed(tmp_path).show(TALLY)
    assert (tmp_path / "drift.prom").is_symlink()
    assert "reconciler_build_info" in (tmp_path / "there" / "real.prom").read_text(encoding="utf-8")


def test_a_port_is_served_on_loopback_and_only_read(server: MetricsServer) -> None:
    assert server.place == f"127.0.0.1:{server.port}"
    url = f"http://{server.place}/metrics"
    assert "reconciler_build_info" in read(url)
    assert "reconciler_drift_managed_resources" not in read(url)
    server.show(TALLY)
    assert "reconciler_drift_managed_resources 7.0" in read(url)
    with pytest.raises(HTTPError) as told:
        read(url, method="DELETE")
    assert told.value.code == 405
    told.value.close()


def test_a_port_that_is_taken_is_told(server: MetricsServer, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="in use") as told:
        open_metrics(f"127.0.0.1:{server.port}", folder=tmp_path, version="1")
    assert told.value.code == "WCH-02"


def test_a_reader_that_goes_away_or_talks_nonsense_says_nothing_to_us(
    server: MetricsServer, capfd: pytest.CaptureFixture[str]
) -> None:
    for words in (b"", b"\x00\xff\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
            line.sendall(words)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert "reconciler_build_info" in read(f"http://{server.place}/")
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6")
def test_a_host_of_version_6_stands_in_brackets(tmp_path: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no ::1")
    found = open_metrics("[::1]:0", folder=tmp_path, version="1")
    assert isinstance(found, MetricsServer)
    assert "reconciler_build_info" in read(f"http://{found.place}/")
    found.close()


def test_without_the_library_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(UsageError) as told:
        open_metrics(":0", folder=tmp_path, version="1")
    assert told.value.code == "WCH-03"
    assert "reconciler[metrics]" in told.value.hint
