"""Loading: boxes into one container, units over many, and the referee of both."""

from routing.loading.check import check_loading
from routing.loading.load import load
from routing.loading.model import Axles, Boxes, Container, Loading, LoadingError, Placement, Rules

__all__ = ["Axles", "Boxes", "Container", "Loading", "LoadingError", "Placement", "Rules", "check_loading", "load"]
