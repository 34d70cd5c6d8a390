"""Make the secrets of an installation in containers, once: `python -m wms.launch.make_secrets ROOT`.

    ROOT/db/password            for the database's first start               owner: the postgres image's user
    ROOT/broker/passwords, acl  what Mosquitto reads: hashes and rules       owner: the mosquitto image's user
    ROOT/app/db_password, mqtt_wms                                           owner: our user
    ROOT/edge/mqtt_gateway                                                   owner: our user

Each folder is a volume of its own, so that a service sees its own secrets and no others. What exists is kept: the second
run changes nothing but the broker's two files, which are derived from the secrets and from the lines given.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from wms.launch.broker_users import BrokerUser, gateway_rules, generate_secret, warehouse_rules
from wms.launch.mosquitto_files import access_rules, passwords

_POSTGRES_UID = 999  # postgres:18 (Debian)
_MOSQUITTO_UID = 1883  # eclipse-mosquitto:2
OUR_UID = 10_001  # deploy/Dockerfile


def make_secrets(root: Path, gateway: str, lines: Sequence[str], give: Callable[[Path, int], None]) -> None:
    """Write all secrets below `root`; `give(path, uid)` hands a path to the user who may read it."""
    database = _kept(root / "app" / "db_password", OUR_UID, give)
    _write(root / "db" / "password", database, _POSTGRES_UID, give)
    site = lines[0].split("/")[0]
    users = [
        BrokerUser("wms", _kept(root / "app" / "mqtt_wms", OUR_UID, give), warehouse_rules()),
        BrokerUser(
            f"gw-{site}-{gateway}",
            _kept(root / "edge" / "mqtt_gateway", OUR_UID, give),
            gateway_rules(site, gateway, *lines),
        ),
    ]
    broker = root / "broker"
    if not _are_of(broker / "passwords", users):
        _write(broker / "passwords", passwords(users), _MOSQUITTO_UID, give)
    _write(broker / "acl", access_rules(users), _MOSQUITTO_UID, give)


def _kept(file: Path, uid: int, give: Callable[[Path, int], None]) -> str:
    """The secret in `file`, made if it is not there yet."""
    if not file.exists():
        _write(file, generate_secret(), uid, give)
    return file.read_text().strip()


def _are_of(file: Path, users: Sequence[BrokerUser]) -> bool:
    """Whether the password file names exactly these users; their secrets never change by themselves."""
    names = [line.split(":")[0] for line in file.read_text().splitlines()] if file.exists() else []
    return names == [user.name for user in users]


def _write(file: Path, text: str, uid: int, give: Callable[[Path, int], None]) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400), "w") as out:
        out.write(text)
    give(draft, uid)
    draft.replace(file)
    file.parent.chmod(0o700)
    give(file.parent, uid)


def _chown(path: Path, uid: int) -> None:
    os.chown(path, uid, uid)


def main(argv: Sequence[str] | None = None) -> None:
    """Make the secrets, and hand over empty volumes that an image would leave to root."""
    parser = argparse.ArgumentParser(description="Make the secrets of an installation in containers.")
    parser.add_argument("root", type=Path)
    parser.add_argument("--gateway", default="gw1")
    parser.add_argument("--line", action="append", metavar="SITE/AREA/LINE", help="a line of this gateway")
    parser.add_argument("--own", action="append", default=[], type=Path, metavar="DIR", help="give DIR to our user")
    given = parser.parse_args(argv)
    make_secrets(given.root, given.gateway, given.line or ["sfh-s/hall/s1"], _chown)
    for directory in given.own:
        _chown(directory, OUR_UID)


if __name__ == "__main__":
    main()
