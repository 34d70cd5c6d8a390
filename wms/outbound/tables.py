"""Orders and what is done for them: picks, what was picked, packages, loads, deliveries.

Every quantity of a line is in exactly one place: `quantity = cancelled + reserved + picked + remainder`, and of what was
picked `packed` lies in packages and `shipped` has left. The goods themselves are in the ledger: a pick holds the reservation of
stock in the racks, `picked_goods` the reservation of the same goods in a tote or package.
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, metadata
from wms.stock.tables import CUSTOMS_STATUSES

ORDER_STATES = (
    *("new", "released", "allocated", "partly_allocated", "picking", "packed", "loaded"),
    *("shipped", "cancelled"),
)
STRATEGIES = ("fefo", "fifo", "lifo", "closest")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({','.join(repr(value) for value in values)})"


class _OrderColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    reference = sa.Column(sa.String(60), nullable=False)  # the owner's own number of it
    digest = sa.Column(sa.String(64), nullable=False)  # of what was asked for: a repeated import is recognised by it
    customer = sa.Column(sa.String(60), nullable=False)
    carrier = sa.Column(sa.String(40), nullable=True)
    route = sa.Column(sa.String(40), nullable=True)
    cut_off_at = sa.Column(Instant, nullable=True)
    priority = sa.Column(sa.Integer, nullable=False)  # the larger, the sooner
    strategy = sa.Column(sa.String(8), nullable=False)
    state = sa.Column(sa.String(16), nullable=False)
    wave_id = sa.Column(sa.Uuid, sa.ForeignKey("wave.id"), nullable=True)
    load_id = sa.Column(sa.Uuid, sa.ForeignKey("load.id"), nullable=True)  # what its packages are to go on
    release_ref = sa.Column(sa.String(60), nullable=True)  # of the customs release of unpaid goods
    line_count = sa.Column(sa.Integer, nullable=False)
    created_at = sa.Column(Instant, nullable=False)
    released_at = sa.Column(Instant, nullable=True)
    shipped_at = sa.Column(Instant, nullable=True)


order = sa.Table(
    "outbound_order",
    metadata,
    _OrderColumns,
    sa.UniqueConstraint("owner_id", "reference"),
    sa.Index("ix_outbound_order_site_state", "site", "state", "cut_off_at"),
    sa.Index("ix_outbound_order_wave_id", "wave_id", postgresql_where=sa.text("wave_id IS NOT NULL")),
    sa.Index("ix_outbound_order_load_id", "load_id", postgresql_where=sa.text("load_id IS NOT NULL")),
    sa.CheckConstraint(_one_of("state", ORDER_STATES), name="state"),
    sa.CheckConstraint(_one_of("strategy", STRATEGIES), name="strategy"),
)


class _OrderLineColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    order_id = sa.Column(sa.Uuid, sa.ForeignKey("outbound_order.id"), nullable=False)
    line_no = sa.Column(sa.Integer, nullable=False)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    lot_id = sa.Column(
        sa.Uuid, sa.ForeignKey("lot.id"), nullable=True
    )  # asked for by name; NULL: any that the rules let
    customs_status = sa.Column(sa.String(16), nullable=False)
    min_remaining_days = sa.Column(sa.Integer, nullable=False)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    cancelled = sa.Column(sa.Numeric(18, 6), nullable=False)
    reserved = sa.Column(sa.Numeric(18, 6), nullable=False)  # promised and not yet picked
    picked = sa.Column(sa.Numeric(18, 6), nullable=False)
    packed = sa.Column(sa.Numeric(18, 6), nullable=False)
    shipped = sa.Column(sa.Numeric(18, 6), nullable=False)


order_line = sa.Table(
    "outbound_line",
    metadata,
    _OrderLineColumns,
    sa.UniqueConstraint("order_id", "line_no"),
    sa.Index(
        "ix_outbound_line_open_item",
        "item_id",
        postgresql_where=sa.text("quantity > cancelled + reserved + picked"),
    ),
    sa.CheckConstraint("quantity > 0 AND cancelled + reserved + picked <= quantity", name="sums"),
    sa.CheckConstraint("cancelled >= 0 AND reserved >= 0 AND shipped >= 0", name="not_negative"),
    sa.CheckConstraint("shipped <= packed AND packed <= picked", name="steps"),
    sa.CheckConstraint(_one_of("customs_status", CUSTOMS_STATUSES), name="customs_status"),
)


class _WaveColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    name = sa.Column(sa.String(60), nullable=False)
    carrier = sa.Column(sa.String(40), nullable=True)
    route = sa.Column(sa.String(40), nullable=True)
    zone = sa.Column(sa.String(20), nullable=True)
    cut_off_to = sa.Column(Instant, nullable=True)
    order_count = sa.Column(sa.Integer, nullable=False)
    line_count = sa.Column(sa.Integer, nullable=False)
    created_at = sa.Column(Instant, nullable=False)


wave = sa.Table("wave", metadata, _WaveColumns, sa.Index("ix_wave_site_created_at", "site", "created_at"))


class _PickListColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    zone = sa.Column(sa.String(20), nullable=True)
    wave_id = sa.Column(sa.Uuid, sa.ForeignKey("wave.id"), nullable=True)
    state = sa.Column(sa.String(9), nullable=False)
    stop_count = sa.Column(sa.Integer, nullable=False)
    path_mm = sa.Column(sa.BigInteger, nullable=True)  # NULL where locations have no coordinates
    task_id = sa.Column(sa.Uuid, nullable=True)
    created_at = sa.Column(Instant, nullable=False)


pick_list = sa.Table(
    "pick_list",
    metadata,
    _PickListColumns,
    sa.Index("ix_pick_list_site_created_at", "site", "created_at"),
    sa.CheckConstraint("state IN ('open','done','cancelled')", name="state"),
)


class _PickSlotColumns(TypedColumns):
    list_id = sa.Column(sa.Uuid, sa.ForeignKey("pick_list.id"), primary_key=True)
    slot_no = sa.Column(sa.Integer, primary_key=True)
    order_id = sa.Column(sa.Uuid, sa.ForeignKey("outbound_order.id"), nullable=False)
    unit_id = sa.Column(sa.Uuid, sa.ForeignKey("unit.id"), nullable=True)  # the tote in it


pick_slot = sa.Table("pick_slot", metadata, _PickSlotColumns, sa.UniqueConstraint("list_id", "order_id"))


class _PickColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    order_id = sa.Column(sa.Uuid, sa.ForeignKey("outbound_order.id"), nullable=False)
    line_id = sa.Column(sa.Uuid, sa.ForeignKey("outbound_line.id"), nullable=False)
    stock_id = sa.Column(sa.Uuid, sa.ForeignKey("stock.id"), nullable=False)
    location_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=False)
    reservation_id = sa.Column(sa.Uuid, sa.ForeignKey("reservation.id"), nullable=False)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    picked = sa.Column(sa.Numeric(18, 6), nullable=False)
    state = sa.Column(sa.String(9), nullable=False)
    list_id = sa.Column(sa.Uuid, sa.ForeignKey("pick_list.id"), nullable=True)
    stop_no = sa.Column(sa.Integer, nullable=True)


pick = sa.Table(
    "pick",
    metadata,
    _PickColumns,
    sa.Index("ix_pick_order_id", "order_id"),
    sa.Index("ix_pick_list_id", "list_id", postgresql_where=sa.text("list_id IS NOT NULL")),
    sa.Index("ix_pick_short_stock_id", "stock_id", postgresql_where=sa.text("state = 'short'")),
    sa.CheckConstraint("picked >= 0 AND picked <= quantity AND quantity > 0", name="picked"),
    sa.CheckConstraint("state IN ('open','done','short','released')", name="state"),
)


class _PickedGoodsColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    order_id = sa.Column(sa.Uuid, sa.ForeignKey("outbound_order.id"), nullable=False)
    line_id = sa.Column(sa.Uuid, sa.ForeignKey("outbound_line.id"), nullable=False)
    pick_id = sa.Column(sa.Uuid, sa.ForeignKey("pick.id"), nullable=False)
    unit_id = sa.Column(sa.Uuid, sa.ForeignKey("unit.id"), nullable=False)  # tote, package, or the whole unit picked
    stock_id = sa.Column(sa.Uuid, sa.ForeignKey("stock.id"), nullable=False)
    reservation_id = sa.Column(sa.Uuid, sa.ForeignKey("reservation.id"), nullable=False)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    posting_id = sa.Column(sa.Uuid, nullable=True)  # of its pick; NULL for whole units
    state = sa.Column(sa.String(8), nullable=False)
    picked_by = sa.Column(sa.Uuid, nullable=False)
    picked_at = sa.Column(Instant, nullable=False)


picked_goods = sa.Table(
    "picked_goods",
    metadata,
    _PickedGoodsColumns,
    sa.Index("ix_picked_goods_order_id", "order_id"),
    sa.Index("ix_picked_goods_unit_id", "unit_id"),
    sa.CheckConstraint("quantity > 0", name="quantity"),
    sa.CheckConstraint("state IN ('picked','packed','shipped','undone')", name="state"),
)


class _CartonTypeColumns(TypedColumns):
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), primary_key=True)
    code = sa.Column(sa.String(20), primary_key=True)
    length_mm = sa.Column(sa.Integer, nullable=False)  # inside
    width_mm = sa.Column(sa.Integer, nullable=False)
    height_mm = sa.Column(sa.Integer, nullable=False)
    max_weight_g = sa.Column(sa.Integer, nullable=False)
    tare_g = sa.Column(sa.Integer, nullable=False)


carton_type = sa.Table(
    "carton_type",
    metadata,
    _CartonTypeColumns,
    sa.CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0 AND max_weight_g > 0", name="measures"),
)


class _PackageColumns(TypedColumns):
    unit_id = sa.Column(sa.Uuid, sa.ForeignKey("unit.id"), primary_key=True)
    order_id = sa.Column(sa.Uuid, sa.ForeignKey("outbound_order.id"), nullable=False)
    state = sa.Column(sa.String(8), nullable=False)
    carton = sa.Column(sa.String(20), nullable=True)
    tare_g = sa.Column(sa.Integer, nullable=False)
    expected_weight_g = sa.Column(sa.BigInteger, nullable=True)  # NULL where an item's weight is not known
    weight_g = sa.Column(sa.BigInteger, nullable=True)
    length_mm = sa.Column(sa.Integer, nullable=True)
    width_mm = sa.Column(sa.Integer, nullable=True)
    height_mm = sa.Column(sa.Integer, nullable=True)
    packed_by = sa.Column(sa.Uuid, nullable=False)
    packed_at = sa.Column(Instant, nullable=False)
    weight_accepted_as = sa.Column(sa.String(9), nullable=True)  # how a weight out of tolerance came to be accepted
    weight_accepted_by = sa.Column(sa.Uuid, nullable=True)
    labelled_at = sa.Column(Instant, nullable=True)
    load_id = sa.Column(sa.Uuid, sa.ForeignKey("load.id"), nullable=True)
    loaded_at = sa.Column(Instant, nullable=True)


package = sa.Table(
    "package",
    metadata,
    _PackageColumns,
    sa.Index("ix_package_order_id", "order_id"),
    sa.Index("ix_package_load_id", "load_id", postgresql_where=sa.text("load_id IS NOT NULL")),
    sa.CheckConstraint("state IN ('open','labelled','loaded','shipped')", name="state"),
    sa.CheckConstraint("weight_accepted_as IN ('recount','override')", name="weight_accepted_as"),
)


class _LoadColumns(TypedColumns):
    id = sa.Column(sa.Uuid, sa.ForeignKey("unit.id"), primary_key=True)  # a unit of kind container: packages go into it
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    name = sa.Column(sa.String(60), nullable=False)  # plate of the vehicle, number of the container
    kind = sa.Column(sa.String(9), nullable=False)
    carrier = sa.Column(sa.String(40), nullable=False)
    route = sa.Column(sa.String(40), nullable=True)
    dock_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=False)
    cut_off_at = sa.Column(Instant, nullable=True)
    state = sa.Column(sa.String(8), nullable=False)
    seal_no = sa.Column(sa.String(40), nullable=True)
    created_at = sa.Column(Instant, nullable=False)
    departed_at = sa.Column(Instant, nullable=True)


load = sa.Table(
    "load",
    metadata,
    _LoadColumns,
    sa.Index("ix_load_site_created_at", "site", "created_at"),
    sa.CheckConstraint("kind IN ('vehicle','container')", name="kind"),
    sa.CheckConstraint("state IN ('open','departed')", name="state"),
)


class _DeliveryColumns(TypedColumns):
    order_id = sa.Column(sa.Uuid, sa.ForeignKey("outbound_order.id"), primary_key=True)
    delivered_at = sa.Column(Instant, nullable=False)
    outcome = sa.Column(sa.String(9), nullable=False)
    receiver = sa.Column(sa.LargeBinary, nullable=True)  # sealed
    signature_digest = sa.Column(sa.String(64), nullable=True)
    refusal_reason = sa.Column(sa.String(200), nullable=True)
    recorded_by = sa.Column(sa.Uuid, nullable=False)
    recorded_at = sa.Column(Instant, nullable=False)


delivery = sa.Table(
    "delivery",
    metadata,
    _DeliveryColumns,
    sa.CheckConstraint("outcome IN ('delivered','refused')", name="outcome"),
    sa.CheckConstraint("outcome = 'delivered' OR refusal_reason IS NOT NULL", name="refusal_reason"),
)
