"""Link URLs: what is meant, or why not."""

import pytest

from devices.transports.address import BadLinkUrl, SerialAddress, TcpAddress, parse_link


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("serial:/dev/ttyUSB0", SerialAddress("/dev/ttyUSB0")),
        ("serial:/dev/ttyS0?baud=115200", SerialAddress("/dev/ttyS0", 115_200)),
        ("serial:tty/scale1?baud=9600&bytesize=7&parity=e&stopbits=2", SerialAddress("tty/scale1", 9600, 7, "E", 2)),
        ("serial:/dev/x?baud=250000&stopbits=1.5", SerialAddress("/dev/x", 250_000, stopbits=1.5)),
        ("tcp:10.0.0.7:5000", TcpAddress("10.0.0.7", 5000)),
        ("tcp:[::1]:5000", TcpAddress("::1", 5000)),
    ],
)
def test_a_good_url_is_understood(url: str, address: object) -> None:
    assert parse_link(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "", "usb:1", "serial:", "serial:?baud=9600", "serial:/dev/x?baud=fast", "serial:/dev/x?baud=7", "tcp:", "tcp:host",
        "serial:/dev/x?bytesize=9", "serial:/dev/x?parity=", "serial:/dev/x?stopbits=3", "serial:/dev/x?flow=hard",
        "tcp:host:", "tcp:host:0", "tcp:host:70000", "tcp:host:x", "tcp::5000", "serial:/dev/x?baud=nan",
    ],
)  # fmt: skip
def test_a_bad_url_is_refused(url: str) -> None:
    with pytest.raises(BadLinkUrl):
        parse_link(url)
