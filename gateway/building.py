"""From the configuration of a sorter to the names of its chutes."""

from collections.abc import Callable

from devices.drivers.numbered_chutes import NumberedChutes
from devices.drivers.osip_places import Places
from devices.drivers.settings import SorterDevice
from devices.protocols.osip_profile import PLACE_OF_KIND
from gateway.settings import AnySorter


def chutes_of(device: AnySorter) -> Callable[[str], bool]:
    """Whether a chute of this sorter can be called so."""
    if isinstance(device, SorterDevice):
        places = PLACE_OF_KIND if device.places is None else {**PLACE_OF_KIND, **device.places}
        return Places(device.sorter, places).has_chute
    return NumberedChutes(device.chute_pattern, device.chutes).has_chute
