"""The three files of a Mosquitto broker, as text: configuration, passwords, access rules.

The limits are the reason this file exists: with Mosquitto's defaults (1000 queued, 20 in flight) a consumer that
acknowledges after its commit lost 3434 of 5000 QoS 1 messages. docker-compose ships the same limits.
"""

from collections.abc import Sequence
from pathlib import Path

from wms.launch.broker_users import BrokerUser, password_hash

LIMITS = {
    "max_queued_messages": "100000",  # per client; an hour of a line at 20,000 parcels/h while the WMS is away
    "max_inflight_messages": "2000",  # more than any ingest batch: acknowledgement waits for the commit
    "max_packet_size": "4194304",  # a directory bucket is under 1 MB; nobody may make the broker hold more
    "persistent_client_expiration": "30d",  # a gateway that is gone for good must not fill the disk
    "persistence": "true",
    "autosave_interval": "60",
    "set_tcp_nodelay": "true",
    "allow_anonymous": "false",
}


def configuration(directory: Path, port: int, address: str = "127.0.0.1") -> str:
    """`mosquitto.conf` for a broker that keeps everything in `directory`."""
    lines = [
        "per_listener_settings false",
        *(f"{name} {value}" for name, value in LIMITS.items()),
        f"persistence_location {directory}/",
        f"password_file {directory / 'passwords'}",
        f"acl_file {directory / 'acl'}",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "log_timestamp_format %Y-%m-%dT%H:%M:%S%z",
        f"listener {port} {address}",
    ]
    if any("\n" in line for line in lines):
        raise ValueError(f"a path with a line break cannot be configured: {directory}")
    return "\n".join(lines) + "\n"


def passwords(users: Sequence[BrokerUser]) -> str:
    """The password file: names and salted hashes."""
    return "".join(f"{user.name}:{password_hash(user.password)}\n" for user in users)


def access_rules(users: Sequence[BrokerUser]) -> str:
    """The ACL file. Without a `pattern` or a leading `topic` line nothing is granted to everybody."""
    blocks = [
        "\n".join([f"user {user.name}", *(f"topic {rule.access} {rule.topic_filter}" for rule in user.rules)])
        for user in users
    ]
    return "\n\n".join(blocks) + "\n"
