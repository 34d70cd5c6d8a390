"""From a parsed address to an open link."""

from devices.transports.address import (
    HttpAddress,
    LinkAddress,
    ListenAddress,
    MqttAddress,
    ReplayAddress,
    SerialAddress,
    UrlAddress,
)
from devices.transports.http_listen import HttpLink
from devices.transports.link import ByteLink
from devices.transports.replay import ReplayLink
from devices.transports.serial_port import SerialLink
from devices.transports.tcp_client import TcpLink
from devices.transports.tcp_server import ListenLink


async def open_link(address: LinkAddress) -> ByteLink:
    """Open the link of an address, or raise LinkRefused."""
    match address:
        case SerialAddress():
            return SerialLink.open(address)
        case ListenAddress():
            return await ListenLink.open(address)
        case HttpAddress():
            return await HttpLink.open(address)
        case ReplayAddress():
            return ReplayLink.open(address)
        case UrlAddress():
            # Imported here: threads and a broker's client are paid for only by who uses them.
            from devices.transports.url_port import UrlLink

            return await UrlLink.open(address)
        case MqttAddress():
            from devices.transports.mqtt_topic import MqttLink

            return await MqttLink.open(address)
    return await TcpLink.open(address)
