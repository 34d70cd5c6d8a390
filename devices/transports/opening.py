"""From a parsed address to an open link."""

from devices.transports.address import LinkAddress, SerialAddress
from devices.transports.link import ByteLink
from devices.transports.serial_port import SerialLink
from devices.transports.tcp_client import TcpLink


async def open_link(address: LinkAddress) -> ByteLink:
    """Open the link of an address, or raise LinkRefused."""
    if isinstance(address, SerialAddress):
        return SerialLink.open(address)
    return await TcpLink.open(address)
