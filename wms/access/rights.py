"""Roles and their rights, as one table. Pure.

A right is `subject.action`. Roles are the people of a border site; a device or an integration is a role too, so that no
machine ever holds a person's rights.
"""

_KNOWN = frozenset({"party.read", "item.read", "location.read"})
_READ = _KNOWN | frozenset(
    {
        "site.read",
        "line.read",
        "parcel.read",
        "bag.read",
        "manifest.read",
        "task.read",
        "label.decode",
        "stock.read",
        "order.read",
        "transfer.read",
        "return.read",
    }
)
_MASTER_DATA = frozenset({"party.write", "item.write", "location.write", "import.run", "label.write", "label.print"})
_FLOOR = _READ | {"parcel.move", "bag.close", "task.take", "stock.move"}

_PICKING = frozenset({"pick.work", "pack.work", "load.work"})
_OUTBOUND = _PICKING | {
    "order.write",
    "order.allocate",
    "wave.write",
    "pack.override",
    "load.dispatch",
    "delivery.record",
    "outbound.bulk",
}

_RECEIVING = frozenset({"notice.announce", "notice.read", "quality.read", "receipt.post", "putaway.do"})
_INBOUND = _RECEIVING | {
    "receipt.bulk",
    "receipt.undo",
    "notice.close",
    "discrepancy.settle",
    "quality.plan",
    "quality.record",
    "putaway.plan",
}

_INSIDE_WORK = frozenset({"unit.work", "replenish.do", "count.do", "kit.do", "scrap.request"})
_INSIDE = _INSIDE_WORK | {
    "replenish.plan",
    "count.plan",
    "count.approve",
    "bill.write",
    "scrap.approve",
    "slotting.read",
    "labour.read",
}

_TRANSFERS = frozenset({"transfer.write", "transfer.ship", "transfer.receive", "claim.settle"})
_RETURNS = frozenset({"return.write", "return.receive", "return.inspect"})

_OWNER_READING = frozenset({"owner.report", "consignment.read", "warehouse_receipt.read", "excursion.read"})
_OWNERSHIP = _OWNER_READING | {
    "consignment.pull",
    "warehouse_receipt.write",
    "warehouse_receipt.move",
    "pledge.write",
    "pledge.release",
}
_COLD_CHAIN = frozenset({"cold_zone.write", "probe.read", "probe.report", "excursion.read", "excursion.release"})

_INSPECTION = frozenset({"scan.read", "review.do", "review.lead", "opening.do", "inspection.measure"})

_TRANSPORT = frozenset({"transport.read", "transport.plan", "transport.accept", "timetable.write", "departure.report"})

ROLES: dict[str, frozenset[str]] = {
    "administrator": _FLOOR
    | _MASTER_DATA
    | _OUTBOUND
    | _INBOUND
    | _INSIDE
    | _TRANSFERS
    | _RETURNS
    | {
        "manifest.announce",
        "task.lead",
        "parcel.hold",
        "parcel.person",
        "plan.write",
        "device.command",
        "alarm.acknowledge",
        "parked.read",
        "user.write",
        "audit.read",
        "stock.correct",
        "hold.write",
        "webhook.write",
        "handheld.write",
        "fact.read",
        "customs.release",
    }
    | _OWNERSHIP
    | _COLD_CHAIN
    | {"consignment.write", "pledge.price"}
    | _INSPECTION
    | _TRANSPORT
    | {"scan.write", "scanner.write"},
    "shift_leader": _FLOOR
    | (_MASTER_DATA - {"party.write"})
    | _OUTBOUND
    | _INBOUND
    | _INSIDE
    | _TRANSFERS
    | _RETURNS
    | {
        "handheld.write",
        "fact.read",
        "manifest.announce",
        "task.lead",
        "parcel.hold",
        "parcel.person",
        "plan.write",
        "alarm.acknowledge",
        "parked.read",
        "audit.read",
        "stock.correct",
        "hold.write",
    }
    | {"transport.read", "departure.report"}
    | _OWNERSHIP
    | _COLD_CHAIN
    | _INSPECTION,
    "receiver": _FLOOR
    | _RECEIVING
    | _INSIDE_WORK
    | {"label.print", "manifest.announce", "transfer.receive", "return.receive"},
    "picker": _FLOOR | _PICKING | _INSIDE_WORK | {"label.print", "putaway.do", "transfer.ship"},
    "sorter_operator": _FLOOR | {"alarm.acknowledge"},
    "chute_emptier": _FLOOR,
    "inspector": _FLOOR
    | {"notice.read", "quality.read", "quality.record", "parcel.hold", "parcel.person", "hold.write"}
    | {"return.inspect"}
    | frozenset({"probe.read", "excursion.read", "excursion.release"})
    | {"scan.read", "opening.do"},
    "image_reviewer": _READ | {"review.do"},
    "bonded_clerk": _READ
    | {
        "notice.announce",
        "notice.read",
        "item.write",
        "import.run",
        "manifest.announce",
        "customs.release",
        "stock.correct",
        "return.write",
    }
    | _OWNER_READING,
    "planner": _READ
    | {"notice.read", "putaway.plan", "quality.read", "order.allocate", "order.write", "plan.write", "wave.write"}
    | {"replenish.plan", "count.plan", "slotting.read", "transfer.write"}
    | _TRANSPORT
    | _OWNER_READING
    | {"consignment.pull", "consignment.write", "probe.read"},
    "technician": _READ
    | {"device.command", "alarm.acknowledge", "parked.read"}
    | frozenset({"probe.read"})
    | {"scanner.write", "scan.read"},
    "owner_viewer": _KNOWN
    | frozenset({"fact.read", "notice.read", "order.read", "site.read", "stock.read"})
    | frozenset({"transfer.read", "return.read"})
    | _OWNER_READING,
    "customs_officer": _READ
    | {"parcel.hold", "parcel.person", "hold.write", "customs.release", "stock.correct"}
    | {"scan.read", "opening.do", "inspection.instruct", "inspection.measure"},
    "auditor": _READ
    | {"fact.read", "notice.read", "quality.read", "parked.read", "audit.read"}
    | {"transport.read"}
    | _OWNER_READING
    | {"probe.read", "scan.read", "inspection.measure"},
    "integration": _KNOWN
    | frozenset({"delivery.record", "notice.announce", "notice.read", "order.read", "order.write"})
    | frozenset({"item.write", "import.run", "label.print", "manifest.announce", "manifest.read", "parcel.read"})
    | frozenset({"webhook.write", "fact.read"})
    | frozenset({"transfer.read", "transfer.write", "return.read", "return.write"})
    | frozenset({"probe.report"})
    | {"scan.read", "scan.write"},
}


def rights_of(role: str) -> frozenset[str]:
    """The rights of a role; an unknown role has none."""
    return ROLES.get(role, frozenset())
