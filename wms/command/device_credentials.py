"""Credentials of devices that speak MQTT themselves, separate from people's: one secret, one subtree.

The embedded broker takes them over while it runs; for an external broker `kouan device-credential` prints the name, the file
of the secret and the rule to enter there.
"""

import json
import sys
from pathlib import Path

from devices.contract.topics import DeviceAddress
from wms.command.gateway_config import GATEWAY, GATEWAY_USER, LINE
from wms.command.places import Home
from wms.launch.broker_users import BrokerUser, device_rules, gateway_rules, warehouse_rules
from wms.settings import Settings


def _registry(home: Home) -> Path:
    return home.root / "devices.json"


def read_devices(home: Home) -> list[str]:
    """Addresses with credentials, sorted."""
    try:
        return sorted(json.loads(_registry(home).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []


def user_name(address: DeviceAddress) -> str:
    return "dev-" + str(address).replace("/", "-")


def secret_file(home: Home, address: DeviceAddress) -> Path:
    return home.secret_file("mqtt_" + user_name(address))


def add_credential(settings: Settings, path: str) -> int:
    """Give a device its credential, or show where the one it has lies."""
    home = Home(settings)
    home.prepare()
    try:
        address = DeviceAddress.parse(path)
    except ValueError as error:
        sys.stderr.write(f"kouan device-credential: {error}\n")
        return 2
    file = secret_file(home, address)
    known = read_devices(home)
    if str(address) not in known:
        fresh = _registry(home).with_suffix(".new")
        fresh.write_text(json.dumps([*known, str(address)]), encoding="utf-8")
        fresh.replace(_registry(home))
    rule = device_rules(address)[0]
    answer = {"user": user_name(address), "password_file": str(file), rule.access: rule.topic_filter}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def broker_users(home: Home, warehouse_file: Path, gateway_file: Path) -> list[BrokerUser]:
    """Everyone who may speak: the warehouse, the gateway, and each device with a credential."""
    users = [
        BrokerUser("wms", _read(warehouse_file), warehouse_rules()),
        BrokerUser(GATEWAY_USER, _read(gateway_file), gateway_rules("sfh-s", GATEWAY, LINE)),
    ]
    for path in read_devices(home):
        address = DeviceAddress.parse(path)
        users.append(BrokerUser(user_name(address), _read(secret_file(home, address)), device_rules(address)))
    return users


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip()
