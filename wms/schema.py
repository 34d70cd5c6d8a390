"""All tables of all slices, so that Alembic and the tests see one whole metadata."""

from wms.access import tables as _access
from wms.catalog import tables as _catalog
from wms.coldchain import tables as _coldchain
from wms.counting import tables as _counting
from wms.equipment import tables as _equipment
from wms.imports import tables as _imports
from wms.inbound import tables as _inbound
from wms.inside import tables as _inside
from wms.inspection import tables as _inspection
from wms.kit import facts as _facts
from wms.kit import idempotency as _idempotency
from wms.kit import inbox as _inbox
from wms.kit import outbox as _outbox
from wms.kit.schema import metadata
from wms.labels import tables as _labels
from wms.outbound import tables as _outbound
from wms.ownership import tables as _ownership
from wms.parcels import tables as _parcels
from wms.parties import tables as _parties
from wms.putaway import tables as _putaway
from wms.returns import tables as _returns
from wms.sites import tables as _sites
from wms.sorting import tables as _sorting
from wms.stock import tables as _stock
from wms.tasks import tables as _tasks
from wms.transfers import tables as _transfers
from wms.transport import tables as _transport
from wms.webhooks import tables as _webhooks

__all__ = ["metadata"]

_ALL = (
    *(
        _access,
        _catalog,
        _equipment,
        _facts,
        _idempotency,
        _inbound,
        _inbox,
        _outbound,
        _outbox,
        _parcels,
        _parties,
        _sites,
    ),
    *(_inside, _counting),
    *(_imports, _labels),
    *(_sorting, _stock, _tasks, _putaway),
    _webhooks,
    *(_ownership, _coldchain),
    *(_transfers, _returns),
    _inspection,
    _transport,
)
