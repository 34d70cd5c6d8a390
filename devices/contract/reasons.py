"""Why a parcel went where it went. Canonical codes; vendor codes are mapped to these at the edge."""

from enum import StrEnum


class SortReason(StrEnum):
    OK = "OK"
    NO_READ = "NO_READ"
    MULTI_READ = "MULTI_READ"
    NO_DATA = "NO_DATA"  # read, but the warehouse has announced no such parcel
    NO_DEST = "NO_DEST"  # announced, but the plan has no chute for it
    CUSTOMS_HOLD = "CUSTOMS_HOLD"
    ALTERNATE = "ALTERNATE"  # first chute unavailable, an alternate took it
    RECIRCULATE = "RECIRCULATE"  # every chute unavailable, another round
    RECIRC_MAX = "RECIRC_MAX"
    LATE_DECISION = "LATE_DECISION"
    INVALID_DEST = "INVALID_DEST"
    CHUTE_FULL = "CHUTE_FULL"
    CHUTE_JAM = "CHUTE_JAM"
    CHUTE_DISABLED = "CHUTE_DISABLED"
    LOST_TRACKING = "LOST_TRACKING"
    NOT_DIVERTED = "NOT_DIVERTED"
    OVERWEIGHT = "OVERWEIGHT"


SORTED_REASONS = frozenset({SortReason.OK, SortReason.ALTERNATE})
"""A parcel counts as sorted when it lies in a chute its plan named; everything else is an exception for a person."""
