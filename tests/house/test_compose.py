"""docker-compose.yml and deploy/: hardened, without passwords, and naming only what exists."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.config_file import load
from wms.__main__ import _VERBS
from wms.launch.mosquitto_files import LIMITS

REPOSITORY = Path(__file__).parents[2]
DEPLOY = REPOSITORY / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
ONE_SHOT = {name for name, service in SERVICES.items() if service.get("restart") == "no"}

every_service = pytest.mark.parametrize("name", SERVICES)


@every_service
def test_every_service_is_hardened(name: str) -> None:
    """Read-only, no capabilities, no new privileges, no root; `init` alone is root, to hand out volumes, and offline."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    if name == "init":
        assert service["network_mode"] == "none"
        assert set(service["cap_add"]) == {"CHOWN", "DAC_OVERRIDE", "FOWNER"}
    else:
        assert not service["user"].startswith(("0", "root"))
        assert set(service.get("cap_add", [])) <= {"NET_BIND_SERVICE"}
    assert not service.get("privileged")


@every_service
def test_every_lasting_service_is_asked_whether_it_lives(name: str) -> None:
    """A container that hangs is worse than one that ended."""
    if name in ONE_SHOT:
        assert "healthcheck" not in SERVICES[name]
    else:
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
        assert SERVICES[name]["restart"] == "unless-stopped"


@every_service
def test_no_password_is_written_down(name: str) -> None:
    """Secrets come from files that `init` made; a variable may only name such a file."""
    service = SERVICES[name]
    for variable in service.get("environment") or {}:
        if re.search(r"PASSWORD|SECRET|TOKEN|KEY|PASSWD", variable):
            assert variable.endswith("_FILE"), variable
            assert service["environment"][variable].startswith("/run/kouan")
    assert "trust" not in str(service.get("environment", ""))


def test_only_the_proxy_is_reachable_from_outside() -> None:
    """Database and broker live in a network without a way out."""
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}
    assert COMPOSE["networks"]["back"]["internal"] is True
    for name in ("postgres", "mosquitto", "workers", "migrate", "line"):
        assert SERVICES[name]["networks"] == ["back"]


def test_a_service_sees_its_own_secrets_only() -> None:
    """A volume of secrets for each kind of reader, mounted read-only."""
    readers: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source, _, rest = volume.partition(":")
            if source.endswith("-secrets") and name != "init":
                assert rest.endswith(":ro"), (name, volume)
                readers.setdefault(source, set()).add(name)
    assert readers == {
        "db-secrets": {"postgres"},
        "broker-secrets": {"mosquitto"},
        "app-secrets": {"migrate", "api", "workers", "background", "line"},
        "edge-secrets": {"gateway", "line"},
    }


@every_service
def test_what_a_service_names_exists(name: str) -> None:
    """Mounted files, declared volumes and networks, commands of ours, images with a version."""
    service = SERVICES[name]
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert (REPOSITORY / source).is_file() if source.startswith("./") else source in COMPOSE["volumes"]
    assert all(network in COMPOSE["networks"] for network in service.get("networks", []))
    assert all(other in SERVICES for other in service.get("depends_on", {}))
    command = service.get("command", [])
    if command and command[0] == "kouan":
        assert command[1] in _VERBS
    if command[:1] == ["/bin/sh"]:
        assert (REPOSITORY / command[1].removeprefix("/app/")).is_file()
    assert re.fullmatch(r"[a-z/-]+:[\w.-]+", service["image"])
    assert not service["image"].endswith(":latest")


def test_compose_itself_accepts_the_file() -> None:
    """The judge is the client, where it is installed with its plugin."""
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed")
    checked = subprocess.run(
        [docker, "compose", "config", "--quiet"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_the_shipped_broker_has_the_limits_that_lose_nothing() -> None:
    """deploy/mosquitto.conf and the embedded broker agree on every limit."""
    lines = [line for line in (DEPLOY / "mosquitto.conf").read_text().splitlines() if line and line[0] != "#"]
    given = dict(line.split(" ", 1) for line in lines if not line.startswith("log_type"))
    assert {name: given[name] for name in LIMITS} == LIMITS
    assert given["allow_anonymous"] == "false"


@pytest.mark.parametrize("file", ["gateway.yaml", "simulated-line.yaml"])
def test_the_shipped_gateways_can_be_read(file: str, tmp_path: Path) -> None:
    """A configuration that its own program refuses is no example."""
    secret = tmp_path / "secret"
    secret.write_text("made by init")
    config = tmp_path / file
    config.write_text((DEPLOY / file).read_text().replace("/run/kouan-edge/mqtt_gateway", str(secret)))
    assert load(config).site == "sfh-s"


@pytest.mark.parametrize(
    "file", sorted([*DEPLOY.glob("*.sh"), *(REPOSITORY / "scripts").glob("*.sh")]), ids=lambda f: f.name
)
def test_scripts_are_posix_shell_and_stop_at_errors(file: Path) -> None:
    """Debian's sh is dash; a script that goes on after an error makes half an installation."""
    assert subprocess.run(["sh", "-n", file], capture_output=True, check=False).returncode == 0
    text = file.read_text()
    assert text.startswith("#!/bin/sh\n")
    assert "\nset -eu\n" in text
    assert "://" not in text.replace("postgresql+asyncpg://", "")


def test_continuous_integration_runs_what_everybody_can_run() -> None:
    """One entry, executable, no secret steps."""
    entry = REPOSITORY / ".ci" / "run"
    assert entry.stat().st_mode & 0o111
    assert "exec make test" in entry.read_text()
