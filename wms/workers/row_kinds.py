"""Which kinds of rows may be imported. A slice that makes a kind is entered here, for the server and the worker alike."""

from typing import Any

from wms.imports.item_rows import ItemRows
from wms.imports.location_rows import LocationRows
from wms.imports.opening_rows import OpeningRows
from wms.imports.party_rows import PartyRows
from wms.imports.row_kind import RowKind

_KINDS: tuple[RowKind[Any], ...] = (ItemRows(), PartyRows(), LocationRows(), OpeningRows())
ROW_KINDS = {kind.name: kind for kind in _KINDS}
