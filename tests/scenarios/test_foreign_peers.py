"""Peers that nobody here wrote: Debian's Mosquitto clients with device credentials."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.line_events import Stream, as_message, scan
from tests.support.run_up import UpRun

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.servers,
    pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="mosquitto-clients is not installed"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpRun]:
    started = UpRun(tmp_path_factory.mktemp("peers") / "k", "--no-line")
    started.wait_for("api", lambda: started.pid("api") is not None, 60)
    yield started
    started.kill()


class Peer:
    """A device with a credential, speaking through mosquitto_pub and mosquitto_sub."""

    def __init__(self, run: UpRun, address: str) -> None:
        told = json.loads(run.kouan("device-credential", address))
        self.user = told["user"]
        self.password = Path(told["password_file"]).read_text().strip()
        url = urlsplit(run.status()["mqtt_url"])
        self.where = ["-h", str(url.hostname), "-p", str(url.port), "-V", "311"]

    def publish(self, topic: str, payload: bytes, password: str | None = None) -> int:
        command = [
            "mosquitto_pub",
            *self.where,
            "-u",
            self.user,
            "-P",
            password or self.password,
            "-q",
            "1",
            "-t",
            topic,
            "-s",
        ]
        return subprocess.run(command, input=payload, capture_output=True, timeout=20).returncode

    def subscribe(self, topic: str, seconds: int) -> subprocess.Popen[bytes]:
        command = [
            "mosquitto_sub",
            *self.where,
            "-u",
            self.user,
            "-P",
            self.password,
            "-q",
            "1",
            "-t",
            topic,
            "-W",
            str(seconds),
            "-v",
        ]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def publish_until_let_in(self, topic: str, payload: bytes) -> None:
        """The broker takes a new credential over within a second."""
        deadline = time.monotonic() + 10
        while self.publish(topic, payload) != 0:
            assert time.monotonic() < deadline, "the credential was never taken over"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def peer(run: UpRun) -> Peer:
    return Peer(run, "sfh-s/hall/s1/scanner9")


def _get(run: UpRun, path: str) -> object:
    port = run.status()["http_port"]
    password = (run.home / "secrets" / "admin_password").read_text().strip()
    body = json.dumps({"name": "admin", "password": password}).encode()
    sign_in = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/sessions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(sign_in, timeout=10) as answer:
        token = json.load(answer)["token"]
    ask = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(ask, timeout=10) as answer:
        return json.load(answer)


def test_a_foreign_device_injects_an_event_and_sees_its_acknowledgement(run: UpRun, peer: Peer):
    """The contract is enough: a valid event by mosquitto_pub is committed and acknowledged to mosquitto_sub."""
    stream = Stream("scanner9", boot="00000001-peer", gw=None)
    message = as_message(stream.event(scan("t-peer", "RA473124829CN")))
    peer.publish_until_let_in(message.topic.replace("/evt/scan", "/tlm/hello"), b"{}")
    listening = peer.subscribe("kouan/v1/sfh-s/hall/s1/scanner9/#", 5)
    time.sleep(0.5)
    assert peer.publish(message.topic, message.payload) == 0
    heard = (listening.communicate(timeout=15)[0]).decode().splitlines()
    assert any(line.startswith(message.topic) for line in heard), heard
    acks = [json.loads(line.split(" ", 1)[1]) for line in heard if "/scanner9/ack " in line]
    assert acks
    assert acks[-1]["through_seq"] == 1


def test_a_wrong_credential_is_refused(run: UpRun, peer: Peer):
    """No password, no event."""
    topic = "kouan/v1/sfh-s/hall/s1/scanner9/evt/scan"
    assert peer.publish(topic, b"{}", password="guess") != 0


def test_a_foreign_subtree_is_neither_written_nor_heard(run: UpRun, peer: Peer):
    """A stolen scanner credential must not move parcels as the sorter, nor listen to the site."""
    sorter = Stream("sorter", boot="00000009-thief", gw=None)
    message = as_message(sorter.event(scan("t-thief", "RA473124829CN")))
    listening = peer.subscribe("kouan/v1/#", 3)
    time.sleep(0.3)
    peer.publish(message.topic, message.payload)
    own = peer.publish("kouan/v1/sfh-s/hall/s1/scanner9/tlm/x", b"own")
    heard = listening.communicate(timeout=15)[0].decode().splitlines()
    assert own == 0
    assert [line for line in heard if "/scanner9/" not in line] == []
    lanes = _get(run, "/api/v1/parked")
    assert all("sorter" not in row["topic"] for row in lanes)


def test_malformed_messages_are_parked_and_visible_and_the_worker_lives(run: UpRun, peer: Peer):
    """Malformed JSON and unknown versions are kept for a technician; the next good event goes through."""
    topic = "kouan/v1/sfh-s/hall/s1/scanner9/evt/scan"
    stream = Stream("scanner9", boot="00000002-peer", gw=None)
    good = as_message(stream.event(scan("t-good", "CP123456785CN")))
    before = run.restarts("work")
    for payload in (b"{not json", b"\x00\xff\xfe", good.payload.replace(b'"v":1', b'"v":9'), b"[]"):
        assert peer.publish(topic, payload) == 0
    listening = peer.subscribe("kouan/v1/sfh-s/hall/s1/scanner9/ack", 4)
    time.sleep(0.3)
    assert peer.publish(topic, good.payload) == 0
    assert b'"through_seq":1' in listening.communicate(timeout=15)[0]
    codes = {row["code"] for row in _get(run, "/api/v1/parked")}
    assert {"not_json", "unknown_version"} <= codes
    assert run.restarts("work") == before
