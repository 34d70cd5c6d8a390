"""Multicommodity capacitated fixed-charge network design: bound, design, and the referee of both."""

from routing.mcnd.check import check_bound, check_design
from routing.mcnd.model import Bound, Design, Network, NetworkError, Solved
from routing.mcnd.read_dow import read_dow
from routing.mcnd.solve import solve

__all__ = ["Bound", "Design", "Network", "NetworkError", "Solved", "check_bound", "check_design", "read_dow", "solve"]
