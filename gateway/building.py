"""From the configuration of a device to its driver."""

from devices.catalogue import LANGUAGES
from devices.drivers.mt_sics_scale import MtSicsScale
from devices.drivers.osip_places import Places
from devices.drivers.osip_sorter import OsipSorter, SorterProfile
from devices.drivers.outputs import Driver
from devices.drivers.streaming_scale import StreamingScale, StreamRules
from devices.drivers.tunnel_scanner import TunnelScanner
from devices.protocols.osip_profile import PLACE_OF_KIND
from devices.protocols.plain_serial import ScannerFormat
from gateway.clock import Clock
from gateway.settings import AnyDevice, ScaleDevice, ScannerDevice, SorterDevice, StreamingScaleDevice


def build_driver(device: AnyDevice, clock: Clock) -> Driver:
    """The driver that speaks this device's language."""
    if isinstance(device, ScannerDevice):
        return TunnelScanner(_scanner_format(device))
    if isinstance(device, ScaleDevice):
        return MtSicsScale(device.answer_within_s)
    if isinstance(device, StreamingScaleDevice):
        rules = StreamRules(device.load_g, device.empty_g, device.settle, device.answer_within_s, device.sample_every_s)
        return StreamingScale(LANGUAGES[device.language].machine.decoder, rules)
    return OsipSorter(_sorter_profile(device), clock.wall)


def _scanner_format(device: ScannerDevice) -> ScannerFormat:
    return ScannerFormat(
        header=device.header.encode(),
        separator=device.separator.encode(),
        terminator=device.terminator.encode(),
        code_separator=device.code_separator.encode(),
        no_read=device.no_read,
        multiple_read=device.multiple_read,
        no_index=device.no_index,
        aim=device.aim,
        index_digits=device.index_digits,
    )


def _sorter_profile(device: SorterDevice) -> SorterProfile:
    return SorterProfile(
        own_name=device.own_name,
        sorter=device.sorter,
        length=device.telegram_length,
        acknowledge=device.acknowledge,
        places=None if device.places is None else {**PLACE_OF_KIND, **device.places},
        reasons=device.errors,
    )


def places_of(device: SorterDevice) -> Places:
    """The names of a sorter's places."""
    return Places(device.sorter, PLACE_OF_KIND if device.places is None else {**PLACE_OF_KIND, **device.places})
