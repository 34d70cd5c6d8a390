"""Roles and their rights, as one table. Pure.

A right is `subject.action`. Roles are the people of a border site; a device or an integration is a role too, so that no
machine ever holds a person's rights.
"""

_READ = frozenset({"site.read", "line.read", "parcel.read", "bag.read", "manifest.read", "task.read"})
_FLOOR = _READ | {"parcel.move", "bag.close", "task.take"}

ROLES: dict[str, frozenset[str]] = {
    "administrator": _FLOOR
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
    },
    "shift_leader": _FLOOR
    | {
        "manifest.announce",
        "task.lead",
        "parcel.hold",
        "parcel.person",
        "plan.write",
        "alarm.acknowledge",
        "parked.read",
        "audit.read",
    },
    "receiver": _FLOOR | {"manifest.announce"},
    "picker": _FLOOR,
    "sorter_operator": _FLOOR | {"alarm.acknowledge"},
    "chute_emptier": _FLOOR,
    "inspector": _FLOOR | {"parcel.hold", "parcel.person"},
    "image_reviewer": _READ,
    "bonded_clerk": _READ | {"manifest.announce"},
    "planner": _READ | {"plan.write"},
    "technician": _READ | {"device.command", "alarm.acknowledge", "parked.read"},
    "owner_viewer": frozenset({"site.read"}),
    "customs_officer": _READ | {"parcel.hold", "parcel.person"},
    "auditor": _READ | {"parked.read", "audit.read"},
    "integration": frozenset({"manifest.announce", "manifest.read", "parcel.read"}),
}


def rights_of(role: str) -> frozenset[str]:
    """The rights of a role; an unknown role has none."""
    return ROLES.get(role, frozenset())
