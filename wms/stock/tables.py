"""Places, units, and two ledgers: where every unit is, and how much of what lies where.

A *place* is anything goods can be in: a location, or another unit (a bag, a pallet). Locations and units are places, so both
journals have one pair of columns for them. A *virtual* location (outside, lost, scrapped, workshop) stands for what the site
does not hold; its balances are not kept.

`journal` and `balance` are the ledger of handling units. `stock_entry` and `stock` are the ledger of quantities: a stock row
lies in a place and moves with it, so a pallet of three levels moves by one row. Both journals are append-only, held by
triggers; functions.sql is the only writer of the quantities.
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata

CUSTOMS_STATUSES = ("duty_unpaid", "free", "export_released", "under_inspection", "detained", "foreign")
CONDITIONS = ("good", "quality_check", "damaged", "quarantine", "returned")
LOCATION_KINDS = (
    *("outside", "lost", "scrapped", "workshop"),  # virtual, except `lost` of a sorting line, which keeps units
    *("line", "chute", "storage", "pick", "dock", "quality", "staging", "packing", "transit"),
)
UNIT_KINDS = ("parcel", "bag", "case", "tote", "cart", "pallet", "container")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({','.join(repr(value) for value in values)})"


class _PlaceColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    kind = sa.Column(sa.String(8), nullable=False)


place = sa.Table("place", metadata, _PlaceColumns, sa.CheckConstraint("kind IN ('location','unit')", name="kind"))


class _LocationColumns(TypedColumns):
    id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    name = sa.Column(sa.String(60), nullable=False)  # what its label says; never changed
    kind = sa.Column(sa.String(16), nullable=False)
    virtual = sa.Column(sa.Boolean, nullable=False)
    enabled = sa.Column(sa.Boolean, nullable=False, server_default=sa.true())
    zone = sa.Column(sa.String(20), nullable=True)
    aisle = sa.Column(sa.String(10), nullable=True)
    bay = sa.Column(sa.String(10), nullable=True)
    level = sa.Column(sa.String(10), nullable=True)
    position = sa.Column(sa.String(10), nullable=True)
    path_order = sa.Column(sa.Integer, nullable=True)  # along the walk through the house
    x_mm = sa.Column(sa.Integer, nullable=True)
    y_mm = sa.Column(sa.Integer, nullable=True)
    abc = sa.Column(sa.String(1), nullable=True)
    # Limits. NULL: none. A place with any of them is checked under its lock at every arrival (functions.sql).
    temperature = sa.Column(sa.String(8), nullable=True)
    customs_statuses = sa.Column(Json, nullable=True)  # the statuses that may lie here
    max_weight_g = sa.Column(sa.BigInteger, nullable=True)
    max_volume_mm3 = sa.Column(sa.BigInteger, nullable=True)
    max_units = sa.Column(sa.Integer, nullable=True)
    max_height_mm = sa.Column(sa.Integer, nullable=True)
    mixing = sa.Column(sa.String(12), nullable=True)  # one_item, one_lot, one_owner
    dangerous_classes = sa.Column(Json, nullable=True)  # the classes that may lie here; NULL: not limited
    limited = sa.Column(
        sa.Boolean,
        sa.Computed(
            "temperature IS NOT NULL OR customs_statuses IS NOT NULL OR max_weight_g IS NOT NULL"
            " OR max_volume_mm3 IS NOT NULL OR max_units IS NOT NULL OR max_height_mm IS NOT NULL"
            " OR mixing IS NOT NULL OR dangerous_classes IS NOT NULL",
            persisted=True,
        ),
        nullable=False,
    )


location = sa.Table(
    "location",
    metadata,
    _LocationColumns,
    sa.UniqueConstraint("site", "name"),
    sa.Index("ix_location_site_kind_path", "site", "kind", "path_order"),
    sa.CheckConstraint(_one_of("kind", LOCATION_KINDS), name="kind"),
    sa.CheckConstraint("mixing IN ('one_item','one_lot','one_owner')", name="mixing"),
    sa.CheckConstraint("temperature IN ('ambient','chilled','frozen')", name="temperature"),
)


class _UnitColumns(TypedColumns):
    id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), primary_key=True)
    kind = sa.Column(sa.String(12), nullable=False)
    place_id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), nullable=False, index=True)
    # The location at the root of its tree, kept by the only code that moves units.
    location_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=True, index=True)
    chain = sa.Column(sa.String(64), nullable=False)  # digest of the unit's last journal row
    sscc = sa.Column(sa.String(18), nullable=True)
    label = sa.Column(sa.String(60), nullable=True)  # a licence plate of another kind: tote number, waybill
    weight_g = sa.Column(sa.BigInteger, nullable=True)  # as weighed, with its contents
    height_mm = sa.Column(sa.Integer, nullable=True)
    volume_mm3 = sa.Column(sa.BigInteger, nullable=True)


unit = sa.Table(
    "unit",
    metadata,
    _UnitColumns,
    sa.UniqueConstraint("sscc"),
    sa.Index("ix_unit_label", "label"),
    sa.CheckConstraint(_one_of("kind", UNIT_KINDS), name="kind"),
    sa.CheckConstraint("id <> place_id", name="not_in_itself"),
)


class _JournalColumns(TypedColumns):
    id = sa.Column(sa.BigInteger, sa.Identity(), primary_key=True)
    unit_id = sa.Column(sa.Uuid, sa.ForeignKey("unit.id"), nullable=False)
    from_place_id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), nullable=False)
    to_place_id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), nullable=False)
    happened_at = sa.Column(Instant, nullable=False)  # at the machine or in the hand
    recorded_at = sa.Column(Instant, nullable=False)  # in this database
    cause = sa.Column(sa.String(32), nullable=False)
    cause_id = sa.Column(sa.Uuid, nullable=False)  # the event or command; once per unit
    actor_id = sa.Column(sa.Uuid, nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)


journal = sa.Table(
    "journal",
    metadata,
    _JournalColumns,
    sa.UniqueConstraint("unit_id", "cause_id"),
    sa.Index("ix_journal_to_place_id_happened_at", "to_place_id", "happened_at"),
)


class _BalanceColumns(TypedColumns):
    place_id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), primary_key=True)
    units = sa.Column(sa.Integer, nullable=False)


balance = sa.Table("balance", metadata, _BalanceColumns, sa.CheckConstraint("units >= 0", name="not_negative"))


class _SsccCounterColumns(TypedColumns):
    company_prefix = sa.Column(sa.String(12), primary_key=True)
    next_serial = sa.Column(sa.BigInteger, nullable=False)


sscc_counter = sa.Table("sscc_counter", metadata, _SsccCounterColumns)


class _LotColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    lot_no = sa.Column(sa.String(60), nullable=False)
    produced_on = sa.Column(sa.Date, nullable=True)
    best_before_on = sa.Column(sa.Date, nullable=True)
    expires_on = sa.Column(sa.Date, nullable=True)


lot = sa.Table("lot", metadata, _LotColumns, sa.UniqueConstraint("item_id", "lot_no"))


class _SerialColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    serial_no = sa.Column(sa.String(60), nullable=False)


serial = sa.Table("serial", metadata, _SerialColumns, sa.UniqueConstraint("item_id", "serial_no"))


class _AccountLineColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    account_no = sa.Column(sa.String(20), nullable=False)  # 账册号
    line_no = sa.Column(sa.Integer, nullable=False)  # 项号
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)  # what the account says is physically there


account_line = sa.Table(
    "account_line",
    metadata,
    _AccountLineColumns,
    sa.UniqueConstraint("account_no", "line_no"),
    sa.CheckConstraint("quantity >= 0", name="not_negative"),
)


class _StockColumns(TypedColumns):
    id = sa.Column(
        sa.Uuid, primary_key=True
    )  # the digest of the dimensions (stock_key.py): equal goods meet in one row
    place_id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), nullable=False)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    lot_id = sa.Column(sa.Uuid, sa.ForeignKey("lot.id"), nullable=True)
    serial_id = sa.Column(sa.Uuid, sa.ForeignKey("serial.id"), nullable=True)
    customs_status = sa.Column(sa.String(16), nullable=False)
    account_line_id = sa.Column(sa.Uuid, sa.ForeignKey("account_line.id"), nullable=True)
    condition = sa.Column(sa.String(16), nullable=False)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    reserved = sa.Column(sa.Numeric(18, 6), nullable=False)  # promised to orders: reservation rows
    held = sa.Column(sa.Numeric(18, 6), nullable=False)  # pledged: the part that may not leave
    weight_g = sa.Column(sa.BigInteger, nullable=False)  # of catch-weight items; else 0
    first_at = sa.Column(Instant, nullable=False)  # when goods first came to this row; FIFO goes by it
    # The serial while it is here. No index looks at `quantity`, so that a posting rewrites none (heap-only updates).
    present_serial_id = sa.Column(sa.Uuid, nullable=True)
    chain = sa.Column(sa.LargeBinary, nullable=False)


stock = sa.Table(
    "stock",
    metadata,
    _StockColumns,
    sa.Index("ix_stock_place_id", "place_id"),
    sa.Index("ix_stock_item_id", "item_id"),
    sa.Index("ix_stock_lot_id", "lot_id", postgresql_where=sa.text("lot_id IS NOT NULL")),
    sa.Index("ix_stock_account_line_id", "account_line_id", postgresql_where=sa.text("account_line_id IS NOT NULL")),
    # One constraint, as PostgreSQL reads each anew at every update. Statuses and conditions are checked where rows are opened.
    sa.CheckConstraint(
        "quantity >= 0 AND weight_g >= 0 AND reserved >= 0 AND held >= 0 AND reserved + held <= quantity"
        " AND (serial_id IS NULL OR quantity <= 1)",
        name="balance",
    ),
    # Deferred to the commit: while a serial moves, both of its rows hold it for a moment.
    sa.UniqueConstraint("present_serial_id", name="uq_stock_present_serial_id", deferrable=True, initially="DEFERRED"),
    postgresql_with={"fillfactor": 80},
)


class _StockEntryColumns(TypedColumns):
    id = sa.Column(sa.BigInteger, sa.Identity(), primary_key=True)
    posting_id = sa.Column(sa.Uuid, nullable=False)  # the command: all its entries share it
    # Either end is NULL when it lies outside; then the place says which outside. No foreign key: a row is never removed.
    from_stock_id = sa.Column(sa.Uuid, nullable=True)
    to_stock_id = sa.Column(sa.Uuid, nullable=True)
    from_place_id = sa.Column(sa.Uuid, nullable=False)
    to_place_id = sa.Column(sa.Uuid, nullable=False)
    item_id = sa.Column(sa.Uuid, nullable=False)
    owner_id = sa.Column(sa.Uuid, nullable=False)  # before; after is on the row of `to_stock_id`
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    weight_g = sa.Column(sa.BigInteger, nullable=False)
    cause = sa.Column(sa.String(32), nullable=False)
    document_id = sa.Column(sa.Uuid, nullable=True)  # order line, notice line, count … that it fulfils
    reverses_id = sa.Column(sa.BigInteger, nullable=True)
    happened_at = sa.Column(Instant, nullable=False)
    recorded_at = sa.Column(Instant, nullable=False)
    actor_id = sa.Column(sa.Uuid, nullable=False)
    digest = sa.Column(sa.LargeBinary, nullable=False)


stock_entry = sa.Table(
    "stock_entry",
    metadata,
    _StockEntryColumns,
    sa.Index("ix_stock_entry_from", "from_stock_id", postgresql_where=sa.text("from_stock_id IS NOT NULL")),
    sa.Index("ix_stock_entry_to", "to_stock_id", postgresql_where=sa.text("to_stock_id IS NOT NULL")),
    sa.Index("ix_stock_entry_clocks", "happened_at", "recorded_at", postgresql_using="brin"),
    sa.Index("ix_stock_entry_document_id", "document_id", postgresql_where=sa.text("document_id IS NOT NULL")),
    sa.Index(
        "uq_stock_entry_reverses_id", "reverses_id", unique=True, postgresql_where=sa.text("reverses_id IS NOT NULL")
    ),
    sa.CheckConstraint("quantity > 0 AND num_nonnulls(from_stock_id, to_stock_id) > 0", name="moves_something"),
)


class _ReservationColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    stock_id = sa.Column(sa.Uuid, sa.ForeignKey("stock.id"), nullable=False)
    demand_id = sa.Column(sa.Uuid, nullable=False)  # the order line, transfer line or kit that wants it
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)  # what is still reserved; 0 once consumed or released
    created_at = sa.Column(Instant, nullable=False)


reservation = sa.Table(
    "reservation",
    metadata,
    _ReservationColumns,
    sa.Index("ix_reservation_open_stock", "stock_id", postgresql_where=sa.text("quantity > 0")),
    sa.Index("ix_reservation_demand_id", "demand_id"),
    sa.CheckConstraint("quantity >= 0", name="not_negative"),
)


class _HoldColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    # Each given selector narrows: lot and site together hold that lot at that site.
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=True)
    lot_id = sa.Column(sa.Uuid, sa.ForeignKey("lot.id"), nullable=True)
    unit_id = sa.Column(sa.Uuid, sa.ForeignKey("unit.id"), nullable=True)  # with everything in it
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=True)
    location_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=True)
    hs_prefix = sa.Column(sa.String(10), nullable=True)
    reason = sa.Column(sa.String(24), nullable=False)
    note = sa.Column(sa.String(200), nullable=False)
    placed_at = sa.Column(Instant, nullable=False)
    placed_by = sa.Column(sa.String(60), nullable=False)
    released_at = sa.Column(Instant, nullable=True)
    released_by = sa.Column(sa.String(60), nullable=True)
    release_note = sa.Column(sa.String(200), nullable=True)


HOLD_REASONS = (
    "recall",
    "quality",
    "customs",
    "excursion",
    "damage",
    "owner",
    "count",
    "credit",
    "expiry",
    "inspection",
)
hold = sa.Table(
    "stock_hold",
    metadata,
    _HoldColumns,
    sa.Index("ix_stock_hold_active", "placed_at", postgresql_where=sa.text("released_at IS NULL")),
    sa.CheckConstraint(_one_of("reason", HOLD_REASONS), name="reason"),
    sa.CheckConstraint(
        "num_nonnulls(item_id, lot_id, unit_id, owner_id, location_id, site, hs_prefix) > 0", name="selects_something"
    ),
)


class _SegregationColumns(TypedColumns):
    one_class = sa.Column(sa.String(3), primary_key=True)
    other_class = sa.Column(sa.String(3), primary_key=True)  # one_class <= other_class, as text


segregation = sa.Table("dangerous_segregation", metadata, _SegregationColumns)  # pairs that may not share a location
