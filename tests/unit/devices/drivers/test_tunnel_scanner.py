"""A scanner's frames become scans; everything else becomes noise, and half frames never glue together."""

from hypothesis import given
from hypothesis import strategies as st

from devices.contract.events import Code, Scan
from devices.drivers.outputs import Noise, Report
from devices.drivers.tunnel_scanner import TunnelScanner
from devices.protocols.plain_serial import ScannerFormat

TID = "17951634900000000017"
GOOD = b"\x02" + TID.encode() + b",]C0RX842588876CN\r\n"


def scans(driver: TunnelScanner, *chunks: bytes) -> list[Scan]:
    out = [output for chunk in chunks for output in driver.feed(chunk, 0.0)]
    return [output.body for output in out if isinstance(output, Report) and isinstance(output.body, Scan)]


def test_a_frame_is_a_scan_with_its_tracking_id() -> None:
    (scan,) = scans(TunnelScanner(ScannerFormat()), GOOD)
    assert scan == Scan(tid=TID, outcome="good", codes=[Code(symbology="C0", text="RX842588876CN")])


def test_the_no_read_string_of_this_scanner_is_a_no_read() -> None:
    driver = TunnelScanner(ScannerFormat(no_read="9999"))
    (scan,) = scans(driver, b"\x02" + TID.encode() + b",9999\r\n")
    assert (scan.outcome, scan.codes) == ("no_read", [])


def test_a_missing_index_is_a_scan_of_nobody_knows_what() -> None:
    (scan,) = scans(TunnelScanner(ScannerFormat()), b"\x02?,]C0RX842588876CN\r\n")
    assert scan.tid is None


def test_a_half_frame_from_before_the_unplug_is_forgotten() -> None:
    driver = TunnelScanner(ScannerFormat())
    assert scans(driver, GOOD[:30]) == []
    driver.connected(1.0)
    assert scans(driver, GOOD[30:]) == []
    assert len(scans(driver, GOOD)) == 1


def test_more_codes_than_the_contract_carries_are_noise_not_an_exception() -> None:
    many = b";".join(b"]C0%d" % number for number in range(33))
    (output,) = TunnelScanner(ScannerFormat()).feed(b"\x02" + TID.encode() + b"," + many + b"\r\n", 0.0)
    assert isinstance(output, Noise)


@given(st.lists(st.one_of(st.just(GOOD), st.binary(max_size=40)), max_size=12), st.data())
def test_any_bytes_in_any_split_never_raise(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    driver = TunnelScanner(ScannerFormat())
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        driver.feed(stream[:size], 0.0)
        stream = stream[size:]
